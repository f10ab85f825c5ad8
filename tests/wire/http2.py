#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Upstreams over TLS with HTTP/2 and HTTP/1.1. The workspace is the HTTP server of Node, which nobody
here wrote.

    tests/wire/http2.py LAKEHOST FOLDER-OF-PLUGINS NODE

Where there is no program NODE, the one of the system is taken. Last line: N passed, N failed, or why
the test was skipped. Nothing is timed.
"""
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import tempfile
import urllib.request

from endings import PATIENCE, Host, answer_of, started, text_of, verdict

HERE = pathlib.Path(__file__).resolve().parent
MANY = 40


class Server:
    def __init__(self, node, home, mode):
        key, cert = home / "key.pem", home / "cert.pem"
        if not key.exists():
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                            "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", cert, "-days",
                            "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
                           check=True, capture_output=True)
        self.process, found = started([node, str(HERE / "http2.js"), str(key), str(cert), mode],
                                      {"port": r"^(\d+)$"}, "stdout")
        self.url, self.ca_file = f"https://127.0.0.1:{found['port']}", str(cert)

    def ask(self, path):
        context = ssl.create_default_context(cafile=self.ca_file)
        with urllib.request.urlopen(self.url + path, context=context, timeout=PATIENCE) as reply:
            return json.loads(reply.read())


class Scene:
    def __init__(self, lakehost, folder, node, home, mode):
        self.server = Server(node, home, mode)
        env = {"PATH": os.environ["PATH"], "HOME": str(home), "XDG_STATE_HOME": str(home),
               "DATABRICKS_HOST": self.server.url, "DATABRICKS_TOKEN": "dapi-h2"}
        self.command = [lakehost, "--set", "plugins.enabled=compute", "--set", "plugins.isolation=none",
                        "--set", f"plugins.directories={folder}", "--set",
                        f"upstreams.workspace.ca_file={self.server.ca_file}", "--set", "log.level=debug"]
        self.env, self.host = env, Host(self.command, env)

    def doctor(self):
        return subprocess.run([self.command[0], "doctor", *self.command[1:]], env=self.env,
                              capture_output=True, text=True, timeout=PATIENCE).stdout

    def send(self, number):
        """No two calls make an equal request, so that none shares the request of another."""
        return self.host.send("tools/call", {"name": "list_clusters", "arguments": {"limit": number}})

    def together(self, count):
        """So many calls, which the server answers only when all their requests have arrived."""
        self.server.ask(f"/_hold/{count}")
        sent = [self.send(number + 1) for number in range(count)]
        return [text_of(answer_of(connection)) for connection in sent]

    def spoken(self):
        return [event["version"] for event in self.host.said("upstream-http")]

    def end(self):
        self.host.process.kill()
        self.server.process.kill()


def many_streams_on_one_connection(scene):
    assert "over-2.0" in text_of(answer_of(scene.send(99)))    # its connection is there from now on
    texts = scene.together(MANY)
    seen = scene.server.ask("/_seen")
    assert all("over-2.0" in text for text in texts), texts
    assert seen["versions"] == {"2.0": MANY + 1}, seen
    assert seen["authorized"] == MANY + 1, seen
    assert seen["most"] == MANY and seen["sessions"] == 1, seen
    assert scene.spoken() == ["HTTP/2"], scene.spoken()
    assert " ms, HTTP/2)" in scene.doctor(), scene.doctor()


def a_server_without_http2(scene):
    assert "over-1.1" in text_of(answer_of(scene.send(99)))
    texts = scene.together(MANY)
    seen = scene.server.ask("/_seen")
    assert all("over-1.1" in text for text in texts), texts
    assert seen["versions"] == {"1.1": MANY + 1} and seen["authorized"] == MANY + 1, seen
    assert seen["most"] == MANY, seen
    assert scene.spoken() == ["HTTP/1.1"], scene.spoken()
    assert " ms, HTTP/1.1)" in scene.doctor(), scene.doctor()


def more_connections_when_streams_run_out(scene):
    assert "over-2.0" in text_of(answer_of(scene.send(99)))
    texts = scene.together(3)    # the server allows one stream a connection
    seen = scene.server.ask("/_seen")
    assert len(texts) == 3 and seen["versions"] == {"2.0": 4}, seen
    assert seen["sessions"] >= 3 and seen["most"] == 3, seen


def main():
    lakehost, folder, node = sys.argv[1:4]
    if not os.path.exists(node):
        node = shutil.which("node")
    if node is None:  # the tests of the other Debian release have none
        print("skipped: there is no Node; tests/setup --node installs it")
        return 77
    passed = failed = 0
    with tempfile.TemporaryDirectory() as home:
        for check, mode in ((many_streams_on_one_connection, "both"), (a_server_without_http2, "h1"),
                            (more_connections_when_streams_run_out, "one-stream")):
            scene = Scene(lakehost, folder, node, pathlib.Path(home), mode)
            try:
                check(scene)
                passed += 1
                print(f"ok      {check.__name__}")
            except (AssertionError, KeyError, OSError, ValueError, IndexError) as error:
                failed += 1
                print(f"FAILED  {check.__name__}: {error!r}")
                print("\n".join(scene.host.process.lines[-5:]))
            scene.end()
    return verdict(passed, failed)


if __name__ == "__main__":
    sys.exit(main())
