#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""nginx and Caddy in front of a host, with the files of packaging/doc/administrators.md: a client over
TLS, who is named by the proxy, streams, long calls, and what is refused.

    tests/wire/proxies.py LAKEHOST FIXTURE.so PAGE [unittest options]

A proxy that is not installed is skipped.
"""
import base64
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

import reload as host
from reload import PATIENCE, VERSION, request

LAKEHOST = FIXTURE = PAGE = None
NAME = "lake.example.com"
PASSWORD = "open sesame"


def block(kind, part=""):
    """The block of the page of this kind that has this text."""
    found = re.findall(rf"(?ms)^```{kind}\n(.*?)^```", PAGE.read_text())
    return next(text for text in found if part in text)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Lakehost:
    """A host with the configuration of the page."""

    def __init__(self, folder):
        self.folder = folder
        plugins = folder / "plugins"
        plugins.mkdir()
        shutil.copy(FIXTURE, plugins / "fixture.so")
        (plugins / "fixture.so").chmod(0o644)
        conf = block("conf", "unix = ").replace("/run/lakehost", str(folder))
        self.conf = folder / "lakehost.conf"
        self.conf.write_text(f'{conf}\nplugins = {{ directories = [ "{plugins}" ]; '
                             'enabled = [ "fixture" ]; name_length = 64; isolation = "none"; };\n')
        env = {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_STATE_HOME": str(folder),
               "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", ""),
               **{name: value for name, value in os.environ.items() if "SAN_OPT" in name}}
        with open(folder / "log", "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([LAKEHOST, "--config", self.conf], env=env, stderr=log,
                                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        wait(self.process, lambda: (folder / "lakehost.sock").exists(), folder / "log")

    def end(self):
        self.process.terminate()
        self.process.wait(PATIENCE)


def wait(process, condition, log):
    until = time.monotonic() + PATIENCE
    while not condition():
        if process.poll() is not None or time.monotonic() > until:
            raise AssertionError(log.read_text(errors="replace")[-3000:])
        time.sleep(0.01)


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Proxy:
    """What both proxies have: a folder with a certificate, and a port."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.cert, self.key = folder / "lake.pem", folder / "lake.key"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", self.key,
            "-out", self.cert)
        self.log = folder / "proxy.log"
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log,
                                            env={**os.environ, "HOME": str(folder)},
                                            stderr=subprocess.STDOUT)
        wait(self.process, lambda: listens(self.port), self.log)

    def end(self):
        self.process.terminate()
        self.process.wait(PATIENCE)


class Nginx(Proxy):
    program = "nginx"

    def command(self):
        hashed = run("openssl", "passwd", "-apr1", PASSWORD).strip()
        (self.folder / "users").write_text(f"ann:{hashed}\nbob:{hashed}\n")
        text = block("nginx")
        for old, new in (("unix:/run/lakehost", f"unix:{self.folder}"),
                         ("listen 443", f"listen 127.0.0.1:{self.port}"),
                         ("/etc/nginx/tls", str(self.folder)),
                         ("/etc/nginx/lakehost.users", f"{self.folder}/users")):
            assert old in text, old
            text = text.replace(old, new)
        user = "user root;" if os.geteuid() == 0 else ""    # its workers must reach the socket
        paths = "".join(f"{name}_temp_path {self.folder}/{name};" for name in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        conf = self.folder / "nginx.conf"
        conf.write_text(f"{user} daemon off; pid {self.folder}/nginx.pid; events {{ }}\n"
                        f"error_log stderr;\nhttp {{ access_log off; {paths}\n{text}}}\n")
        return ["nginx", "-p", self.folder, "-e", "stderr", "-c", conf]


class Caddy(Proxy):
    program = "caddy"

    def command(self):
        hashed = run("caddy", "hash-password", "--plaintext", PASSWORD).strip()
        text = block("caddy")
        for old, new in (("unix//run/lakehost", f"unix/{self.folder}"),
                         (f"{NAME} {{", f"https://{NAME}:{self.port} {{\n\tbind 127.0.0.1\n"
                                        f"\ttls {self.cert} {self.key}"),
                         ("ann HASH", f"ann {hashed}\n\t\t\tbob {hashed}")):
            assert old in text, old
            text = text.replace(old, new)
        conf = self.folder / "Caddyfile"
        conf.write_text("{\n\tadmin off\n\tauto_https disable_redirects\n}\n" + text)
        return ["caddy", "run", "--config", conf, "--adapter", "caddyfile"]


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=PATIENCE, check=True)
    return done.stdout


