#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Results of any size in files of the host: the whole program, and the local workspace.

    tests/wire/results.py LAKEHOST SANDBOX FOLDER-OF-PLUGINS ISOLATION [CASE...]

Each case runs one statement, or a few, and reads what is in the folder afterwards: the borders of
chunks, an expired link, a lost connection, a full disk, a folder that vanishes, a cancelled call, a
call that ends before the file is complete, a host that is killed, flat memory. CASEs choose some of
them; cases whose names begin with "large" run only when they are named. Nothing is timed.
Last line: N passed, N failed.
"""
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request

PATIENCE = 300      # seconds until an answer is given up
ORDERS = 3000       # rows of samples.tpch.orders, whose keys are 1, 2, 3, …
MIB = 1 << 20


def rows_sql(count, more=""):
    """Row k is known: k // 3000 + 1 and k % 3000 + 1."""
    return ("SELECT a.o_orderkey AS x, b.o_orderkey AS y, CASE WHEN b.o_orderkey % 3 = 0 THEN NULL "
            "WHEN b.o_orderkey % 3 = 1 THEN '' ELSE 'a,\"b\"' END AS z" + more +
            f" FROM samples.tpch.orders a, samples.tpch.orders b LIMIT {count}")


def row_of(k):
    y = k % ORDERS + 1
    return k // ORDERS + 1, y, (None, "", 'a,"b"')[y % 3]


def csv_of(count):
    texts = {None: "", "": '""', 'a,"b"': '"a,""b"""'}
    return "x,y,z\n" + "".join(f"{x},{y},{texts[z]}\n" for x, y, z in map(row_of, range(count)))


