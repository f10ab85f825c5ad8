#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How each operation ends, for every state in which the platform can leave it: a success or a
failure as it must be, with what the caller needs to go on, whether the state is seen at the first
poll, after others, or between polls that got no answer.

    tests/wire/operations.py LAKEHOST FOLDER-OF-PLUGINS ISOLATION [WORD...]

All calls go out at once, to several hosts, and a fake workspace answers them; WORDs choose cases
whose names have one of them. Nothing is timed.
"""
import http.server
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import threading

HOSTS = 8       # a host polls at most 50 times a second
PATIENCE = 120  # seconds until a host without answers is given up
NUMBER = re.compile(r"700\d{4}")
LOST = 500, {"error_code": "INTERNAL_ERROR", "message": "try later"}


# ---- the workspace: a list of replies for each route of each case ------------------------------

class Case:
    numbers = itertools.count(7000001)

    def __init__(self, name, tool, fails, **more):
        self.number = str(next(Case.numbers))
        self.name, self.tool, self.fails = name, tool, fails
        self.arguments, self.routes, self.want, self.unwanted = {}, {}, [], []
        self.requests = []
        self.__dict__.update(more)

    def reply(self, method, path, body):
        self.requests.append(f"{method} {path}")
        for pattern, replies in self.routes.items():
            if re.fullmatch(pattern, f"{method} {path}"):
                reply = replies.pop(0) if len(replies) > 1 else replies[0]
                return reply if isinstance(reply, tuple) else (200, reply)
        return 404, {"error_code": "ENDPOINT_NOT_FOUND", "message": "no route"}


class Workspace(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, cases):
        self.cases = {case.number: case for case in cases}
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def go(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}"
        members = json.loads(body)
        members.pop("idempotency_token", None)
        found = NUMBER.search(self.path + json.dumps(members))
        status, answer = 404, {"error_code": "ENDPOINT_NOT_FOUND", "message": "no case"}
        if found and found[0] in self.server.cases:
            with self.server.lock:
                status, answer = self.server.cases[found[0]].reply(
                    self.command, self.path.split("?")[0], members)
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_DELETE = go


# ---- the operations ----------------------------------------------------------------------------

def courses(going_on, unknown, end):
    """The ways to an end: name, what the polls see. A state that is unknown is not the end."""
    yield "at once", [end]
    yield "after a poll", [going_on, end]
    yield "after a state of tomorrow", [unknown, end]
    yield "after lost polls", [LOST, LOST, end]
    yield "between lost polls", [going_on, LOST, end]


def cluster(tool, before, end, going_on, name, polls, fails):
    case = Case(f"{tool} {end}, {name}", tool, fails)
    identity = f"0101-010101-n{case.number}"

    def seen(state):
        return state if isinstance(state, tuple) else {
            "cluster_id": identity, "state": state, "start_time": 1,
            "termination_reason": {"code": "CLOUD_FAILURE"}} if state in ("TERMINATED", "ERROR") \
            else {"cluster_id": identity, "state": state, "start_time": 1}

    case.arguments = {"cluster_id": identity}
    case.routes = {"GET /api/2.1/clusters/get": [seen(before), *map(seen, polls)],
                   "POST /api/2.1/clusters/(start|delete)": [{}]}
    case.want = [identity]
    return case


def clusters():
    for tool, before, going_on, ends in [
            ("start_cluster", "TERMINATED", "PENDING",
             {"RUNNING": False, "TERMINATED": True, "ERROR": True}),
            ("start_cluster", "RESTARTING", "RESTARTING",
             {"RUNNING": False, "TERMINATED": True, "ERROR": True}),
            ("terminate_cluster", "RUNNING", "TERMINATING", {"TERMINATED": False, "ERROR": True})]:
        for end, fails in ends.items():
            for name, polls in courses(going_on, "RIPENING", end):
                yield cluster(tool, before, end, going_on, f"{name}, from {before}", polls, fails)


def warehouse(tool, before, end, name, polls, fails):
    case = Case(f"{tool} {end}, {name}", tool, fails)
    identity = f"000000000{case.number}"

    def seen(state):
        return state if isinstance(state, tuple) else {
            "id": identity, "name": "w" + case.number, "state": state}

    case.arguments = {"warehouse_id": identity}
    case.routes = {f"GET /api/2.0/sql/warehouses/{identity}": [seen(before), *map(seen, polls)],
                   "POST /api/2.0/sql/warehouses/.*/(start|stop)": [{}]}
    case.want = [identity]
    return case


def warehouses():
    for tool, before, going_on, ends in [
            ("start_sql_warehouse", "STOPPED", "STARTING",
             {"RUNNING": False, "STOPPED": True, "DELETING": True, "DELETED": True}),
            ("stop_sql_warehouse", "RUNNING", "STOPPING",
             {"STOPPED": False, "DELETING": True, "DELETED": True})]:
        for end, fails in ends.items():
            for name, polls in courses(going_on, "RIPENING", end):
                yield warehouse(tool, before, end, name, polls, fails)


ERRORS = {"BAD_REQUEST": "SQLSTATE: 42703 no such column", "UNKNOWN": "", "INTERNAL_ERROR": "broke",
          "TEMPORARILY_UNAVAILABLE": "busy", "SERVICE_UNDER_MAINTENANCE": "maintained",
          "WORKSPACE_TEMPORARILY_UNAVAILABLE": "away", "DEADLINE_EXCEEDED": "late",
          "CANCELLED": "stopped", "RESOURCE_EXHAUSTED": "too much", "ABORTED": "aborted",
          "NOT_FOUND": "gone", "ALREADY_EXISTS": "there", "UNAUTHENTICATED": "who",
          "IO_ERROR": "disk"}


def statement_states():
    yield "SUCCEEDED", {"state": "SUCCEEDED"}, False
    yield "CANCELED", {"state": "CANCELED"}, True
    yield "CLOSED", {"state": "CLOSED"}, True
    yield "FAILED", {"state": "FAILED"}, True
    for code, message in ERRORS.items():
        yield f"FAILED {code}", {"state": "FAILED", "error": {"error_code": code,
                                                              "message": message}}, True


def statement(tool, arguments, end, name, first, polls, fails):
    case = Case(f"{tool} {end}, {name}", tool, fails)
    identity = f"01f0aaaa-0000-1000-8000-00000{case.number}"

    def seen(status):
        if isinstance(status, tuple):
            return status
        reply = {"statement_id": identity, "status": status}
        if status["state"] == "SUCCEEDED":
            reply["manifest"] = {
                "schema": {"columns": [{"name": "a", "type_text": "STRING",
                                        "type_name": "STRING"}]},
                "total_row_count": 1, "total_chunk_count": 1,
                "chunks": [{"chunk_index": 0, "row_offset": 0, "row_count": 1}]}
            reply["result"] = {"chunk_index": 0, "row_offset": 0, "row_count": 1,
                               "data_array": [["found it"]]}
        return reply

    case.arguments = json.loads(json.dumps(arguments).replace("NUMBER", case.number))
    table = {"name": "t" + case.number, "catalog_name": "main", "schema_name": "s",
             "full_name": f"main.s.t{case.number}", "table_type": "MANAGED",
             "columns": [{"name": "a", "type_name": "STRING", "type_text": "string",
                          "position": 0}]}
    case.routes = {"GET /api/2.1/unity-catalog/tables/.*": [table],
                   "POST /api/2.0/sql/statements": [seen(first)],
                   f"GET /api/2.0/sql/statements/{identity}": [seen(poll) for poll in polls]}
    case.want = [identity] if fails else ["found it"]
    return case


def statements():
    pending, running = {"state": "PENDING"}, {"state": "RUNNING"}
    on = {"warehouse_id": "00000000aaaaaaaa"}
    for tool, arguments in [
            ("execute_sql", {"sql_query": "SELECT 'NUMBER'", **on}),
            ("preview_table", {"table_name": "main.s.tNUMBER", **on}),
            ("describe_tables", {"names": ["main.s.tNUMBER"], "detail": "stats", **on})]:
        for end, status, fails in statement_states():
            yield statement(tool, arguments, end, "in the first reply", status, [status], fails)
            for name, polls in courses(running, {"state": "RIPENING"}, status):
                yield statement(tool, arguments, end, name, pending, polls, fails)


DONE = {"SUCCESS", "SUCCESS_WITH_FAILURES"}
RESULTS = ["SUCCESS", "FAILED", "TIMEDOUT", "CANCELED", "MAXIMUM_CONCURRENT_RUNS_REACHED",
           "EXCLUDED", "SUCCESS_WITH_FAILURES", "UPSTREAM_FAILED", "UPSTREAM_CANCELED", "DISABLED"]
CODES = ["SUCCESS", "SUCCESS_WITH_FAILURES", "USER_CANCELED", "CANCELED", "SKIPPED", "DISABLED",
         "INTERNAL_ERROR", "DRIVER_ERROR", "CLUSTER_ERROR", "REPOSITORY_CHECKOUT_FAILED",
         "INVALID_CLUSTER_REQUEST", "WORKSPACE_RUN_LIMIT_EXCEEDED", "FEATURE_DISABLED",
         "CLUSTER_REQUEST_LIMIT_EXCEEDED", "STORAGE_ACCESS_ERROR", "RUN_EXECUTION_ERROR",
         "UNAUTHORIZED_ERROR", "LIBRARY_INSTALLATION_ERROR", "MAX_CONCURRENT_RUNS_EXCEEDED",
         "MAX_SPARK_CONTEXTS_EXCEEDED", "RESOURCE_NOT_FOUND", "INVALID_RUN_CONFIGURATION",
         "CLOUD_FAILURE", "MAX_JOB_QUEUE_SIZE_EXCEEDED", "BUDGET_POLICY_LIMIT_EXCEEDED",
         "BREAKING_CHANGE", "A_CODE_OF_TOMORROW"]


def run_states():
    """Ends in the older words, in the newer ones, and in both."""
    for result in RESULTS:
        yield result, {"state": {"life_cycle_state": "TERMINATED", "result_state": result}}, \
            result not in DONE
    for life in "SKIPPED", "INTERNAL_ERROR":
        yield life, {"state": {"life_cycle_state": life}}, True
    for code in CODES:
        status = {"state": "TERMINATED", "termination_details": {"code": code}}
        yield f"code {code}", {"status": status}, code not in DONE
    yield "both", {"state": {"life_cycle_state": "TERMINATED", "result_state": "FAILED"},
                   "status": {"state": "TERMINATED", "termination_details": {
                       "code": "RUN_EXECUTION_ERROR"}}}, True


def run(tool, arguments, end, name, polls, fails):
    case = Case(f"{tool} {end}, {name}", tool, fails)
    number = int(case.number)

    def seen(state):
        return state if isinstance(state, tuple) else {
            "run_id": number, "job_id": number, **state,
            "tasks": [{"run_id": number, "task_key": "only", "attempt_number": 0, **state}]}

    case.arguments = json.loads(json.dumps(arguments).replace("NUMBER", case.number))
    case.routes = {"POST /api/2.2/jobs/(run-now|runs/submit)": [{"run_id": number}],
                   "POST /api/2.2/jobs/runs/cancel": [{}],
                   "GET /api/2.2/jobs/runs/get": [seen(poll) for poll in polls],
                   "GET /api/2.2/jobs/runs/get-output": [{"metadata": seen(polls[-1]),
                                                          "notebook_output": {"result": "x"}}]}
    case.want = [case.number]
    return case


def runs():
    running = {"state": {"life_cycle_state": "RUNNING"}, "status": {"state": "RUNNING"}}
    unknown = {"state": {"life_cycle_state": "RIPENING"}, "status": {"state": "RIPENING"}}
    for tool, arguments in [
            ("run_job_now", {"job_id": "NUMBER"}),
            ("run_notebook", {"notebook_path": "/Users/me/NUMBER"}),
            ("cancel_job_run", {"run_id": "NUMBER"})]:
        for end, state, fails in run_states():
            # a cancel succeeds when the run has ended, in any state
            fails = fails and tool != "cancel_job_run"
            for name, polls in courses(running, unknown, state):
                yield run(tool, arguments, end, name, polls, fails)


def code_states():
    text = {"resultType": "text", "data": "found it"}
    yield "Finished text", {"status": "Finished", "results": text}, False
    yield "Finished table", {"status": "Finished", "results": {
        "resultType": "table", "schema": [{"name": "a", "type": '"string"'}],
        "data": [["found it"]]}}, False
    yield "Finished error", {"status": "Finished", "results": {
        "resultType": "error", "summary": "NameError", "cause": "Traceback: NameError"}}, True
    yield "Error error", {"status": "Error", "results": {
        "resultType": "error", "summary": "NameError", "cause": "Traceback: NameError"}}, True
    yield "Error without results", {"status": "Error", "results": None}, True
    yield "Error text", {"status": "Error", "results": text}, True
    yield "Cancelled", {"status": "Cancelled", "results": None}, True


def code(end, name, polls, fails):
    case = Case(f"execute_code {end}, {name}", "execute_code", fails)
    identity = f"0101-010101-n{case.number}"
    case.arguments = {"cluster_id": identity, "language": "python", "code": "1"}
    case.routes = {"GET /api/2.1/clusters/get": [{"cluster_id": identity, "state": "RUNNING"}],
                   "POST /api/1.2/contexts/create": [{"id": "context" + case.number}],
                   "GET /api/1.2/contexts/status": [{"id": "context" + case.number,
                                                     "status": "Running"}],
                   "POST /api/1.2/contexts/destroy": [{}],
                   "POST /api/1.2/commands/execute": [{"id": "command" + case.number}],
                   "GET /api/1.2/commands/status": polls}
    if not fails:
        case.want = ["found it"]
    return case


def codes():
    for end, state, fails in code_states():
        for name, polls in courses({"status": "Running", "results": None},
                                   {"status": "Ripening", "results": None}, state):
            yield code(end, name, polls, fails)


# ---- the hosts ---------------------------------------------------------------------------------

class Host:
    """Sends all its calls, then reads all the answers."""

    def __init__(self, command, env, cases):
        self.cases, self.answers, self.fault = cases, {}, None
        self.process = subprocess.Popen(command, env=env, text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.thread = threading.Thread(target=self.converse, daemon=True)
        self.thread.start()

    def send(self, **message):
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.process.stdin.flush()

    def converse(self):
        self.send(id=0, method="initialize", params={
            "protocolVersion": "2025-11-25", "capabilities": {},
            "clientInfo": {"name": "operations", "version": "1"}})
        self.process.stdout.readline()
        self.send(method="notifications/initialized")
        for case in self.cases:
            self.send(id=int(case.number), method="tools/call", params={
                "name": case.tool, "arguments": {**case.arguments, "wait_s": 50}})
        for line in self.process.stdout:
            message = json.loads(line)
            if "id" in message:
                self.answers[str(message["id"])] = message
            if len(self.answers) == len(self.cases):
                break

    def end(self):
        self.thread.join(PATIENCE)
        self.process.kill()
        self.process.communicate()


def fault_of(case, answer):
    """What is wrong with the answer, or None."""
    if answer is None:
        return "no answer"
    if "result" not in answer:
        return "error " + answer["error"]["message"]
    text = "\n".join(block.get("text", "") for block in answer["result"]["content"])
    if answer["result"].get("isError", False) != case.fails:
        return f"is {'a success' if case.fails else 'a failure'}: {text}"
    for want in case.want:
        if want not in text:
            return f'lacks "{want}": {text}'
    if "goes on" in text or "not known yet" in text:
        return "does not know the end: " + text
    return None


def main():
    (lakehost, folder, isolation), words = sys.argv[1:4], sys.argv[4:]
    cases = [case for case in itertools.chain(clusters(), warehouses(), statements(), runs(),
                                              codes())
             if not words or any(word in case.name for word in words)]
    workspace = Workspace(cases)
    with tempfile.TemporaryDirectory() as home:
        env = {"PATH": os.environ["PATH"], "HOME": home, "XDG_STATE_HOME": home,
               "DATABRICKS_HOST": f"http://127.0.0.1:{workspace.server_address[1]}",
               "DATABRICKS_TOKEN": "dapi-operations"}
        command = [lakehost, "--set", "plugins.enabled=compute,data,jobs,workspace",
                   "--set", "policy.access=admin", "--set", f"plugins.isolation={isolation}",
                   "--set", f"plugins.directories={folder}"]
        hosts = [Host(command, env, cases[i::HOSTS]) for i in range(HOSTS) if cases[i::HOSTS]]
        answers = {}
        for host in hosts:
            host.end()
            answers.update(host.answers)
    faults = 0
    for case in cases:
        fault = fault_of(case, answers.get(case.number))
        if fault:
            faults += 1
            print(f"FAIL {case.name}: {fault}\n     sent: {', '.join(case.requests)}")
    print(f"{len(cases) - faults} passed, {faults} failed")
    return 1 if faults or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