class Client(host.Client):
    """A client of the address that the proxy has; it checks the certificate and its name."""

    def __init__(self, proxy, user="ann", password=PASSWORD, **headers):
        super().__init__(proxy.port)
        context = ssl.create_default_context(cafile=proxy.cert)
        self.http = Connection(proxy.port, context)
        if user:
            word = base64.b64encode(f"{user}:{password}".encode()).decode()
            self.headers["Authorization"] = f"Basic {word}"
        self.headers.update({"Host": NAME, **headers})

    def status(self, method="tools/list", **params):
        reply = self.send(method, **params)
        reply.read()
        return reply.status

    def events(self, reply):
        for line in reply:
            if line.startswith(b"data:") and line.strip() != b"data:":
                yield json.loads(line[5:])


class Connection(http.client.HTTPSConnection):
    def __init__(self, port, context):
        super().__init__(NAME, port, timeout=PATIENCE, context=context)
        self.context = context

    def connect(self):
        plain = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        self.sock = self.context.wrap_socket(plain, server_hostname=NAME)


class Cases:
    """The tests, for each proxy."""

    proxy_type = None

    @classmethod
    def setUpClass(cls):
        if shutil.which(cls.proxy_type.program) is None:
            raise unittest.SkipTest(f"{cls.proxy_type.program} is not installed")
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="lakehost-proxy-"))
        cls.lakehost = Lakehost(cls.folder)
        cls.proxy = cls.proxy_type(cls.folder)

    @classmethod
    def tearDownClass(cls):
        cls.proxy.end()
        cls.lakehost.end()
        shutil.rmtree(cls.folder)

    def client(self, *words, **headers):
        client = Client(self.proxy, *words, **headers)
        self.addCleanup(client.close)
        return client

    def principal(self, client):
        return client.call("get_server_info")["result"]["structuredContent"]["principal"]

    def test_the_proxy_names_the_caller(self):
        self.assertEqual(self.principal(self.client()), "ann")
        forged = {"X-Forwarded-User": "root"}
        self.assertEqual(self.principal(self.client("ann", PASSWORD, **forged)), "ann")

    def test_refused_callers(self):
        self.assertEqual(self.client(None).status(), 401)
        self.assertEqual(self.client("ann", "wrong").status(), 401)
        # the proxy knows bob, and the configuration of Lakehost does not
        self.assertEqual(self.client("bob").status(), 403)
        self.assertEqual(self.client(None, **{"X-Forwarded-User": "ann"}).status(), 401)

    def test_host_and_origin(self):
        reply = self.client(Host="evil.example").send("tools/list")
        if self.proxy_type is Caddy:
            self.assertEqual(reply.read(), b"")  # it has no site of this name
        else:
            self.assertEqual(reply.status, 403)
            self.assertIn(b"server.allowed_hosts", reply.read())
        self.assertEqual(self.client(Origin="https://evil.example").status(), 403)
        self.assertEqual(self.client(Origin=f"https://{NAME}").status(), 200)

    def test_events_arrive_while_the_stream_is_open(self):
        client = self.client()
        reply = client.send("subscriptions/listen", notifications={"toolsListChanged": True})
        self.assertEqual(reply.status, 200)
        self.assertIn("acknowledged", next(client.events(reply))["method"])
        client.close()

    def with_progress(self, client, tool, **arguments):
        """The reply of a call that says how far it is."""
        message = request("tools/call", {"name": tool, "arguments": arguments}, 1,
                          {**host.META, "progressToken": 7})
        client.http.request("POST", "/mcp", json.dumps(message),
                            {**client.headers, "Mcp-Method": "tools/call", "Mcp-Name": tool})
        return client.http.getresponse()

    def test_progress(self):
        client = self.client()
        got = list(client.events(self.with_progress(client, "test_tool_with_progress")))
        self.assertEqual([m["method"] for m in got[:-1]], ["notifications/progress"] * (len(got) - 1))
        self.assertGreater(len(got), 1)
        self.assertIn("result", got[-1])

    def test_legacy_session_with_a_stream(self):
        client = self.client()
        stream = client.legacy_stream()
        self.assertEqual(stream.getheader("Content-Type"), "text/event-stream")
        client.close()

    def test_a_client_that_goes_away_cancels(self):
        client = self.client()
        next(client.events(self.with_progress(client, "sleep", ms=600000, label="gone")))    # it runs
        client.close()
        other = self.client()
        wait(self.proxy.process, lambda: "gone" in host.text_of(other.call("last_cancelled")),
             self.proxy.log)

    def test_large_bodies(self):
        answer = self.client().call("echo", text="x" * 2_000_000)
        self.assertIn("result", answer)
        reply = self.client()
        try:
            self.assertEqual(reply.status("tools/call", name="echo",
                                          arguments={"text": "x" * 5_000_000}), 413)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            pass    # the proxy closed the connection before all was sent

    def test_versions(self):
        answer = self.client().ask("server/discover")
        self.assertIn(VERSION, answer["result"]["supportedVersions"])


class NginxTest(Cases, unittest.TestCase):
    proxy_type = Nginx


class CaddyTest(Cases, unittest.TestCase):
    proxy_type = Caddy


if __name__ == "__main__":
    LAKEHOST, FIXTURE, PAGE = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
