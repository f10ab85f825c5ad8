#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Requests on behalf of users, against the local workspace, whose request log says which user made
each request. With "exchange" a token endpoint of this test checks each assertion with OpenSSL. With
"forwarded" this test is the proxy that sends the tokens.

    tests/wire/behalf.py LAKEHOST FOLDER-OF-PLUGINS LAKEHOST-SANDBOX [unittest options]

Nothing is timed.
"""
import base64
import http.client
import http.server
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

from endings import PATIENCE, VERSION, K, Workspace, answer_of, started, text_of, until

LAKEHOST = FOLDER = SANDBOX = None
ALICE, BOB, CAROL = (name + "@example.com" for name in ("alice", "bob", "carol"))
ISSUER, AUDIENCE = "https://lakehost.example.com", "0d1e2f3a-account"
LIST = "/api/2.1/clusters/list"
ME = "/api/2.0/preview/scim/v2/Me"
HEADER = "X-Forwarded-Access-Token"


def token_of(user):
    """A token of the local workspace: every user is in the workspace "team"."""
    return "dapi-team." + user.split("@")[0]


def b64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def der(number):
    data = number.to_bytes((number.bit_length() + 8) // 8, "big")
    return bytes([2, len(data)]) + data


def openssl(*words, **options):
    return subprocess.run(["openssl", *words], check=True, capture_output=True, **options).stdout


def new_key(path, kind):
    openssl("genpkey", "-out", path, "-algorithm", *kind)
    pathlib.Path(path).chmod(0o600)


RSA = ("RSA", "-pkeyopt", "rsa_keygen_bits:2048")
EC = ("EC", "-pkeyopt", "ec_paramgen_curve:P-256")


class Account(http.server.ThreadingHTTPServer):
    """The token endpoint of a workspace with a federation policy."""

    def __init__(self, key):
        super().__init__(("127.0.0.1", 0), Door)
        self.public = str(key) + ".pub"
        openssl("pkey", "-in", str(key), "-pubout", "-out", self.public)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.asked, self.faults, self.answers = [], [], []
        self.gate = threading.Event()
        self.gate.set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self):
        self.gate.set()
        self.shutdown()
        self.server_close()

    def check(self, assertion):
        """The claims, if the signature is right: by OpenSSL, not by code of Lakehost."""
        head, body, signature = assertion.split(".")
        head, claims, raw = json.loads(b64(head)), json.loads(b64(body)), b64(signature)
        if head["alg"] == "ES256":
            assert len(raw) == 64, len(raw)
            pair = der(int.from_bytes(raw[:32], "big")) + der(int.from_bytes(raw[32:], "big"))
            raw = bytes([0x30, len(pair)]) + pair
        else:
            assert head["alg"] == "RS256", head
        with tempfile.NamedTemporaryFile() as file:
            file.write(raw)
            file.flush()
            openssl("dgst", "-sha256", "-verify", self.public, "-signature", file.name,
                    input=assertion.rsplit(".", 1)[0].encode())
        assert head["typ"] == "JWT" and head["kid"], head
        assert claims["iss"] == ISSUER and claims["aud"] == AUDIENCE, claims
        assert claims["iat"] - 60 < time.time() < claims["exp"] <= claims["iat"] + 900, claims
        assert set(claims) == {"iss", "aud", "sub", "iat", "exp", "jti"}, claims
        return claims


class Door(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def reply(self, status, value):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        self.reply(200, {"token_endpoint": self.server.url + "/token"})

    def do_POST(self):
        form = dict(urllib.parse.parse_qsl(self.rfile.read(int(
            self.headers["Content-Length"])).decode()))
        self.server.gate.wait(PATIENCE)
        try:
            assert self.headers["Authorization"] is None, "an Authorization header"
            assert form.pop("grant_type") == "urn:ietf:params:oauth:grant-type:token-exchange"
            assert form.pop("subject_token_type") == "urn:ietf:params:oauth:token-type:jwt"
            assert form.pop("scope") == "all-apis"
            claims = self.server.check(form.pop("subject_token"))
            assert not form, form
        except (AssertionError, KeyError, ValueError, subprocess.CalledProcessError) as error:
            self.server.faults.append(repr(error))
            self.reply(400, {"error": "invalid_grant"})
            return
        self.server.asked.append(claims["sub"])
        if self.server.answers:
            self.reply(*self.server.answers.pop(0))
        else:
            self.reply(200, {"access_token": token_of(claims["sub"]), "token_type": "Bearer",
                             "expires_in": 900})


class Host:
    def __init__(self, home, conf, env, *options):
        self.conf = pathlib.Path(home) / "lakehost.conf"
        self.conf.write_text(conf)
        self.command = [LAKEHOST, "--config", str(self.conf), "--log-level", "debug",
                        "--set", "plugins.enabled=compute", "--set",
                        f"plugins.directories={FOLDER}", "--set", "limits.drain_ms=0", *options]
        self.env = {"PATH": os.environ["PATH"], "HOME": home, "XDG_STATE_HOME": home, **env}
        self.process = None

    def start(self):
        self.process, found = started(
            [*self.command, "--http", "127.0.0.1:0"],
            {"port": r'"url":"http://127\.0\.0\.1:(\d+)/'}, "stderr", env=self.env,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.port = int(found["port"])
        return self

    def run(self, *words):
        return subprocess.run([*self.command, *words], capture_output=True, text=True,
                              env=self.env, timeout=PATIENCE, check=False)

    def end(self):
        if self.process is None:
            return ""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE)
        self.process.reader.join(PATIENCE)
        assert status == 0, (status, "".join(self.process.lines))
        return "".join(self.process.lines)

    def send(self, user, method, params, token=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        meta = {K + "protocolVersion": VERSION, K + "clientCapabilities": {}}
        connection.request("POST", "/mcp", json.dumps(
            {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}), {
                "Content-Type": "application/json", "MCP-Protocol-Version": VERSION,
                "Accept": "application/json, text/event-stream", "Mcp-Method": method,
                **({"X-Forwarded-Email": user} if user else {}),
                **({HEADER: token} if token is not None else {}),
                **({"Mcp-Name": params["name"]} if "name" in params else {})})
        return connection

    def call(self, user, token=None, tool="list_clusters"):
        """The text of the answer, and whether the call failed."""
        connection = self.send(user, "tools/call", {"name": tool, "arguments": {}}, token)
        answer = answer_of(connection)
        connection.close()
        assert "result" in answer, answer
        return text_of(answer), answer["result"].get("isError", False)


class Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.workspace = Workspace(SANDBOX, pathlib.Path(cls.folder.name) / "workspace")

    @classmethod
    def tearDownClass(cls):
        cls.workspace.process.kill()
        cls.workspace.process.wait()
        cls.folder.cleanup()

    def host(self, upstream, auth='trusted_proxies = [ "127.0.0.1" ];', env=None, options=(),
             start=True):
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        conf = f"""auth = {{ inbound = "header"; header = "X-Forwarded-Email"; {auth} }};
policy = {{ access = "admin"; default_access = "admin"; }};
audit = {{ file = "{home.name}/audit.jsonl"; }};
upstreams = {{ workspace = {{ host = "{self.workspace.host}"; max_retries = 0; {upstream} }}; }};
"""
        host = Host(home.name, conf, {"DATABRICKS_TOKEN": self.workspace.token, **(env or {})},
                    *options)
        host.home = pathlib.Path(home.name)
        self.workspace.forget()
        return host.start() if start else host

    def users(self, path):
        """The users of the requests for this path, in their order."""
        log = self.workspace.ask("GET", "/_sandbox/requests")["requests"]
        return [one.get("user") for one in log
                if one["path"] == path and one.get("workspace") != "default"]

    def untouched(self):
        """No request has the credential of the host."""
        log = self.workspace.ask("GET", "/_sandbox/requests")["requests"]
        own = [one for one in log if one.get("workspace") == "default"
               and not one["path"].startswith("/_sandbox")]
        self.assertEqual(own, [])

    def clean(self, host, *secrets):
        """The log and the audit log have no secret."""
        text = host.end() + (host.home / "audit.jsonl").read_text()
        host.process = None
        for secret in (self.workspace.token, *secrets):
            self.assertNotIn(secret, text)
        return text


class Federated(Test):
    KIND, OPTIONS = EC, ()

    def setUp(self):
        self.key = pathlib.Path(self.folder.name) / (self._testMethodName + ".pem")
        new_key(str(self.key), self.KIND)
        self.account = Account(self.key)
        self.addCleanup(self.account.close)
        self.upstream = (f'on_behalf_of = "exchange"; federation_key = "file:{self.key}"; '
                         f'federation_issuer = "{ISSUER}"; federation_audience = "{AUDIENCE}"; '
                         f'discovery_url = "{self.account.url}/meta";')

    def begin(self, more="", **options):
        host = self.host(self.upstream + more, options=self.OPTIONS, **options)
        self.addCleanup(host.end)
        return host

    def own_tokens(self):
        host = self.begin()
        for user in (ALICE, BOB, ALICE, BOB, CAROL):
            self.assertFalse(host.call(user)[1])
        self.assertEqual(self.users(LIST), [ALICE, BOB, ALICE, BOB, CAROL])
        self.assertEqual(self.account.asked, [ALICE, BOB, CAROL])
        self.assertEqual(self.account.faults, [])
        self.untouched()
        text = self.clean(host, *map(token_of, (ALICE, BOB, CAROL)))
        self.assertNotIn("eyJ", text)
        self.assertIn('"on_behalf_of":"exchange"', text)

    def named_key(self):
        run = self.begin().run("federation-policy")
        self.assertEqual(run.returncode, 0, run.stderr)
        policy = json.loads(run.stdout)["oidc_policy"]
        self.assertEqual((policy["issuer"], policy["audiences"], policy["subject_claim"]),
                         (ISSUER, [AUDIENCE], "sub"))
        [key] = json.loads(policy["jwks_json"])["keys"]
        dump = openssl("pkey", "-in", str(self.key), "-noout", "-text_pub").decode()
        digits = re.sub(r"[\s:]", "", dump).lower()
        for part in ("n",) if key["kty"] == "RSA" else ("x", "y"):
            self.assertIn(b64(key[part]).hex(), digits)
        self.assertFalse({"d", "p", "q"} & set(key))
        self.assertNotIn("PRIVATE", run.stdout)


class Exchange(Federated):
    def test_each_user_has_an_own_token(self):
        self.own_tokens()

    def test_the_policy_names_the_key(self):
        self.named_key()

    def test_many_calls_wait_for_one_exchange(self):
        host = self.begin()
        self.account.gate.clear()
        sent = [host.send(user, "tools/call", {"name": "list_clusters", "arguments": {}})
                for user in (ALICE, ALICE, BOB, ALICE, BOB, ALICE)]
        until(lambda: "".join(host.process.lines).count("/meta") == 2, "both exchanges")
        self.account.gate.set()
        for connection in sent:
            self.assertFalse(answer_of(connection)["result"].get("isError", False))
        self.assertEqual(sorted(self.account.asked), [ALICE, BOB])
        # Equal reads of one user share a request; reads of two users never do.
        self.assertEqual(sorted(self.users(LIST)), [ALICE, BOB])

    def test_a_refused_token_is_renewed_once(self):
        host = self.begin()
        dead = {"access_token": "eyJhbGciOiJub25lIn0.e30.", "expires_in": 900}
        self.account.answers = [(200, dead)]
        self.assertFalse(host.call(ALICE)[1])
        self.assertEqual(self.account.asked, [ALICE, ALICE])
        self.account.answers = [(200, dead)] * 9
        text, failed = host.call(BOB)
        self.assertTrue(failed, text)
        self.assertEqual(self.account.asked, [ALICE, ALICE, BOB, BOB])
        self.untouched()

    def test_dead_endpoint_is_a_refusal(self):
        host = self.begin()
        self.account.close()
        text, failed = host.call(ALICE)
        self.assertTrue(failed)
        self.assertIn("OAuth metadata", text)
        self.assertEqual(self.users(LIST), [])
        self.untouched()

    def test_answers_without_a_token_are_refusals(self):
        host = self.begin()
        for answer, says in [((400, {"error": "invalid_grant"}), "federation policy"),
                             ((401, {"error": "invalid_client"}), "federation policy"),
                             ((503, {}), "HTTP 503"), ((200, []), "not JSON"), ((200, {}), "token"),
                             ((200, {"access_token": "a b"}), "valid token"),
                             ((200, {"access_token": "a\r\nX: y"}), "valid token"),
                             ((200, {"access_token": "x" * 9000}), "valid token"),
                             ((200, {"access_token": 7}), "token"),
                             ((200, {"access_token": "x", "token_type": "mac"}), "type")]:
            with self.subTest(answer=str(answer)[:60]):
                self.account.answers = [answer]
                text, failed = host.call(ALICE)
                self.assertTrue(failed)
                self.assertIn(says, text)
        self.assertEqual(self.users(LIST), [])
        self.untouched()
        self.assertFalse(host.call(ALICE)[1])

    def test_only_listed_users(self):
        host = self.begin('on_behalf_users = [ "A*@example.com" ];')
        self.assertFalse(host.call(ALICE)[1])
        text, failed = host.call(BOB)
        self.assertTrue(failed)
        self.assertIn("on_behalf_users", text)
        self.assertEqual(self.account.asked, [ALICE])

    def test_callers_without_a_user(self):
        host = self.begin()
        run = host.run("call", "list_clusters")
        self.assertEqual(run.returncode, 1)
        self.assertIn("not a user of an identity provider", run.stdout + run.stderr)
        self.assertEqual(self.account.asked, [])
        self.untouched()

    def test_doctor_asks_for_a_user(self):
        host = self.begin()
        self.assertIn("--principal", host.run("doctor").stdout)
        self.assertEqual(self.account.asked, [])
        run = host.run("doctor", "--principal", CAROL)
        self.assertEqual(run.returncode, 0, run.stdout)
        self.assertIn(CAROL, run.stdout)
        self.assertEqual(self.account.asked, [CAROL])
        self.untouched()

    def test_watches_poll_as_their_users(self):
        host = self.begin()
        uri = {"notifications": {"resourceSubscriptions": ["databricks://clusters"]}}
        open_ = [host.send(user, "subscriptions/listen", uri) for user in (ALICE, BOB, ALICE)]
        until(lambda: {ALICE, BOB} <= set(self.users(LIST)), "a poll of each user")
        for connection in open_:
            connection.sock.shutdown(socket.SHUT_RDWR)
        self.untouched()


class Rsa(Federated):
    KIND, OPTIONS = RSA, ("--set", "plugins.isolation=process")

    def test_each_user_has_an_own_token(self):
        self.own_tokens()

    def test_the_policy_names_the_key(self):
        self.named_key()


class Forwarded(Test):
    def begin(self, **options):
        host = self.host('on_behalf_of = "forwarded";', **options)
        self.addCleanup(host.end)
        return host

    def test_each_user_has_the_forwarded_token(self):
        host = self.begin()
        for user in (ALICE, BOB, ALICE, BOB):
            self.assertFalse(host.call(user, token_of(user))[1])
        self.assertEqual(self.users(LIST), [ALICE, BOB, ALICE, BOB])
        self.assertEqual(self.users(ME), [ALICE, BOB])
        self.assertFalse(host.call(ALICE.upper(), token_of(ALICE))[1])
        self.untouched()
        self.assertIn('"on_behalf_of":"forwarded"',
                      self.clean(host, token_of(ALICE), token_of(BOB)))

    def test_token_of_somebody_else(self):
        host = self.begin()
        self.assertFalse(host.call(ALICE, token_of(ALICE))[1])
        for _ in range(2):
            text, failed = host.call(ALICE, token_of(BOB))
            self.assertTrue(failed)
            self.assertIn(f'belongs to "{BOB}"', text)
        self.assertFalse(host.call(ALICE, token_of(ALICE))[1])
        self.assertEqual(self.users(LIST), [ALICE, ALICE])
        self.untouched()

    def test_no_token(self):
        host = self.begin()
        self.assertFalse(host.call(ALICE, token_of(ALICE))[1])
        text, failed = host.call(ALICE)
        self.assertTrue(failed)
        self.assertIn(HEADER, text)
        self.assertEqual(self.users(LIST), [ALICE])

    def test_dead_tokens(self):
        host = self.begin()
        past = base64.urlsafe_b64encode(b'{"exp":1}').rstrip(b"=").decode()
        for token, says in [("dapi-invalid", "not valid"), (f"eyJhbGciOiJub25lIn0.{past}.x",
                                                             "not valid")]:
            text, failed = host.call(ALICE, token)
            self.assertTrue(failed)
            self.assertIn(says, text)
        self.assertEqual(self.users(LIST), [])
        self.untouched()

    def test_foreign_peer(self):
        host = self.begin(auth='trusted_proxies = [ "10.9.8.7" ];')
        for user in (ALICE, None):
            connection = host.send(user, "tools/call", {"name": "list_clusters", "arguments": {}},
                                   token_of(ALICE))
            self.assertEqual(connection.getresponse().status, 403)
        self.assertEqual(self.users(ME), [])

    def raw(self, host, field):
        body = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
        with socket.create_connection(("127.0.0.1", host.port), PATIENCE) as sock:
            sock.sendall(b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                         b"Content-Type: application/json\r\nContent-Length: %d\r\n"
                         b"Accept: application/json, text/event-stream\r\n"
                         b"X-Forwarded-Email: alice@example.com\r\n%s\r\n\r\n%s"
                         % (len(body), field, body))
            data = b""
            while piece := sock.recv(65536):
                data += piece
        return int(data.split(b" ")[1])

    def test_hostile_headers(self):
        host = self.begin()
        name, good = HEADER.encode(), token_of(ALICE).encode()
        for field, status in [
                (name + b": " + good + b"\r\n" + name + b": " + good, 400),
                (name + b": " + good + b"\r\n" + name.lower() + b": " + token_of(BOB).encode(), 400),
                (name + b": " + good + b"\r\n " + good, 400),
                (name + b": " + good + b"\r\n\t", 400), (name + b" : " + good, 400),
                (name + b":", 400), (name + b": ", 400), (name + b": Bearer " + good, 400),
                (name + b": " + good + b" " + good, 400), (name + b": " + good + b", x", 400),
                (name + b": " + good + b"\x00", 400), (name + b": " + good + b"\xff", 400),
                (name + b": \"" + good + b"\"", 400), (name + b": " + good + b"%0d%0aX: y", 400),
                (name + b": " + b"a" * 8001, 431), (name + b": " + b"a" * 40000, 431)]:
            with self.subTest(field[:60]):
                self.assertEqual(self.raw(host, field), status)
        self.assertEqual(self.users(ME), [])
        self.assertFalse(host.call(BOB, token_of(BOB))[1])

    def test_unreachable_workspace(self):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        host = self.begin(options=("--set", f"upstreams.workspace.host=http://127.0.0.1:{port}"))
        self.assertTrue(host.call(ALICE, token_of(ALICE))[1])
        self.untouched()

    def test_not_asked_for(self):
        """Without on_behalf_of the header is ignored, also from a peer that is not listed."""
        host = self.host("")
        self.addCleanup(host.end)
        self.assertFalse(host.call(ALICE, token_of(ALICE))[1])
        log = self.workspace.ask("GET", "/_sandbox/requests")["requests"]
        [one] = [one for one in log if one["path"] == LIST]
        self.assertEqual(one["workspace"], "default")
        self.assertNotIn(HEADER.lower(), one["headers"])

    def test_watches_use_the_token_of_their_user(self):
        host = self.begin()
        uri = {"notifications": {"resourceSubscriptions": ["databricks://clusters"]}}
        open_ = [host.send(user, "subscriptions/listen", uri, token_of(user))
                 for user in (ALICE, BOB)]
        until(lambda: {ALICE, BOB} <= set(self.users(LIST)), "a poll of each user")
        for connection in open_:
            connection.sock.shutdown(socket.SHUT_RDWR)
        self.untouched()


class Faults(Test):
    def check(self, upstream, says, auth='trusted_proxies = [ "127.0.0.1" ];', options=()):
        host = self.host(upstream, auth=auth, start=False, options=options)
        run = host.run("check")
        with self.subTest(upstream[:80]):
            self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
            self.assertRegex(run.stdout + run.stderr, says)

    def test_each_stops_the_start(self):
        small = pathlib.Path(self.folder.name) / "small.pem"
        other = pathlib.Path(self.folder.name) / "other.pem"
        good = pathlib.Path(self.folder.name) / "good.pem"
        new_key(str(small), ("RSA", "-pkeyopt", "rsa_keygen_bits:1024"))
        new_key(str(other), ("ED25519",))
        new_key(str(good), EC)
        rest = f'federation_issuer = "{ISSUER}"; federation_audience = "{AUDIENCE}"; '
        on = 'on_behalf_of = "exchange"; '
        key = f'federation_key = "file:{good}"; '
        self.check('on_behalf_of = "everybody";', r"lakehost\.conf:\d+.*on_behalf_of")
        self.check(on + rest, "federation_key.*missing")
        self.check(on + key + f'federation_issuer = "{ISSUER}";', "federation_audience.*missing")
        self.check(on + key + f'federation_audience = "x";', "federation_issuer.*missing")
        self.check(on + key + 'federation_issuer = "me"; federation_audience = "x";', "https://")
        self.check(on + rest + f'federation_key = "file:{small}";', r"conf:\d+.*2048")
        self.check(on + rest + f'federation_key = "file:{other}";', "neither")
        self.check(on + rest + f'federation_key = "file:{good}x";', "federation_key")
        self.check(on + rest + f'federation_key = "file:{__file__}";', "PEM")
        self.check(on + key + rest + 'token = "env:DATABRICKS_TOKEN";', r"conf:\d+.*token.*remove")
        self.check(on + key + rest + 'auth_type = "pat";', "auth_type.*remove")
        self.check(on + key + rest, "auth.inbound", auth="", options=("--set",
                                                                      "auth.inbound=token"))
        self.check('on_behalf_users = [ "a" ];', "on_behalf_of")
        self.check(key, "only with on_behalf_of")
        self.check('on_behalf_of = "forwarded"; scopes = "sql";', "scopes")
        self.check('on_behalf_of = "forwarded"; ' + key, "only with on_behalf_of")


if __name__ == "__main__":
    LAKEHOST, FOLDER, SANDBOX = sys.argv[1:4]
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]])
