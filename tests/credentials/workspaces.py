#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Several workspaces in one host: two of lakehost-sandbox, each with its own credential. A call
chooses one, a principal may be fixed to one, and what was begun in one stays there.

    tests/credentials/workspaces.py LAKEHOST SANDBOX [unittest options]
"""
import http.client
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

PATIENCE = 60  # seconds until a test gives up; nothing is timed
LAKEHOST = SANDBOX = None
PREFIX = "io.modelcontextprotocol/"
TASKS = {"extensions": {PREFIX + "tasks": {}}}
CONF = """
server = {{ listeners = ( {{ tcp = "127.0.0.1:0"; }} ); stdio = false; }};
auth = {{ inbound = "header"; header = "X-User"; trusted_proxies = [ "127.0.0.1" ]; }};
principals = ( {{ name = "ann"; access = "admin"; }},
	{{ name = "eve"; access = "admin"; {4} }} );
upstreams = {{
	workspace = {{ host = "{0}"; token = "file:{2}/us.token"; }};
	eu = {{ host = "{1}"; token = "file:{2}/eu.token"; }};
}};
{3}
"""
FIXED = 'workspace = "eu";'
BOTH = 'workspaces = [ "workspace", "eu" ];'


class Sandbox:
    def __init__(self, directory, delay):
        self.process = subprocess.Popen(
            [SANDBOX, "--listen", "127.0.0.1:0", "--data", directory, "--delay-ms", delay],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.said = {}
        while len(self.said) < 2:
            name, _, value = self.process.stdout.readline().strip().partition("=")
            if name.startswith("DATABRICKS_"):
                self.said[name] = value

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.process.stdout.close()


class Test(unittest.TestCase):
    delay = "3000"  # of starting a warehouse, in milliseconds

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.home = pathlib.Path(directory.name)
        self.sandboxes = [Sandbox(self.home / name, self.delay) for name in ("us", "eu")]
        for name, sandbox in zip(("us", "eu"), self.sandboxes):
            self.addCleanup(sandbox.stop)
            path = self.home / f"{name}.token"
            path.write_text(sandbox.said["DATABRICKS_TOKEN"])
            path.chmod(0o600)
        self.env = {"PATH": os.environ["PATH"], "HOME": str(self.home),
                    "XDG_STATE_HOME": str(self.home),
                    **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}}

    def configure(self, more=BOTH, fixed=FIXED):
        path = self.home / "lakehost.conf"
        path.write_text(CONF.format(*(s.said["DATABRICKS_HOST"] for s in self.sandboxes),
                                    self.home, more, fixed))
        return [LAKEHOST, "--config", str(path), "--set", "plugins.enabled=data"]

    def command(self, *words, more=BOTH, fixed=FIXED):
        return subprocess.run([*self.configure(more, fixed), *words], capture_output=True, text=True,
                              env=self.env, timeout=PATIENCE, stdin=subprocess.DEVNULL,
                              check=False)

    def serve(self, more=BOTH):
        log = open(self.home / "log", "w+")
        self.addCleanup(log.close)
        process = subprocess.Popen([*self.configure(more), "--set", "limits.drain_ms=0"], env=self.env,
                                   stdin=subprocess.DEVNULL, stderr=log)
        self.addCleanup(process.wait, PATIENCE)
        self.addCleanup(process.terminate)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and process.poll() is None:
            found = re.search(r"http://127.0.0.1:(\d+)", (self.home / "log").read_text())
            if found:
                return int(found[1])
            time.sleep(0.02)
        raise AssertionError((self.home / "log").read_text())

    def ask(self, port, who, method, capabilities=None, **params):
        params["_meta"] = {PREFIX + "protocolVersion": "2026-07-28",
                           PREFIX + "clientCapabilities": capabilities or {}}
        headers = {"Content-Type": "application/json", "X-User": who, "Mcp-Method": method,
                   "Accept": "application/json, text/event-stream",
                   "MCP-Protocol-Version": "2026-07-28"}
        if "name" in params or "taskId" in params:
            headers["Mcp-Name"] = params.get("name") or params["taskId"]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        connection.request("POST", "/mcp", json.dumps(
            {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}), headers)
        data = connection.getresponse().read()
        connection.close()
        return json.loads(data.strip().split(b"data: ")[-1])["result"]

    def call(self, port, who, tool, **arguments):
        result = self.ask(port, who, "tools/call", name=tool, arguments=arguments)
        return "\n".join(b.get("text", "") for b in result["content"]), result.get("isError", False)

    def make_table(self, port, who, **where):
        text, failed = self.call(port, who, "execute_sql", sql_query="CREATE TABLE "
                                 "main.default.only_here (a INT)", **where)
        self.assertFalse(failed, text)

    def test_argument_exists_only_where_there_are_several(self):
        one = json.loads(self.command("tools", "--json", more="", fixed="").stdout)
        two = json.loads(self.command("tools", "--json").stdout)
        for tools, there in ((one, False), (two, True)):
            for tool in tools["tools"]:
                if tool["name"] == "get_server_info":
                    continue
                with self.subTest(tool=tool["name"], there=there):
                    given = tool["inputSchema"]["properties"].get("workspace")
                    self.assertEqual(given is not None, there)
                    if there:
                        self.assertEqual(given["enum"], ["workspace", "eu"])
                        self.assertNotIn("workspace", tool["inputSchema"].get("required", []))

    def test_calls_choose(self):
        port = self.serve()
        self.make_table(port, "ann", workspace="eu")
        for where, there in (({}, False), ({"workspace": "workspace"}, False),
                             ({"workspace": "eu"}, True)):
            text, failed = self.call(port, "ann", "list_tables", catalog_name="main",
                                     schema_name="default", **where)
            self.assertFalse(failed, text)
            self.assertEqual("only_here" in text, there, text)
            self.assertEqual('From workspace "eu"' in text, there)
        text, failed = self.call(port, "ann", "list_catalogs", workspace="mars")
        self.assertTrue(failed)
        self.assertIn("workspace", text)

    def test_principal_is_fixed(self):
        port = self.serve()
        self.make_table(port, "eve")
        for who, where, there in (("eve", {}, True), ("eve", {"workspace": "eu"}, True),
                                  ("ann", {}, False)):
            text, _ = self.call(port, who, "list_tables", catalog_name="main",
                                schema_name="default", **where)
            self.assertEqual("only_here" in text, there, text)
        text, failed = self.call(port, "eve", "list_tables", catalog_name="main",
                                 schema_name="default", workspace="workspace")
        self.assertTrue(failed)
        self.assertIn('The calls of eve use the workspace "eu" only', text)

    def test_task_stays_in_its_workspace(self):
        port = self.serve()
        result = self.ask(port, "ann", "tools/call", TASKS, name="execute_sql", arguments={
            "sql_query": "SELECT 4711 AS answer", "workspace": "eu",
            "warehouse_id": "Reporting Warehouse"})  # it is stopped
        self.assertEqual(result["resultType"], "task", result)
        end = time.monotonic() + PATIENCE
        while result.get("status", "working") == "working" and time.monotonic() < end:
            result = self.ask(port, "ann", "tasks/get", TASKS, taskId=result["taskId"])
        self.assertEqual(result["status"], "completed", result)
        self.assertIn("4711", json.dumps(result))

    def test_rules_of_one_workspace(self):
        port = self.serve(BOTH + 'policy = { access = "admin"; rules = ( '
                          '{ workspaces = [ "eu" ]; access = "read"; } ); };')
        table = "CREATE TABLE main.default.only_here (a INT)"
        for who, where, allowed in (("ann", {}, True), ("ann", {"workspace": "eu"}, False),
                                    ("eve", {}, False)):
            with self.subTest(who=who, where=where):
                text, failed = self.call(port, who, "execute_sql", sql_query=table, **where)
                self.assertEqual(failed, not allowed, text)
                text, failed = self.call(port, who, "execute_sql", sql_query="SELECT 1", **where)
                self.assertFalse(failed, text)
        run = self.command("policy", "show", "--principal", "eve", more=BOTH + (
            'policy = { rules = ( { workspaces = [ "eu" ]; access = "read"; } ); };'))
        self.assertRegex(run.stdout, r"policy.rules\[0\]\s+only in workspaces\s+eu")

    def test_doctor_looks_at_each(self):
        out = self.command("doctor").stdout
        for line in ("upstream workspace, identity: ok", "upstream eu, identity: ok",
                     "plugin data at upstream workspace, probe: ok",
                     "plugin data at upstream eu, probe: ok"):
            self.assertIn(line, out)

    def test_faults(self):
        for more, why in (('workspaces = [ "workspace", "mars" ];', "there is no upstreams.mars"),
                          ('workspaces = [ "eu" ];', '"workspace" must be one of them'),
                          (BOTH + 'policy = { rules = ( { workspaces = [ "mars" ]; '
                           'access = "read"; } ); };', "there is no upstreams.mars"),
                          ("", 'the workspace "eu" of eve is not in the list workspaces')):
            run = self.command("check", more=more)
            self.assertNotEqual(run.returncode, 0)
            self.assertIn(why, run.stdout + run.stderr)


if __name__ == "__main__":
    LAKEHOST, SANDBOX = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main()
