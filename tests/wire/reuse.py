#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Equal reads that run at once become one request to the workspace, and replies that a tool declares
to change rarely are given again. The request log of the local workspace says what was sent. Between
the host and the workspace stands a gate that can hold requests back.

    tests/wire/reuse.py LAKEHOST FOLDER-OF-PLUGINS LAKEHOST-SANDBOX

Last line: N passed, N failed. Nothing is timed.
"""
import http.server
import json
import pathlib
import sys
import tempfile
import threading
import urllib.error
import urllib.request

from endings import PATIENCE, Host, Workspace, answer_of, text_of, until, verdict

SCHEMAS = "GET /api/2.1/unity-catalog/schemas"
CLUSTERS = "GET /api/2.1/clusters/list"
CALLERS = 8


class Gate(http.server.ThreadingHTTPServer):
    """Passes requests on. While `open` is not set, they wait; `waiting` counts them."""

    daemon_threads = True

    def __init__(self, workspace):
        super().__init__(("127.0.0.1", 0), Passage)
        self.workspace, self.open, self.waiting = workspace, threading.Event(), 0
        self.open.set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Passage(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.waiting += 1
        self.server.open.wait(PATIENCE)
        self.server.waiting -= 1
        headers = {name: self.headers[name] for name in ("Authorization", "Content-Type")
                   if name in self.headers}
        request = urllib.request.Request(self.server.workspace.host + self.path, body or None, headers,
                                         method=self.command)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
                status, kind, text = reply.status, reply.headers["Content-Type"], reply.read()
        except urllib.error.HTTPError as error:
            status, kind, text = error.code, error.headers["Content-Type"], error.read()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.send_header("X-Request-Id", f"request-{len(self.server.workspace.seen('.*'))}")
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


class Scene:
    def __init__(self, lakehost, folder, workspace, home, isolation, *options):
        self.gate, self.workspace = Gate(workspace), workspace
        self.audit = pathlib.Path(home) / f"audit-{isolation}-{len(options)}"
        env = workspace.env(home)
        env["DATABRICKS_HOST"] = self.gate.url()
        self.host = Host([lakehost, "--set", "plugins.enabled=compute,data,secrets", "--set",
                          f"plugins.isolation={isolation}", "--set", f"plugins.directories={folder}",
                          "--set", f"audit.file={self.audit}", "--set", "metrics.enabled=true",
                          *options], env)
        workspace.forget()

    def call(self, tool, **arguments):
        return text_of(self.host.ask("tools/call", {"name": tool, "arguments": arguments}))

    def ends(self):
        """The audit log's lines of calls that have ended."""
        lines = [json.loads(line) for line in self.audit.read_text(encoding="utf-8").splitlines()]
        return [line for line in lines if line["type"] == "call"]

    def metric(self, name, label):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.host.port}/metrics",
                                    timeout=PATIENCE) as reply:
            lines = reply.read().decode().splitlines()
        return sum(int(line.split()[-1]) for line in lines if line.startswith(name) and label in line)

    def end(self):
        self.gate.open.set()
        self.host.process.kill()
        self.gate.shutdown()


def one_request_for_equal_reads(scene):
    scene.gate.open.clear()
    sent = [scene.host.send("tools/call", {"name": "list_clusters", "arguments": {}})
            for _ in range(CALLERS)]
    reused = "lakehost_upstream_reused_total"
    until(lambda: scene.metric(reused, 'from="flight"') == CALLERS - 1, "the others have joined")
    until(lambda: scene.gate.waiting == 1, "the request that all wait for")
    sent[0].close()    # the first caller leaves: the others go on
    until(lambda: scene.metric("lakehost_calls_running", "") == CALLERS - 1, "the first call ends")
    scene.gate.open.set()
    texts = {text_of(answer_of(connection)) for connection in sent[1:]}
    assert len(texts) == 1 and "sandbox" in texts.pop()
    assert len(scene.workspace.seen(CLUSTERS)) == 1, scene.workspace.seen(CLUSTERS)
    until(lambda: len(scene.ends()) == CALLERS, "the audit log")
    served = [line for line in scene.ends() if line["status"] == "ok"]
    assert len(served) == CALLERS - 1, scene.ends()
    assert {line["requests"] for line in served} == {"request-1"}, served
    assert all(line["reused"] == 1 for line in served), served
    scene.call("list_clusters")    # it has no ttl_ms
    assert len(scene.workspace.seen(CLUSTERS)) == 2


def replies_are_given_again(scene):
    first = scene.call("list_schemas", catalog_name="main")
    assert first == scene.call("list_schemas", catalog_name="main") and "default" in first, first
    assert len(scene.workspace.seen(SCHEMAS)) == 1
    assert scene.metric("lakehost_upstream_reused_total", 'from="cache"') == 1
    assert scene.metric("lakehost_upstream_cached ", "") == 1
    until(lambda: len(scene.ends()) == 2, "the audit log")
    assert [line.get("reused") for line in scene.ends()] == [None, 1], scene.ends()
    assert len({line["requests"] for line in scene.ends()}) == 1, scene.ends()
    # the same list as a resource, for another row and the same request; it says how long it holds
    read = scene.host.ask("resources/read", {"uri": "databricks://catalogs/main/schemas"})["result"]
    assert 0 < read["ttlMs"] <= 30000, read["ttlMs"]
    assert len(scene.workspace.seen(SCHEMAS)) == 1
    # a change by the host drops what was kept, whatever it changed
    scope = scene.workspace.ask("GET", "/api/2.0/secrets/scopes/list")["scopes"][0]["name"]
    scene.call("put_secret", scope_name=scope, key="k", secret_value="no secret")
    assert scene.workspace.seen("POST /api/2.0/secrets/put")
    scene.call("list_schemas", catalog_name="main")
    assert len(scene.workspace.seen(SCHEMAS)) == 2, scene.workspace.seen(SCHEMAS)


def the_operator_forbids_it(scene):
    scene.call("list_schemas", catalog_name="main")
    scene.call("list_schemas", catalog_name="main")
    assert len(scene.workspace.seen(SCHEMAS)) == 2
    assert scene.metric("lakehost_upstream_cached ", "") == 0
    read = scene.host.ask("resources/read", {"uri": "databricks://catalogs/main/schemas"})["result"]
    assert read["ttlMs"] == 0, read["ttlMs"]


def main():
    lakehost, folder, sandbox = sys.argv[1:4]
    passed = failed = 0
    with tempfile.TemporaryDirectory() as home:
        workspace = Workspace(sandbox, pathlib.Path(home) / "workspace")
        for check, options in ((one_request_for_equal_reads, ()), (replies_are_given_again, ()),
                               (the_operator_forbids_it, ("--set", "upstreams.workspace.cache_ms=0"))):
            for isolation in ("none", "process"):
                scene = Scene(lakehost, folder, workspace, tempfile.mkdtemp(dir=home), isolation, *options)
                try:
                    check(scene)
                    passed += 1
                    print(f"ok      {check.__name__}, isolation {isolation}")
                except (AssertionError, KeyError, OSError, ValueError, IndexError) as error:
                    failed += 1
                    print(f"FAILED  {check.__name__}, isolation {isolation}: {error!r}")
                    print("\n".join(scene.host.process.lines[-5:]))
                scene.end()
        workspace.process.kill()
    return verdict(passed, failed)


if __name__ == "__main__":
    sys.exit(main())