class Sandbox:
    def __init__(self, program, folder):
        self.process = subprocess.Popen([program, "--listen", "127.0.0.1:0", "--data", folder],
                                        stdout=subprocess.PIPE, text=True)
        self.env = {}
        for line in self.process.stdout:
            name, equals, value = line.strip().partition("=")
            if equals and name.startswith("DATABRICKS_"):
                self.env[name] = value
            if "DATABRICKS_TOKEN" in self.env and "DATABRICKS_HOST" in self.env:
                break
        self.settings(rows_per_chunk=1000, link_ttl_s=900)

    def ask(self, method, path, body=None):
        request = urllib.request.Request(
            self.env["DATABRICKS_HOST"] + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": "Bearer " + self.env["DATABRICKS_TOKEN"]})
        with urllib.request.urlopen(request) as reply:
            return json.loads(reply.read() or b"{}")

    def settings(self, **values):
        self.ask("PATCH", "/_sandbox/settings", values)

    def fault(self, kind, path="/_sandbox/ext/*", **more):
        self.ask("POST", "/_sandbox/fault", {"kind": kind, "path": path, **more})

    def calm(self):
        self.ask("DELETE", "/_sandbox/fault")
        self.settings(rows_per_chunk=1000, link_ttl_s=900)


class Host:
    """A host over stdio."""

    def __init__(self, setup, limit=None, *settings):
        def limits():
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        command = [setup.lakehost, "--set", "plugins.enabled=data", "--set",
                   f"plugins.isolation={setup.isolation}", "--set",
                   f"plugins.directories={setup.plugins}", "--set",
                   f"plugins.transfer_dirs={setup.folder}"]
        for setting in settings:
            command += ["--set", setting]
        self.process = subprocess.Popen(
            command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, preexec_fn=limits,
            env={"PATH": os.environ["PATH"], "HOME": setup.home, "XDG_STATE_HOME": setup.home,
                 **setup.sandbox.env})
        self.next = 0
        self.send(id=0, method="initialize", params={
            "protocolVersion": "2025-11-25", "capabilities": {},
            "clientInfo": {"name": "results", "version": "1"}})
        self.process.stdout.readline()
        self.send(method="notifications/initialized")

    def send(self, **message):
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.process.stdin.flush()

    def begin(self, tool, **arguments):
        self.next += 1
        self.send(id=self.next, method="tools/call",
                  params={"name": tool, "arguments": arguments})

    def answer(self):
        for line in self.process.stdout:
            message = json.loads(line)
            if message.get("id") == self.next:
                if "result" not in message:
                    raise AssertionError(message["error"]["message"])
                text = "\n".join(b.get("text", "") for b in message["result"]["content"])
                return message["result"].get("isError", False), text
        raise AssertionError("the host ended without an answer")

    def call(self, tool, **arguments):
        self.begin(tool, **arguments)
        return self.answer()

    def memory(self):
        """The largest number of bytes that it ever had in memory."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", text)[1]) * 1024

    def end(self, kill=False):
        if kill:
            self.process.kill()
        else:
            self.process.stdin.close()
        self.process.wait(PATIENCE)
        self.process.stdout.close()


class Setup:
    def __init__(self, arguments, work):
        self.lakehost, program, self.plugins, self.isolation = arguments[:4]
        self.home = os.path.join(work, "home")
        self.folder = pathlib.Path(work, "files")
        os.mkdir(self.home)
        os.mkdir(self.folder)
        self.sandbox = Sandbox(program, os.path.join(work, "data"))
        self.host = Host(self)

    def fresh(self):
        self.sandbox.calm()
        shutil.rmtree(self.folder, ignore_errors=True)
        os.mkdir(self.folder)

    def names(self):
        return sorted(os.listdir(self.folder))

    def text(self, name):
        return (self.folder / name).read_text()


def has(text, *words):
    for word in words:
        if word not in text:
            raise AssertionError(f"lacks {word!r}: {text}")


def same(value, expected):
    if value != expected:
        raise AssertionError(f"is {str(value)[:300]}, should be {str(expected)[:300]}")


# ---- cases -------------------------------------------------------------------------------------

def borders(t):
    """0 rows, 1 row, one chunk less a row, exactly, more a row; many chunks, a part of the last."""
    for count in 0, 1, 999, 1000, 1001, 4000, 4001, 9500:
        name = f"rows-{count}.csv"
        failed, text = t.host.call("execute_sql", sql_query=rows_sql(count), to_file=name)
        same((failed, failed and text), (False, False))
        has(text, f"Wrote {count} row")
        same(t.text(name), csv_of(count))
    same(len(t.names()), 8)


def lines_of_json(t):
    failed, text = t.host.call("execute_sql", sql_query=rows_sql(2500), to_file="a.jsonl")
    same((failed, failed and text), (False, False))
    rows = [json.loads(line) for line in t.text("a.jsonl").splitlines()]
    same(rows, [dict(zip("xyz", row_of(k))) for k in range(2500)])


def inline(t):
    """The rows that the platform keeps for an answer become a file too, without a second run."""
    failed, text = t.host.call("execute_sql", sql_query=rows_sql(5500), row_limit=5)
    found = re.search(r"statement_id: (\S+)", text)[1]
    failed, text = t.host.call("get_statement_result", statement_id=found, to_file="a.csv")
    same((failed, failed and text), (False, False))
    same(t.text("a.csv"), csv_of(5500))
    failed, text = t.host.call("get_statement_result", statement_id=found, to_file="a.arrow")
    same(failed, True)
    has(text, "has its result as JSON_ARRAY", "execute_sql with to_file")
    same(t.names(), ["a.csv"])


def truncated(t):
    failed, text = t.host.call("execute_sql", sql_query=rows_sql(10001), row_limit=5)
    found = re.search(r"statement_id: (\S+)", text)[1]
    failed, text = t.host.call("get_statement_result", statement_id=found, to_file="a.csv")
    same((failed, failed and text), (False, False))
    has(text, "Wrote 10000 rows", "kept only these rows")


def refused(t):
    """Before the statement runs."""
    (t.folder / "there.csv").write_text("old")
    sql = rows_sql(10)
    for arguments, words in (
            ({"to_file": "there.csv"}, ["already exists"]),
            ({"to_file": "../a.csv"}, ["transfer_dirs"]),
            ({"to_file": "/etc/a.csv"}, ["transfer_dirs"]),
            ({"to_file": ""}, ["not a valid name"]),
            ({"to_file": "a", "format": "markdown"}, ["csv, jsonl or arrow"]),
            ({"format": "arrow"}, ["only for files"])):
        failed, text = t.host.call("execute_sql", sql_query=sql, **arguments)
        same(failed, True)
        has(text, *words)
    same(t.text("there.csv"), "old")
    same(t.names(), ["there.csv"])


def expired(t):
    """Links expire in the middle, really and by what the store says; new ones are requested."""
    t.sandbox.settings(link_ttl_s=1)
    t.sandbox.fault("latency", count=1, skip=2, latency_ms=1500)
    t.sandbox.fault("status", count=3, skip=6, status=403)
    failed, text = t.host.call("execute_sql", sql_query=rows_sql(12345), to_file="a.csv")
    same((failed, failed and text), (False, False))
    same(t.text("a.csv"), csv_of(12345))


def lost(t):
    """The connection is lost in the middle of several chunks: no row is doubled."""
    t.sandbox.fault("reset", count=4, skip=1, at=5000)
    t.sandbox.fault("status", count=1, skip=6, status=503)
    failed, text = t.host.call("execute_sql", sql_query=rows_sql(12345), to_file="a.csv")
    same((failed, failed and text), (False, False))
    same(t.text("a.csv"), csv_of(12345))
    same(t.names(), ["a.csv"])


def cut(t):
    """A store sends less than the chunk, and says nothing: the file is not kept."""
    t.sandbox.fault("truncate", count=1, skip=1, at=5000)
    failed, text = t.host.call("execute_sql", sql_query=rows_sql(5000), to_file="a.csv")
    same(failed, True)
    has(text, "ends too early", "No part of the file exists now")
    same(t.names(), [])


def unreachable(t):
    """The store does not answer: the call ends, and a later one continues."""
    t.sandbox.fault("status", count=1000, skip=5, status=403)
    failed, text = t.host.call("execute_sql", sql_query=rows_sql(12345), to_file="a.csv",
                               wait_s=3)
    has(text, "get_statement_result", "to_file=a.csv")
    found = re.search(r"statement_id=(\S+)", text)[1]
    same("a.csv" in t.names(), False)
    t.sandbox.calm()
    failed, text = t.host.call("get_statement_result", statement_id=found, to_file="a.csv")
    same((failed, failed and text), (False, False))
    same(t.text("a.csv"), csv_of(12345))
    same(t.names(), ["a.csv"])


def killed(t):
    """The host is killed in the middle; another one continues."""
    host = Host(t)
    t.sandbox.fault("latency", count=1, skip=6, latency_ms=60000)
    host.begin("execute_sql", sql_query=rows_sql(12345), to_file="a.csv", wait_s=50)
    while not any(name.endswith(".done") for name in t.names()):
        time.sleep(0.01)
    host.end(kill=True)
    found = t.sandbox.ask("GET", "/api/2.0/sql/history/queries")["res"][0]["query_id"]
    t.sandbox.calm()
    same("a.csv" in t.names(), False)
    failed, text = t.host.call("get_statement_result", statement_id=found, to_file="a.csv")
    same((failed, failed and text), (False, False))
    same(t.text("a.csv"), csv_of(12345))
    same(t.names(), ["a.csv"])


def cancelled(t):
    t.sandbox.fault("latency", count=1, skip=6, latency_ms=20000)
    t.host.begin("execute_sql", sql_query=rows_sql(12345), to_file="a.csv", wait_s=50)
    while not any(name.endswith(".done") for name in t.names()):
        time.sleep(0.01)
    t.host.send(method="notifications/cancelled", params={"requestId": t.host.next})
    while t.names():
        time.sleep(0.01)
    same(t.host.call("execute_sql", sql_query="SELECT 1", to_file="b.csv")[0], False)
    same(t.names(), ["b.csv"])


def disk_full(t):
    host = Host(t, 200000)
    failed, text = host.call("execute_sql", sql_query=rows_sql(30000), to_file="a.csv")
    same(failed, True)
    has(text, "was not completed", "cannot become larger", "No part of the file exists now",
        "get_statement_result")
    same(t.names(), [])
    found = re.search(r"statement_id=(\S+)", text)[1]
    failed, text = t.host.call("get_statement_result", statement_id=found, to_file="a.csv")
    same((failed, failed and text), (False, False))
    same(t.text("a.csv"), csv_of(30000))
    host.end()


def vanished(t):
    """The folder is removed in the middle."""
    t.sandbox.fault("latency", count=1, skip=6, latency_ms=1000)
    t.host.begin("execute_sql", sql_query=rows_sql(12345), to_file="a.csv", wait_s=50)
    while not any(name.endswith(".done") for name in t.names()):
        time.sleep(0.01)
    while t.folder.exists():  # the host makes and renames files in it meanwhile
        shutil.rmtree(t.folder, ignore_errors=True)
    failed, text = t.host.answer()
    os.mkdir(t.folder)
    same(failed, True)
    has(text, "was not completed")


def other_source(t):
    """Two statements do not mix in one name; and the second one does not wait for ever."""
    t.sandbox.fault("status", count=1000, skip=5, status=403)
    failed, first = t.host.call("execute_sql", sql_query=rows_sql(9000), to_file="a.csv", wait_s=2)
    t.sandbox.calm()
    failed, text = t.host.call("execute_sql", sql_query=rows_sql(1234), to_file="a.csv")
    same((failed, failed and text), (False, False))
    same(t.text("a.csv"), csv_of(1234))
    found = re.search(r"statement_id=(\S+)", first)[1]
    failed, text = t.host.call("get_statement_result", statement_id=found, to_file="a.csv")
    same(failed, True)
    has(text, "already exists")


VOLUME = "/Volumes/main/default/landing"


def content(t, path):
    request = urllib.request.Request(
        t.sandbox.env["DATABRICKS_HOST"] + "/api/2.0/fs/files" + path,
        headers={"Authorization": "Bearer " + t.sandbox.env["DATABRICKS_TOKEN"]})
    with urllib.request.urlopen(request) as reply:
        return reply.read().decode()


def to_path(t):
    """A volume and the workspace; the host's folder is empty afterwards."""
    for count in 0, 4001:
        path = f"{VOLUME}/results/rows-{count}.csv"
        failed, text = t.host.call("execute_sql", sql_query=rows_sql(count), to_path=path)
        same((failed, failed and text), (False, False))
        has(text, f"Wrote {count} rows", path)
        same(content(t, path), csv_of(count))
    failed, text = t.host.call("execute_sql", sql_query=rows_sql(10), format="jsonl",
                               to_path="/Workspace/Users/ann@example.com/rows.jsonl")
    same((failed, failed and text), (False, False))
    same(t.names(), [])


def to_path_refused(t):
    for arguments, words in (
            ({"to_path": f"{VOLUME}/readme.md"}, ["exists already"]),
            ({"to_path": "/Volumes/main/default/nothere/a.csv"}, ["nothere", "does not exist"]),
            ({"to_path": "/Volumes/main/default"}, ["cannot be written"]),
            ({"to_path": "dbfs:/a.csv"}, ["cannot be written", "blocks"]),
            ({"to_path": f"{VOLUME}/../a.csv"}, []),
            ({"to_path": f"{VOLUME}/a", "format": "arrow"}, ["Arrow"]),
            ({"to_path": f"{VOLUME}/a", "to_file": "a"}, ["together"])):
        failed, text = t.host.call("execute_sql", sql_query=rows_sql(10), **arguments)
        same((failed, text if not failed else ""), (True, ""))
        has(text, *words)
    failed, text = t.host.call("execute_sql", sql_query=rows_sql(10))
    found = re.search(r"statement_id: (\S+)", text)[1]
    failed, text = t.host.call("get_statement_result", statement_id=found,
                               to_path=f"{VOLUME}/b.csv")
    same(failed, True)
    has(text, "only continues what execute_sql has begun")
    host = Host(t, None, "policy.access=read")
    failed, text = host.call("execute_sql", sql_query=rows_sql(10), to_path=f"{VOLUME}/c.csv")
    same(failed, True)
    has(text, "with to_path it writes")
    same(host.call("execute_sql", sql_query=rows_sql(10), to_file="c.csv")[0], False)
    host.end()
    failed, text = t.host.call("execute_sql", sql_query=rows_sql(22000, ", '" + "x" * 500 + "' AS w"),
                               to_path="/Workspace/Users/ann@example.com/large.csv")
    same(failed, True)
    has(text, "too large for /Workspace", "Use a volume")
    same(t.names(), ["c.csv"])


def to_path_slow(t):
    """The time of a call does not count while its file is sent; a lost reply is not a second
    file."""
    host = Host(t, None, "limits.call_ms=4000")
    t.sandbox.fault("latency", path="/api/2.0/fs/files/*", method="PUT", count=1, latency_ms=5000)
    path = f"{VOLUME}/slow.csv"
    failed, text = host.call("execute_sql", sql_query=rows_sql(10), to_path=path, wait_s=2)
    same((failed, failed and text), (False, False))
    has(text, "Wrote 10 rows")
    same(content(t, path), csv_of(10))
    host.end()
    t.sandbox.fault("reset", path="/api/2.0/fs/files/*", method="PUT", count=1, at=0)
    path = f"{VOLUME}/lost.csv"
    failed, text = t.host.call("execute_sql", sql_query=rows_sql(1500), to_path=path)
    same((failed, failed and text), (False, False))
    same(content(t, path), csv_of(1500))
    same(t.names(), [])


def grown(t, small, large):
    """How much more memory a host needs for the large result."""
    memory = []
    for count in small, large:
        host = Host(t)
        for k, name in enumerate(("warm.csv", "a.csv")):
            failed, text = host.call("execute_sql", sql_query=rows_sql(
                (ORDERS, count)[k], ", '" + "x" * 500 + "' AS w"), to_file=name, wait_s=50)
            while "Next:" in text:
                found = re.search(r"statement_id=(\S+)", text)[1]
                failed, text = host.call("get_statement_result", statement_id=found, to_file=name,
                                         wait_s=50)
            same((failed, failed and text), (False, False))
            has(text, "Wrote")
        memory.append(host.memory())
        size = (t.folder / "a.csv").stat().st_size
        print(f"  {size / 1e6:.0f} MB: {memory[-1] / MIB:.1f} MiB in memory", flush=True)
        host.end()
        for name in "warm.csv", "a.csv":
            os.unlink(t.folder / name)
    return memory[1] - memory[0]


def flat_memory(t):
    t.sandbox.settings(rows_per_chunk=10000)
    growth = grown(t, 10 * MIB // 520, 64 * MIB // 520)
    same(growth <= 8 * MIB, True)


def large_flat_memory(t):
    """10 MB and 1 GB."""
    t.sandbox.settings(rows_per_chunk=20000)
    growth = grown(t, 10 * MIB // 520, 1024 * MIB // 520)
    same(growth <= 8 * MIB, True)


CASES = [borders, lines_of_json, inline, truncated, refused, expired, lost, cut, unreachable, killed,
         cancelled, disk_full, vanished, other_source, to_path, to_path_refused, to_path_slow, flat_memory, large_flat_memory]


def main():
    words = sys.argv[5:]
    faults = passed = 0
    with tempfile.TemporaryDirectory() as work:
        t = Setup(sys.argv[1:], work)
        for case in CASES:
            name = case.__name__
            if words and name not in words or not words and name.endswith("memory"):
                continue  # memory is measured by name, as sanitizers need some of their own
            t.fresh()
            begun = time.monotonic()
            try:
                case(t)
                passed += 1
                print(f"ok {name} {time.monotonic() - begun:.1f} s", flush=True)
            except Exception:
                faults += 1
                print(f"FAIL {name}\n{traceback.format_exc()}", flush=True)
                t.host.end(kill=True)
                t.host = Host(t)
        t.host.end()
        t.sandbox.process.terminate()
        t.sandbox.process.wait()
    print(f"{passed} passed, {faults} failed")
    return 1 if faults or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
