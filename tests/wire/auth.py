#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Inbound authentication over HTTP, in both eras: tokens that the command line makes, the header of
a proxy, and principals that must not use what belongs to others.

    tests/wire/auth.py LAKEHOST FIXTURE.so [unittest options]
"""
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest

PATIENCE = 60  # seconds until a test gives up; nothing is timed
LAKEHOST = FIXTURE = None
PREFIX = "io.modelcontextprotocol/"
MODERN, LEGACY = "2026-07-28", "2025-11-25"
WRONG = "lh_" + "A" * 43

# Authorization headers as bytes behind the colon: None is no header; the status without a token
# that is right. {} stands for a right token, which none of these spellings may make usable.
HOSTILE = [
    (None, 401), (b"", 401), (b" ", 401), (b" Basic YTpi", 401), (b" Digest username=\"a\"", 401),
    (b" Negotiate {}", 401), (b" {}", 401), (b" Token {}", 401), (b" Bearer{}", 401),
    (b" Bearer={}", 401), (b" Bearer:{}", 401), (b" Bearer,{}", 401), (b" Be\xc3\xa4rer {}", 401),
    (b" \"Bearer\" {}", 401), (b" X Bearer {}", 401), (b" Basic Bearer {}", 401),
    (b" Bearer", 400), (b" Bearer ", 400), (b" bearer\t{}", 400), (b" Bearer \t{}", 400),
    (b" Bearer {} {}", 400), (b" Bearer {},{}", 400), (b" Bearer {}, Bearer {}", 400),
    (b" Bearer {};", 400), (b" Bearer \"{}\"", 400), (b" Bearer token={}", 400),
    (b" Bearer =", 400), (b" Bearer {}%00", 400), (b" Bearer {}\x01", 400),
    (b" Bearer {}\x7f", 400), (b" Bearer {}\x00", 400), (b" Bearer {}\r\n x", 400),
    (b" Bearer {}\xff", 400), (b" Bearer \xc3\xa4", 400), (b" Bearer {}=", 401),
    (b" Bearer {}A", 401), (b" Bearer lh_{}", 401), (b" Bearer " + b"a" * 4096, 401),
    (b" Bearer " + b"a" * 4097, 400), (b" Bearer " + b"a" * 20000, 431),
    (b" Bearer {}\r\nAuthorization: Bearer {}", 400),
    (b" Bearer {}\r\nauthorization: Basic YTpi", 400),
    (b" Basic YTpi\r\nAuthorization: Bearer {}", 400),
    (b"\r\nAuthorization: Bearer {}", 400),
]
# Spellings of the scheme that are right.
FRIENDLY = [b" Bearer {}", b" bearer {}", b" BEARER {}", b" bEaReR   {}", b"Bearer {}",
            b"  Bearer {}  "]


class Host:
    def __init__(self, home, *options, conf, token=True):
        self.home, self.conf = pathlib.Path(home), pathlib.Path(home) / "lakehost.conf"
        self.conf.write_text(conf)
        self.env = {**os.environ, "XDG_STATE_HOME": home, "XDG_CONFIG_HOME": home}
        self.options = options
        if token:
            self.admin = self.token("admin", "--access", "admin")
        self.process = None

    def command(self, *words):
        return subprocess.run([LAKEHOST, "--config", self.conf, *words], capture_output=True,
                              text=True, env=self.env, timeout=PATIENCE, check=False)

    def token(self, name, *options):
        run = self.command("token", "new", name, *options)
        if run.returncode != 0:
            raise AssertionError(run.stderr)
        return run.stdout.strip()

    @property
    def tokens(self):
        return self.home / "lakehost" / "tokens"

    def start(self, *listen):
        self.log = open(self.home / "log", "w+b")
        self.process = subprocess.Popen(
            [LAKEHOST, "--config", self.conf, *(listen or ("--http", "127.0.0.1:0")),
             "--log-level", "debug", "--set", "plugins.directories=" + os.path.dirname(FIXTURE),
             "--set", "plugins.enabled=fixture", "--set", "plugins.name_length=64",
             "--set", "limits.drain_ms=0", *self.options],
            stdin=subprocess.DEVNULL, stderr=self.log, env=self.env)
        found = self.wait_log(r'"url":"(?:http://[\d.]+:(\d+)|unix:([^:]*):)')
        self.port = int(found[1]) if found[1] else None
        self.path = found[2]

    def wait_log(self, pattern):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = re.search(pattern, self.text())
            if found:
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"{pattern} is not in the log:\n{self.text()}")

    def text(self):
        return (self.home / "log").read_text(errors="replace")

    def end(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE)
        self.log.close()
        if status != 0:
            raise AssertionError(f"the host ended with {status}:\n{self.text()}")

    def connect(self):
        if self.port is not None:
            return socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(PATIENCE)
        sock.connect(self.path)
        return sock

    def request(self, headers, body=b"", method="POST", path="/mcp"):
        """Sends a request with these headers, and returns the answer and its body."""
        connection = http.client.HTTPConnection("localhost", timeout=PATIENCE)
        connection.sock = self.connect()
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()


class Client:
    """One caller, with the headers that say who it is; in the era of `version`."""
    numbers = iter(range(1, 1 << 30))

    def __init__(self, host, version, who):
        self.host, self.version, self.who, self.session = host, version, who, None
        if version == LEGACY:
            answer, _ = self.send("initialize", protocolVersion=LEGACY, capabilities={},
                                  clientInfo={"name": "test", "version": "1"})
            self.session = answer.getheader("Mcp-Session-Id")

    def send(self, method, _capabilities=None, _session=None, **params):
        headers = {"Content-Type": "application/json", **self.who,
                   "Accept": "application/json, text/event-stream"}
        if self.version == MODERN:
            params["_meta"] = {PREFIX + "protocolVersion": MODERN,
                               PREFIX + "clientCapabilities": _capabilities or {}}
            headers |= {"MCP-Protocol-Version": MODERN, "Mcp-Method": method}
            if "name" in params:
                headers["Mcp-Name"] = params["name"]
        elif self.session is not None or _session is not None:
            headers |= {"MCP-Protocol-Version": LEGACY, "Mcp-Session-Id": _session or self.session}
        body = json.dumps({"jsonrpc": "2.0", "id": next(self.numbers), "method": method,
                           "params": params}).encode()
        answer, data = self.host.request(headers, body)
        if answer.getheader("Content-Type") == "text/event-stream":
            data = data.strip().split(b"data: ")[-1]
        return answer, json.loads(data) if data else None

    def result(self, method, **params):
        answer, message = self.send(method, **params)
        if answer.status != 200 or "result" not in message:
            raise AssertionError(f"{answer.status} {message}")
        return message["result"]

    def tools(self):
        names, cursor = set(), {}
        while True:
            page = self.result("tools/list", **cursor)
            names |= {tool["name"] for tool in page["tools"]}
            if "nextCursor" not in page:
                return names
            cursor = {"cursor": page["nextCursor"]}

    def info(self):
        return self.result("tools/call", name="get_server_info", arguments={})["structuredContent"]


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


class Test(unittest.TestCase):
    def host(self, conf, *options, token=True, listen=()):
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        host = Host(home.name, *options, conf=conf, token=token)
        self.addCleanup(host.end)
        if listen is not None:
            host.start(*listen)
        return host

    def refused(self, answer, body, status, challenge=None):
        self.assertEqual(answer.status, status)
        message = json.loads(body)
        self.assertEqual(message["jsonrpc"], "2.0")
        self.assertIn("message", message["error"])
        self.assertEqual(answer.getheader("WWW-Authenticate"), challenge)
        return message["error"]["message"]


CHALLENGE = 'Bearer realm="lakehost"'
INVALID = CHALLENGE + ', error="invalid_token"'


class Tokens(Test):
    CONF = 'auth = { inbound = "token"; };\n'

    def setUp(self):
        self.h = self.host(self.CONF, "--set", "policy.access=admin")

    def test_command_line(self):
        token = self.h.token("ann", "--days", "7")
        self.assertRegex(token, r"^lh_[A-Za-z0-9_-]{43}$")
        kept = self.h.tokens.read_text()
        self.assertNotIn(token, kept)
        self.assertNotIn(token[3:], kept)
        self.assertEqual(stat.S_IMODE(self.h.tokens.stat().st_mode), 0o600)
        self.assertRegex(kept, r"\nann read \d+ \d+ [0-9a-f]{64}\n")
        listed = self.h.command("token", "list").stdout
        self.assertRegex(listed, r"ann\s+read\s+\d{4}-\d\d-\d\d\s+\d{4}-\d\d-\d\d")
        self.assertRegex(listed, r"admin\s+admin")
        self.assertNotIn(token, listed)
        for words, says in [(("new", "ann"), "already"), (("new", "local"), "standard input"),
                            (("new", "a b"), "letters"), (("revoke", "bob"), "no token"),
                            (("new", "b", "--days", "-1"), "--days"),
                            (("new", "b", "--days", "9999"), "--days"),
                            (("new", "b", "--access", "root"), "--access"),
                            (("list", "--days", "1"), "token new"), (("new",), "Usage"),
                            (("list", "x"), "Usage"), (("make", "x"), "Usage")]:
            with self.subTest(words):
                run = self.h.command("token", *words)
                self.assertNotEqual(run.returncode, 0)
                self.assertIn(says, run.stderr)
                self.assertEqual(run.stdout, "")
        run = self.h.command("--set", "auth.inbound=none", "token", "list")
        self.assertIn("auth.inbound is not", run.stderr)

    def test_both_eras(self):
        for version in (MODERN, LEGACY):
            with self.subTest(version):
                client = Client(self.h, version, bearer(self.h.admin))
                self.assertIn("write_report", client.tools())
                info = client.info()
                self.assertEqual((info["principal"], info["access"]), ("admin", "admin"))

    def test_refused_requests(self):
        for method in ("POST", "GET", "DELETE", "HEAD", "PUT"):
            for path in ("/mcp", "/mcp/", f"/mcp?access_token={self.h.admin}"):
                with self.subTest(method=method, path=path):
                    answer, body = self.h.request({}, method=method, path=path)
                    self.assertEqual(answer.status, 401)
                    self.assertEqual(answer.getheader("WWW-Authenticate"), CHALLENGE)
        said = self.refused(*self.h.request({}), 401, CHALLENGE)
        self.assertIn("lakehost token new", said)
        self.refused(*self.h.request(bearer(WRONG)), 401, INVALID)
        self.refused(*self.h.request({**bearer(WRONG), "X-Forwarded-User": "admin"}), 401, INVALID)
        self.assertEqual(self.h.request({}, method="GET", path="/healthz")[0].status, 200)
        self.assertEqual(self.h.request({}, method="GET", path="/readyz")[0].status, 200)

    def test_preflight_needs_no_token_and_says_nothing(self):
        answer, body = self.h.request({"Origin": "http://localhost:3000",
                                       "Access-Control-Request-Method": "POST",
                                       "Access-Control-Request-Headers": "authorization"},
                                      method="OPTIONS")
        self.assertEqual((answer.status, body), (204, b""))
        answer, body = self.h.request({"Origin": "http://localhost:3000"})
        self.refused(answer, body, 401, CHALLENGE)
        self.assertEqual(answer.getheader("Access-Control-Allow-Origin"), "http://localhost:3000")
        self.assertIn("WWW-Authenticate", answer.getheader("Access-Control-Expose-Headers"))

    def test_refused_before_the_body(self):
        for framing in (b"Content-Length: 10", b"Content-Length: 3000000",
                        b"Transfer-Encoding: chunked", b"Content-Length: 10\r\nExpect: 100-continue"):
            for who, status in ((b"", b"401"), (b"Authorization: Bearer " + WRONG.encode() + b"\r\n",
                                                b"401")):
                with self.subTest(framing=framing, who=who), self.h.connect() as sock:
                    sock.sendall(b"POST /mcp HTTP/1.1\r\nHost: localhost\r\n" + who + framing +
                                 b"\r\nContent-Type: application/json\r\n\r\n")
                    self.assertTrue(sock.recv(100).startswith(b"HTTP/1.1 " + status))

    def test_every_request_of_a_connection(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.h.port, timeout=PATIENCE)
        self.addCleanup(connection.close)
        for who, status in ((bearer(self.h.admin), 405), ({}, 401), (bearer(self.h.admin), 405)):
            connection.request("GET", "/mcp", headers=who)
            answer = connection.getresponse()
            answer.read()
            self.assertEqual(answer.status, status)

    def test_revoked_in_a_session(self):
        token = self.h.token("bob", "--access", "write")
        self.h.process.send_signal(signal.SIGHUP)
        self.h.wait_log(r'"event":"reloaded"')
        clients = [Client(self.h, version, bearer(token)) for version in (MODERN, LEGACY)]
        for client in clients:
            self.assertIn("echo", client.tools())
        self.assertEqual(self.h.command("token", "revoke", "bob").returncode, 0)
        end = time.monotonic() + PATIENCE  # the host looks at the file once a second
        while clients[0].send("tools/list")[0].status == 200 and time.monotonic() < end:
            time.sleep(0.05)
        for client in clients:
            answer, message = client.send("tools/list")
            self.assertEqual(answer.status, 401)
            self.assertEqual(answer.getheader("WWW-Authenticate"), INVALID)

    def test_expired(self):
        token = self.h.token("old")
        text = self.h.tokens.read_text()
        self.h.tokens.write_text(re.sub(r"(?m)^(old read \d+) \d+", r"\1 1", text))
        self.h.process.send_signal(signal.SIGHUP)
        self.h.wait_log(r'"event":"reloaded"')
        answer, message = Client(self.h, MODERN, bearer(token)).send("tools/list")
        self.assertEqual(answer.status, 401)
        self.assertIn('error="invalid_token", error_description="the token has expired"',
                      answer.getheader("WWW-Authenticate"))

    def test_unusable_file_shuts_the_door(self):
        before = self.h.tokens.read_text()
        for break_it, mend in [
                (lambda: os.chmod(self.h.tokens, 0o666), lambda: os.chmod(self.h.tokens, 0o600)),
                (lambda: self.h.tokens.write_text(before + "nonsense\n"),
                 lambda: self.h.tokens.write_text(before)),
                (lambda: os.rename(self.h.tokens, self.h.home / "away"),
                 lambda: os.rename(self.h.home / "away", self.h.tokens))]:
            break_it()
            self.until_status(503)
            for who in (bearer(self.h.admin), bearer(WRONG), {}):
                self.assertIn("all are refused", self.refused(*self.h.request(who), 503))
            mend()
            self.until_status(400)  # let in; the empty body is no message
        self.assertEqual(self.h.text().count("tokens-unusable"), 3)

    def until_status(self, status):
        end = time.monotonic() + PATIENCE
        headers = {**bearer(self.h.admin), "Content-Type": "application/json"}
        while self.h.request(headers)[0].status != status:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)

    def test_start_without_tokens_is_refused(self):
        host = self.host(self.CONF, token=False, listen=None)
        for words in (("check", "--http", "127.0.0.1:0"), ("serve", "--http", "127.0.0.1:0")):
            run = host.command(*words)
            self.assertEqual(run.returncode, 1)
            self.assertIn("auth.tokens: cannot read", run.stdout + run.stderr)

    def test_check_says_who_may_call(self):
        run = self.h.command("check", "--http", "127.0.0.1:0")
        self.assertIn(f"callers: ok: 1 token in {self.h.tokens}", run.stdout)
        self.h.command("token", "revoke", "admin")
        run = self.h.command("check", "--http", "127.0.0.1:0")
        self.assertIn("callers: warning: 0 tokens", run.stdout)

    def test_address_of_other_machines(self):
        run = self.h.command("serve", "--http", "0.0.0.0:0")
        self.assertEqual(run.returncode, 1)
        self.assertIn("without TLS", run.stderr)
        host = self.host('auth = { inbound = "token"; trusted_proxies = [ "10.1.0.0/16" ]; };\n',
                         listen=("--http", "0.0.0.0:0"))
        self.refused(*host.request({}), 401, CHALLENGE)
        self.assertEqual(Client(host, MODERN, bearer(host.admin)).info()["access"], "write")

    def raw(self, value):
        head = (b"" if value is None else
                b"Authorization:" + value.replace(b"{}", self.h.admin.encode()) + b"\r\n")
        with self.h.connect() as sock:
            sock.sendall(b"GET /mcp HTTP/1.1\r\nHost: localhost\r\n" + head +
                         b"Connection: close\r\n\r\n")
            data = b""
            while piece := sock.recv(65536):
                data += piece
        return int(data.split(b" ")[1])

    def test_hostile_headers(self):
        self.assertGreaterEqual(len(HOSTILE), 25)
        for i, (value, status) in enumerate(HOSTILE):
            if i % 10 == 9:  # after ten wrong ones the status would be 429
                self.h.end()
                self.h.start()
            with self.subTest(value):
                self.assertEqual(self.raw(value), status)
                self.assertEqual(self.raw(b" Bearer {}"), 405)
        for value in FRIENDLY:
            with self.subTest(value):
                self.assertEqual(self.raw(value), 405)  # let in: GET is no method of this endpoint

    def test_rate_of_failures(self):
        for _ in range(10):
            self.refused(*self.h.request(bearer(WRONG)), 401, INVALID)
        answer, body = self.h.request(bearer(WRONG))
        self.refused(answer, body, 429)
        self.assertEqual(answer.getheader("Retry-After"), "60")
        self.assertEqual(self.h.request(bearer(self.h.admin), method="GET")[0].status, 405)
        self.assertEqual(self.h.text().count('"auth-failed"'), 10)

    def test_token_is_never_seen(self):
        """Not in the log, not in an answer, not with the plugin."""
        client = Client(self.h, LEGACY, bearer(self.h.admin))
        answers = [client.result("tools/call", name="echo", arguments={"text": "x"}), client.info()]
        answers.append(self.h.request({**bearer(self.h.admin), "Content-Type": "text/plain"},
                                      b"x")[1].decode())
        answers.append(self.h.request(bearer(self.h.admin + "x"))[1].decode())
        answers.append(self.h.request({"Authorization": f"Bearer {self.h.admin} x"})[1].decode())
        seen = json.dumps(answers) + self.h.text() + self.h.tokens.read_text()
        seen += pathlib.Path(f"/proc/{self.h.process.pid}/cmdline").read_text()
        self.assertNotIn(self.h.admin[3:], seen)
        self.assertIn('"auth-failed"', self.h.text())


class Principals(Test):
    """Two who may do the same, and one who may only read."""
    CONF = ('auth = { inbound = "token"; };\npolicy = { access = "admin"; };\n'
            'principals = ( { name = "cut"; access = "read"; }, '
            '{ name = "out"; access = "none"; } );\n')

    def setUp(self):
        self.h = self.host(self.CONF, listen=None)
        self.who = {name: bearer(self.h.token(name, "--access", access)) for name, access in
                    (("ann", "admin"), ("bob", "admin"), ("reader", "read"), ("cut", "admin"),
                     ("out", "admin"))}
        self.h.start()

    def client(self, name, version=MODERN):
        return Client(self.h, version, self.who[name])

    def test_access(self):
        for version in (MODERN, LEGACY):
            with self.subTest(version):
                tools = self.client("ann", version).tools()
                for name in ("reader", "cut"):
                    client = self.client(name, version)
                    fewer = client.tools()
                    self.assertLess(fewer, tools)
                    self.assertEqual(client.info()["access"], "read")
                    self.assertEqual(client.info()["principal"], name)
                    hidden = sorted(tools - fewer)[0]
                    _, message = client.send("tools/call", name=hidden, arguments={})
                    self.assertTrue("error" in message or message["result"]["isError"])
        answer, message = Client(self.h, MODERN, self.who["out"]).send("tools/list")
        self.assertEqual(answer.status, 403)
        self.assertIn("no access", message["error"]["message"])

    def test_session_of_another(self):
        ann, bob = self.client("ann", LEGACY), self.client("bob", LEGACY)
        self.assertNotEqual(ann.session, bob.session)
        for method, params in (("tools/list", {}), ("ping", {}), ("initialize", {}),
                               ("tools/call", {"name": "echo", "arguments": {"text": "x"}}),
                               ("resources/subscribe", {"uri": "test://watched-resource"}),
                               ("logging/setLevel", {"level": "debug"})):
            with self.subTest(method):
                answer, message = bob.send(method, _session=ann.session, **params)
                if method == "initialize":  # makes a session of its own, or is refused
                    self.assertNotEqual(answer.getheader("Mcp-Session-Id"), ann.session)
                else:
                    self.assertEqual(answer.status, 404)
        for method in ("DELETE", "GET"):
            answer, _ = self.h.request({**self.who["bob"], "Mcp-Session-Id": ann.session,
                                        "MCP-Protocol-Version": LEGACY}, method=method)
            self.assertEqual(answer.status, 404 if method == "GET" else 405)
        self.assertIn("echo", ann.tools())

    def test_cancel_and_answer_in_the_session_of_another(self):
        """A notification and a response to a question are messages too."""
        ann = self.client("ann", LEGACY)
        for message in ({"method": "notifications/cancelled", "params": {"requestId": 1}},
                        {"id": 1, "result": {}}):
            answer, _ = self.h.request(
                {**self.who["bob"], "Mcp-Session-Id": ann.session, "MCP-Protocol-Version": LEGACY,
                 "Content-Type": "application/json",
                 "Accept": "application/json, text/event-stream"},
                json.dumps({"jsonrpc": "2.0", **message}).encode())
            self.assertEqual(answer.status, 404)

    def test_request_state_of_another(self):
        call = {"name": "test_input_required_result_multi_round", "arguments": {},
                "_capabilities": {"elicitation": {}}}
        ann, bob = self.client("ann"), self.client("bob")
        state = ann.result("tools/call", **call)["requestState"]
        answers = {"step1": {"action": "accept", "content": {"name": "Ada"}}}
        _, message = bob.send("tools/call", inputResponses=answers, requestState=state, **call)
        self.assertTrue("error" in message or message["result"].get("isError"), message)
        result = ann.result("tools/call", inputResponses=answers, requestState=state, **call)
        self.assertIn("step2", result["inputRequests"])

    def test_task_of_another(self):
        for version in (MODERN, LEGACY):
            with self.subTest(version):
                ann, bob = self.client("ann", version), self.client("bob", version)
                made = ann.result("tools/call", name="write_report",
                                  arguments={"polls": 1000, "wait_s": 0})
                handle = {"handle": made["_meta"]["lakehost/operation"]["handle"]}
                for tool in ("get_report", "cancel_report"):
                    theirs = bob.result("tools/call", name=tool, arguments=handle)
                    self.assertTrue(theirs["isError"])
                    self.assertIn("not valid", theirs["content"][0]["text"])
                mine = ann.result("tools/call", name="cancel_report", arguments=handle)
                self.assertFalse(mine.get("isError"))


class Header(Test):
    CONF = ('auth = { inbound = "header"; trusted_proxies = [ "127.0.0.1" ]; };\n'
            'policy = { access = "write"; };\n'
            'principals = ( { name = "ann"; access = "read"; }, '
            '{ name = "bob"; access = "admin"; } );\n')

    def test_users(self):
        host = self.host(self.CONF, token=False)
        for version in (MODERN, LEGACY):
            with self.subTest(version):
                ann = Client(host, version, {"X-Forwarded-User": "ann"})
                bob = Client(host, version, {"x-forwarded-user": " bob "})
                self.assertLess(ann.tools(), bob.tools())
                self.assertEqual(ann.info()["access"], "read")
                self.assertEqual(bob.info()["access"], "write")
                self.assertEqual(bob.info()["principal"], "bob")
        self.refused(*host.request({}), 401, CHALLENGE)
        self.refused(*host.request({"Authorization": "Bearer x"}), 401, CHALLENGE)
        for user in ("zoe", "Ann", "local", "ann,bob", ""):
            with self.subTest(user):
                self.refused(*host.request({"X-Forwarded-User": user}), 403)
        with host.connect() as sock:
            sock.sendall(b"GET /mcp HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-User: ann\r\n"
                         b"X-forwarded-User: bob\r\n\r\n")
            self.assertTrue(sock.recv(100).startswith(b"HTTP/1.1 400"))

    def test_peers(self):
        conf = self.CONF.replace("127.0.0.1", "10.1.0.0/16")
        host = self.host(conf, token=False)
        self.assertIn("trusted_proxies",
                      self.refused(*host.request({"X-Forwarded-User": "bob"}), 403))
        self.refused(*host.request({}), 401, CHALLENGE)
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        for proxies, status in (("unix", 405), ("127.0.0.1", 403)):
            host = self.host(self.CONF.replace("127.0.0.1", proxies), token=False,
                             listen=("--unix", f"{home.name}/{proxies}"))
            answer, _ = host.request({"X-Forwarded-User": "bob"}, method="GET")
            self.assertEqual(answer.status, status)

    def test_default_access(self):
        conf = self.CONF.replace('access = "write";', 'access = "write"; default_access = "read";')
        host = self.host(conf, token=False)
        self.assertEqual(Client(host, MODERN, {"X-Forwarded-User": "zoe"}).info()["access"], "read")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    LAKEHOST, FIXTURE = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main(verbosity=2)
