#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every long operation on the local workspace, and every way that its call can end: by itself, by a
failure, by its client (a cancelled request, a lost connection, tasks/cancel), by a host that stops,
and by a host that is killed. What reached the workspace is read from its request log.

    tests/wire/endings.py LAKEHOST FOLDER-OF-PLUGINS LAKEHOST-SANDBOX ISOLATION [WORD...]

WORDs choose operations and endings. Prints a table with one row for each operation. Last line: N passed, N failed. Nothing is timed.
"""
import base64
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

PATIENCE = int(os.environ.get("PATIENCE", 60))  # seconds until something that does not happen is given up
HELD = 3600000  # milliseconds: a state of the workspace that does not change by itself
VERSION = "2026-07-28"
K = "io.modelcontextprotocol/"
TASKS = {"extensions": {K + "tasks": {}}}
ENDINGS = ["success", "failure", "cancel", "tasks/cancel", "disconnect", "restart", "stop",
           "client", "leave"]


def until(condition, what):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError("did not happen: " + what)


def started(command, pattern, stream, **popen):
    """A program, and what it says when it is ready. The rest of its output is kept in `lines`."""
    process = subprocess.Popen(command, text=True, **{stream: subprocess.PIPE}, **popen)
    output, process.lines, found = getattr(process, stream), [], {}
    while len(found) < len(pattern):
        line = output.readline()
        if not line:
            raise AssertionError("".join(process.lines))
        process.lines.append(line)
        for name, regex in pattern.items():
            match = re.search(regex, line)
            if match:
                found[name] = match[1]
    process.reader = threading.Thread(target=lambda: process.lines.extend(output), daemon=True)
    process.reader.start()
    return process, found


# ---- the workspace -------------------------------------------------------------------------------

class Workspace:
    def __init__(self, program, folder):
        self.process, found = started(
            [program, "--listen", "127.0.0.1:0", "--data", str(folder), "--delay-ms", "0"],
            {"host": r"^DATABRICKS_HOST=(\S+)", "token": r"^DATABRICKS_TOKEN=(\S+)"}, "stdout",
            stderr=subprocess.DEVNULL)
        self.host, self.token = found["host"], found["token"]
        self.gate = pathlib.Path(folder).parent / "gate"

    def ask(self, method, path, body=None):
        request = urllib.request.Request(
            self.host + path, json.dumps(body).encode() if body is not None else None,
            {"Authorization": "Bearer " + self.token, "Content-Type": "application/json"},
            method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
            return json.loads(reply.read() or b"{}")

    def env(self, home):
        """Of a host that uses it."""
        return {"PATH": os.environ["PATH"], "HOME": home, "XDG_STATE_HOME": home,
                "DATABRICKS_HOST": self.host, "DATABRICKS_TOKEN": self.token}

    def delay(self, ms):
        self.ask("PATCH", "/_sandbox/settings", {"delay_ms": ms})

    def code(self):
        """Python that ends when the gate is gone."""
        return ("import os, time\n"
                f"while os.path.exists({str(self.gate)!r}):\n    time.sleep(0.05)\nprint('found it')")

    def hold(self, operation):
        """What begins from now on does not end. Code waits for the gate, and only what changes
        by itself for the clock."""
        self.gate.touch()
        self.delay(HELD if operation.prepare else 0)

    def release(self):
        self.gate.unlink(missing_ok=True)
        self.delay(0)

    def forget(self):
        self.ask("DELETE", "/_sandbox/requests")

    def seen(self, pattern):
        """The requests that reached it, "METHOD /path", and fit."""
        log = self.ask("GET", "/_sandbox/requests")["requests"]
        lines = [f"{one['method']} {one['path']}" for one in log]
        return [line for line in lines if re.fullmatch(pattern, line)]


# ---- the host ------------------------------------------------------------------------------------

class Host:
    def __init__(self, command, env, *options):
        self.process, found = started(
            command + ["--http", "127.0.0.1:0", *options],
            {"port": r'"url":"http://127\.0\.0\.1:(\d+)/'}, "stderr", env=env,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.port = int(found["port"])

    def send(self, method, params, capabilities=None, progress=False):
        meta = {K + "protocolVersion": VERSION, K + "clientCapabilities": capabilities or {}}
        if progress:
            meta["progressToken"] = 1
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        name = params.get("name") or params.get("taskId") or params.get("uri")
        connection.request("POST", "/mcp", json.dumps(
            {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}), {
                "Content-Type": "application/json", "MCP-Protocol-Version": VERSION,
                "Accept": "application/json, text/event-stream", "Mcp-Method": method,
                **({"Mcp-Name": name} if name else {})})
        return connection

    def ask(self, method, params, capabilities=None):
        connection = self.send(method, params, capabilities)
        answer = answer_of(connection)
        connection.close()
        return answer

    def end(self, sign=signal.SIGTERM):
        self.process.send_signal(sign)
        status = self.process.wait(PATIENCE)
        self.process.reader.join(PATIENCE)
        return status

    def said(self, event):
        events = [json.loads(line) for line in self.process.lines if line.startswith("{")]
        return [one for one in events if one.get("event") == event]


def answer_of(connection):
    response = connection.getresponse()
    if (response.getheader("Content-Type") or "").startswith("text/event-stream"):
        messages = [json.loads(line[5:]) for line in response if line.startswith(b"data:")]
        return messages[-1]
    return json.loads(response.read())


def verdict(passed, failed):
    """Prints the last line of a test, and returns its exit status."""
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def text_of(answer):
    return "\n".join(block.get("text", "") for block in answer["result"]["content"])


# ---- the operations ------------------------------------------------------------------------------

class Operation:
    """How it is begun, what shows that it was, what a cancel sends; and one that fails."""

    def __init__(self, tool, arguments, begun, cancelled, fails, prepare=None):
        self.tool, self.arguments, self.begun, self.cancelled = tool, arguments, begun, cancelled
        self.fails, self.prepare = fails, prepare


def stopped_cluster(workspace, cluster):
    workspace.delay(0)
    workspace.ask("POST", "/api/2.1/clusters/delete", {"cluster_id": cluster})
    until(lambda: workspace.ask("GET", f"/api/2.1/clusters/get?cluster_id={cluster}")["state"]
          == "TERMINATED", "a stopped cluster")


def stopped_warehouse(workspace, warehouse):
    """A statement that an earlier case left may start it again."""
    workspace.release()
    path = f"/api/2.0/sql/warehouses/{warehouse}"

    def stopped():
        if workspace.ask("GET", path)["state"] == "STOPPED":
            return True
        workspace.ask("POST", path + "/stop", {})
        return False

    until(stopped, "a stopped warehouse")


def operations(workspace):
    clusters = workspace.ask("GET", "/api/2.1/clusters/list")["clusters"]
    cluster = {one["cluster_name"]: one["cluster_id"] for one in clusters}
    warehouses = workspace.ask("GET", "/api/2.0/sql/warehouses")["warehouses"]
    first, second = (one["id"] for one in warehouses[:2])
    user = workspace.ask("GET", "/api/2.0/preview/scim/v2/Me")["userName"]
    notebook = f"/Users/{user}/endings"
    workspace.ask("POST", "/api/2.0/workspace/import", {
        "path": notebook, "format": "SOURCE", "language": "PYTHON", "overwrite": True,
        "content": base64.b64encode(workspace.code().encode()).decode()})
    jobs = [workspace.ask("POST", "/api/2.2/jobs/create", {
        "name": name, "max_concurrent_runs": 100, "tasks": [{
            "task_key": "only", "notebook_task": {"notebook_path": path}}]})["job_id"]
            for name, path in (("endings", notebook), ("fails", notebook + "-missing"))]
    runs = r"GET /api/2.2/jobs/runs/get"
    cancel_run = r"POST /api/2.2/jobs/runs/cancel"
    idle, running = cluster["sandbox-terminated"], cluster["sandbox-running"]
    yield Operation("run_job_now", {"job_id": str(jobs[0])}, runs, cancel_run,
                    {"job_id": str(jobs[1])})
    yield Operation("run_notebook", {"notebook_path": notebook}, runs, cancel_run,
                    {"notebook_path": notebook + "-missing"})
    yield Operation("execute_sql", {"sql_query": "SELECT 1 AS one", "warehouse_id": first},
                    r"GET /api/2.0/sql/statements/[^/]+",
                    r"POST /api/2.0/sql/statements/[^/]+/cancel",
                    {"sql_query": "SELECT missing FROM nowhere", "warehouse_id": first},
                    lambda: stopped_warehouse(workspace, first))
    yield Operation("execute_code", {"cluster_id": running, "language": "python",
                                     "code": workspace.code()},
                    r"GET /api/1.2/commands/status", r"POST /api/1.2/commands/cancel",
                    {"cluster_id": running, "language": "python", "code": "missing()"})
    yield Operation("start_cluster", {"cluster_id": idle}, r"POST /api/2.1/clusters/start",
                    r"POST /api/2.1/clusters/delete", {"cluster_id": "no-such-cluster"},
                    lambda: stopped_cluster(workspace, idle))
    yield Operation("start_sql_warehouse", {"warehouse_id": second},
                    r"POST /api/2.0/sql/warehouses/[^/]+/start",
                    r"POST /api/2.0/sql/warehouses/[^/]+/stop", {"warehouse_id": "no-such"},
                    lambda: stopped_warehouse(workspace, second))


# ---- the endings ---------------------------------------------------------------------------------

class Stage:
    def __init__(self, command, env, workspace):
        self.command, self.env, self.workspace = command, env, workspace

    def host(self, *options):
        return Host(self.command, self.env, *options)

    def held(self, host, operation, capabilities=None):
        """Begins the operation, which does not end, and returns its connection."""
        if operation.prepare:
            operation.prepare()
        self.workspace.hold(operation)
        self.workspace.forget()
        connection = host.send("tools/call", {"name": operation.tool, "arguments": {
            **operation.arguments, "wait_s": 50}}, capabilities, progress=capabilities is None)
        until(lambda: self.workspace.seen(operation.begun), operation.tool + " was begun")
        return connection

    def is_cancelled(self, operation):
        until(lambda: self.workspace.seen(operation.cancelled), operation.tool + " was cancelled")

    def is_not_cancelled(self, operation):
        assert not self.workspace.seen(operation.cancelled), "was cancelled"

    def call(self, host, operation, arguments):
        if operation.prepare:
            operation.prepare()
        self.workspace.release()
        return host.ask("tools/call", {"name": operation.tool,
                                       "arguments": {**arguments, "wait_s": 50}})

    def create(self, host, operation):
        answer = answer_of(self.held(host, operation, TASKS))["result"]
        assert answer["resultType"] == "task", answer
        return answer["taskId"]

    def success(self, host, operation):
        answer = self.call(host, operation, operation.arguments)
        assert not answer["result"].get("isError"), text_of(answer)

    def failure(self, host, operation):
        assert self.call(host, operation, operation.fails)["result"]["isError"]

    def disconnect(self, host, operation):
        self.held(host, operation).close()
        self.is_cancelled(operation)

    def tasks_cancel(self, host, operation):
        task = self.create(host, operation)
        host.ask("tasks/cancel", {"taskId": task}, TASKS)
        self.is_cancelled(operation)
        self.workspace.release()
        until(lambda: host.ask("tasks/get", {"taskId": task}, TASKS)["result"]["status"]
              in ("cancelled", "completed"), "the end of the task")

    def restart(self, host, operation):
        task = self.create(host, operation)
        host.end(signal.SIGKILL)
        other = self.host()
        try:
            got = other.ask("tasks/get", {"taskId": task}, TASKS)["result"]
            assert got["status"] == "working", got
            self.workspace.release()
            got = until(lambda: self.ended(other, task), "the end of the task")
            assert got["status"] == "completed" and not got["result"].get("isError"), got
            self.is_not_cancelled(operation)
        finally:
            other.end(signal.SIGKILL)

    @staticmethod
    def ended(host, task):
        got = host.ask("tasks/get", {"taskId": task}, TASKS)["result"]
        return got if got["status"] != "working" else None

    def cancel(self, _host, operation):
        """On stdio, where a notification cancels."""
        if operation.prepare:
            operation.prepare()
        self.workspace.hold(operation)
        self.workspace.forget()
        process = subprocess.Popen(self.command, env=self.env, text=True, stdin=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        meta = {"_meta": {K + "protocolVersion": VERSION, K + "clientCapabilities": {}}}
        for method, params in (
                ("tools/call", {"name": operation.tool,
                                "arguments": {**operation.arguments, "wait_s": 50}}),
                ("notifications/cancelled", {"requestId": 1})):
            message = {"jsonrpc": "2.0", "method": method, "params": {**params, **meta}}
            if method == "tools/call":
                message["id"] = 1
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
            until(lambda: self.workspace.seen(operation.begun), operation.tool + " was begun")
        self.is_cancelled(operation)
        process.stdin.close()
        process.wait(PATIENCE)

    def stops(self, operation, on_cancel):
        """The host is told to stop while a call waits."""
        host = self.host("--set", f"operations.on_cancel={on_cancel}")
        connection = self.held(host, operation)
        status = host.end()
        answer = answer_of(connection)
        assert status == 0, status
        left = [one for one in host.said("operation-left") if one["row"] == operation.tool]
        if on_cancel == "stop":
            self.is_cancelled(operation)
            assert not left, left
        else:
            self.is_not_cancelled(operation)
            assert left and not answer["result"].get("isError"), (left, answer)

    def left(self, operation):
        """The client leaves, and the operator wants that the work continues."""
        host = self.host("--set", "operations.on_cancel=leave")
        self.held(host, operation).close()
        until(lambda: host.said("operation-left"), "the host says what it leaves")
        host.end()
        self.is_not_cancelled(operation)

    def play(self, ending, operation):
        if ending in ("stop", "client"):
            return self.stops(operation, ending)
        if ending == "leave":
            self.left(operation)
            return self.stops(operation, ending)
        host = self.host()
        try:
            return getattr(self, ending.replace("/", "_"))(host, operation)
        finally:
            if host.process.poll() is None:
                host.end(signal.SIGKILL)


def main():
    (lakehost, folder, sandbox, isolation), words = sys.argv[1:5], sys.argv[5:]
    endings = [one for one in ENDINGS if one in words] or ENDINGS
    counts = {"ok": 0, "FAILED": 0}
    faults = []
    with tempfile.TemporaryDirectory() as home:
        workspace = Workspace(sandbox, pathlib.Path(home) / "workspace")
        env = workspace.env(home)
        stage = Stage([lakehost, "--set", "plugins.enabled=compute,data,jobs,workspace",
                       "--set", f"plugins.isolation={isolation}", "--set", "policy.access=admin",
                       "--set", f"plugins.directories={folder}"], env, workspace)
        print(f"{'':20}" + "".join(f"{ending:>13}" for ending in endings))
        chosen = list(operations(workspace))
        for operation in [one for one in chosen if one.tool in words] or chosen:
            cells = []
            for ending in endings:
                cell = "ok"
                try:
                    stage.play(ending, operation)
                except (AssertionError, KeyError, OSError, ValueError) as fault:
                    cell = "FAILED"
                    faults.append(f"{operation.tool}, {ending}: {fault!r}")
                counts[cell] += 1
                cells.append(cell)
            print(f"{operation.tool:20}" + "".join(f"{cell:>13}" for cell in cells), flush=True)
        workspace.process.kill()
    print("\n".join(faults))
    return verdict(counts["ok"], counts["FAILED"])


if __name__ == "__main__":
    sys.exit(main())
