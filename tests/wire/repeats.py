#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Nothing is started twice. The local workspace carries a request out, and then its reply is lost,
cut, or never comes; or it refuses the request. The request log says how often it was sent, and the
workspace how often something was started.

    tests/wire/repeats.py LAKEHOST FOLDER-OF-PLUGINS LAKEHOST-SANDBOX ISOLATION

Prints a table. Last line: N passed, N failed. Nothing is timed.
"""
import itertools
import pathlib
import re
import sys
import tempfile

from endings import Host, Workspace, text_of, verdict

# The fault, and whether the request is carried out. A request without a token at the platform may
# be sent again only when the reply says that it was not carried out (429).
FAULTS = {
    "reset at once": ({"kind": "reset", "at": 0}, True),
    "reset later": ({"kind": "reset", "at": 20}, True),
    "cut": ({"kind": "truncate"}, True),
    "empty reply": ({"kind": "empty"}, False),
    "503": ({"kind": "html_503"}, False),
    "500": ({"kind": "status", "status": 500, "error_code": "INTERNAL_ERROR"}, False),
    "429": ({"kind": "throttle", "retry_after": 0}, False),
}


class Tool:
    """`path` starts the work; `count` is how much of it was started so far; `token`: the platform
    recognises a repetition."""

    def __init__(self, name, arguments, path, count, token):
        self.name, self.arguments, self.path = name, arguments, path
        self.count, self.token = count, token

    def case(self):
        """The arguments of one case; those that are functions are made for it."""
        return {name: value() if callable(value) else value
                for name, value in self.arguments.items()}


def tools(workspace):
    clusters = workspace.ask("GET", "/api/2.1/clusters/list")["clusters"]
    running = next(one["cluster_id"] for one in clusters if one["state"] == "RUNNING")
    user = workspace.ask("GET", "/api/2.0/preview/scim/v2/Me")["userName"]
    notebook, table = f"/Users/{user}/repeats", "main.default.repeats"
    workspace.ask("POST", "/api/2.0/workspace/import", {
        "path": notebook, "format": "SOURCE", "language": "SQL", "content": "U0VMRUNUIDE="})
    job = workspace.ask("POST", "/api/2.2/jobs/create", {
        "name": "repeats", "max_concurrent_runs": 1000, "tasks": [{
            "task_key": "only", "notebook_task": {"notebook_path": notebook}}]})["job_id"]
    run_sql(workspace, f"CREATE TABLE {table} (n INT)")

    def runs(kind):
        return lambda: runs_of(workspace, kind)

    def rows():
        reply = run_sql(workspace, f"SELECT count(*) FROM {table}")
        return int(reply["result"]["data_array"][0][0])

    # Each case has a file of its own: the code of an earlier case may end after its answer.
    marks = workspace.gate.parent / "marks"
    marks.mkdir()
    cases = itertools.count()

    def new_mark():
        mark = marks / str(next(cases))
        mark.touch()
        return f"open({str(mark)!r}, 'a').write('x')"

    def commands():
        return len(max(marks.iterdir(), key=lambda mark: int(mark.name)).read_text())

    yield Tool("run_job_now", {"job_id": str(job)}, "/api/2.2/jobs/run-now", runs("JOB_RUN"), True)
    yield Tool("run_notebook", {"notebook_path": notebook}, "/api/2.2/jobs/runs/submit",
               runs("SUBMIT_RUN"), True)
    yield Tool("execute_sql", {"sql_query": f"INSERT INTO {table} VALUES (1)"},
               "/api/2.0/sql/statements", rows, False)
    yield Tool("execute_code", {"cluster_id": running, "language": "python", "code": new_mark},
               "/api/1.2/commands/execute", commands, False)


def runs_of(workspace, kind):
    total, token = 0, ""
    while True:
        page = workspace.ask("GET", f"/api/2.2/jobs/runs/list?run_type={kind}&limit=25" + token)
        total += len(page.get("runs", []))
        if not page.get("next_page_token"):
            return total
        token = "&page_token=" + page["next_page_token"]


def run_sql(workspace, statement):
    warehouses = workspace.ask("GET", "/api/2.0/sql/warehouses")["warehouses"]
    reply = workspace.ask("POST", "/api/2.0/sql/statements", {
        "statement": statement, "wait_timeout": "50s",
        "warehouse_id": next(one["id"] for one in warehouses if one["state"] == "RUNNING")})
    assert reply["status"]["state"] == "SUCCEEDED", reply
    return reply


class Stage:
    def __init__(self, host, workspace):
        self.host, self.workspace = host, workspace

    def call(self, tool, arguments, **more):
        return self.host.ask("tools/call", {"name": tool.name, "arguments": {
            **arguments, "wait_s": 50, **more}})

    def faulty(self, tool, fault, is_done):
        """One call, whose starting request meets the fault once."""
        arguments = tool.case()
        before = tool.count()
        self.workspace.forget()
        self.workspace.ask("POST", "/_sandbox/fault",
                           {**fault, "path": tool.path, "method": "POST", "count": 1})
        answer = self.call(tool, arguments)
        self.workspace.ask("DELETE", "/_sandbox/fault")
        sent, done = len(self.workspace.seen("POST " + tool.path)), tool.count() - before
        refused = fault["kind"] == "throttle"
        failed = answer["result"].get("isError", False)
        assert done <= int(is_done or not failed) and sent <= 2, (sent, done, text_of(answer))
        if not failed:
            assert done == 1, text_of(answer)
        if not tool.token and not refused:
            assert sent == 1 and failed, (sent, text_of(answer))
        if tool.token and failed:  # it says how a repetition starts no second run
            again = re.search(r"idempotency_token=([0-9a-f]{32})", text_of(answer))
            assert again, text_of(answer)
            answer = self.call(tool, arguments, idempotency_token=again[1])
            assert tool.count() - before == 1, text_of(answer)
            return f"{sent} sent, then 1 by the client, 1 done"
        return f"{sent} sent, {done} done"

    def repeated(self, tool):
        """The client sends the same call again, with its own token."""
        arguments = tool.case()
        before = tool.count()
        answers = [text_of(self.call(tool, arguments, idempotency_token="again-" + tool.name))
                   for _ in range(3)]
        assert tool.count() - before == 1, answers
        return "3 sent, 1 done"


def main():
    lakehost, folder, sandbox, isolation = sys.argv[1:5]
    passed = failed = 0
    with tempfile.TemporaryDirectory() as home:
        workspace = Workspace(sandbox, pathlib.Path(home) / "workspace")
        env = workspace.env(home)
        host = Host([lakehost, "--set", "plugins.enabled=data,jobs,workspace",
                     "--set", f"plugins.isolation={isolation}",
                     "--set", f"plugins.directories={folder}"], env)
        stage = Stage(host, workspace)
        for tool in tools(workspace):
            cases = [(name, stage.faulty, fault) for name, fault in FAULTS.items()]
            if tool.token:
                cases.append(("by the client", stage.repeated, ()))
            for name, play, fault in cases:
                try:
                    said = play(tool, *fault)
                    passed += 1
                except (AssertionError, KeyError, OSError, ValueError) as error:
                    said = f"FAILED {error!r}"
                    failed += 1
                print(f"{tool.name:14} {name:14} {said}", flush=True)
        host.process.kill()
        workspace.process.kill()
    return verdict(passed, failed)


if __name__ == "__main__":
    sys.exit(main())
