#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line of the host as a user meets it: plain on a pipe, for people on a terminal.

    tests/wire/command_line.py LAKEHOST FIXTURE.so PLUGINS-FOLDER LAKEHOST-SANDBOX ETC-FOLDER
        [unittest options]
"""
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
import unittest

PATIENCE = 60  # seconds until a test gives up; nothing is timed
LAKEHOST = FIXTURE = PLUGINS = SANDBOX = ETC = None


class Workspace:
    """The sandbox, once for all tests."""

    def __init__(self, folder):
        self.process = subprocess.Popen([SANDBOX, "--listen", "127.0.0.1:0", "--data", folder],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.env = {}
        while "DATABRICKS_TOKEN" not in self.env:
            line = self.process.stdout.readline()
            if line == "":
                raise SystemExit("the sandbox did not start")
            name, _, value = line.strip().partition("=")
            self.env[name] = value

    def end(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


class Terminal:
    """The command on a terminal of 60 columns."""

    def __init__(self, command, env):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(command[0], command, env)
        self.text = ""

    def read(self):
        """False at the end."""
        if not select.select([self.fd], [], [], PATIENCE)[0]:
            raise AssertionError(f"nothing more comes after: {self.text}")
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # how Linux says that the other side is closed
            data = b""
        self.text += data.decode(errors="replace")
        return data != b""

    def until(self, pattern):
        while not re.search(pattern, self.text):
            if not self.read():
                raise AssertionError(f"ended before {pattern!r}: {self.text}")

    def type(self, line):
        os.write(self.fd, line.encode())

    def end(self):
        while self.read():
            pass
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class CommandLine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.top = tempfile.TemporaryDirectory()
        cls.workspace = Workspace(f"{cls.top.name}/workspace")

    @classmethod
    def tearDownClass(cls):
        cls.workspace.end()
        cls.top.cleanup()

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=self.top.name))
        shutil.copytree(ETC, self.folder / "etc", ignore=lambda *_: ["plugins-enabled"])
        self.env = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "TERM": "xterm",
                    **{name: value for name, value in os.environ.items() if "SAN_OPT" in name},
                    **self.workspace.env}

    def command(self, *words):
        return [LAKEHOST, "--config", str(self.folder / "etc" / "lakehost.conf"),
                "--set", f"plugins.directories={PLUGINS}", *words]

    def run_command(self, command, status=0):
        result = subprocess.run(command, env=self.env, stdin=subprocess.DEVNULL, text=True,
                                capture_output=True, timeout=PATIENCE, check=False)
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        return result

    def lakehost(self, *words, status=0):
        return self.run_command(self.command(*words), status)

    def fixture(self, *words):
        """The host with the test plugin, whose names may be longer."""
        return [LAKEHOST, "--set", f"plugins.directories={os.path.dirname(FIXTURE)}", "--set",
                "plugins.enabled=fixture", "--set", "plugins.name_length=64",
                "--set", "plugins.isolation=none", *words]

    # ---- the command itself ----

    def test_help(self):
        text = self.run_command([LAKEHOST, "--help"]).stdout
        commands = re.findall(r"^  ([a-z-]+) {2,}", text, re.MULTILINE)
        self.assertIn("client-config", commands)
        for command in commands:
            if not command.startswith("-"):
                usage = self.run_command([LAKEHOST, command, "--help"]).stdout
                self.assertRegex(usage, rf"^Usage: lakehost .*{command}")
        for option in "--version", "-v":
            self.assertRegex(self.run_command([LAKEHOST, option]).stdout,
                             r"^lakehost \d+\.\d+\.\d+ \(plugin ABI 1\.\d+\)\n$")
        self.assertEqual(self.run_command([LAKEHOST, "-h"]).stdout,
                         self.run_command([LAKEHOST, "--help"]).stdout)

    def test_wrong_words(self):
        for words, why in ((["frobnicate"], "unknown command: frobnicate"),
                           (["chek"], 'unknown command: chek; did you mean "check"?'),
                           (["--read-onyl"], 'did you mean "--read-only"?'),
                           (["client-config", "curser"], 'did you mean "cursor"?'),
                           (["--frobnicate"], "unknown option: --frobnicate"),
                           (["check", "--config"], "the option needs a value: --config"),
                           (["check", "--json"], "does not take the option: json"),
                           (["check", "more"], "too many arguments"),
                           (["call"], "an argument is missing"),
                           (["plugin", "lost"], "Usage: lakehost plugin"),
                           (["plugin", "enable", "../x"], "not a valid plugin name"),
                           (["client-config", "netscape"], "unknown client")):
            with self.subTest(words):
                self.assertIn(why, self.run_command([LAKEHOST, *words], status=2).stderr)

    def test_check(self):
        text = self.lakehost("check").stdout
        self.assertRegex(text, r"lakehost\.conf: ok\n")
        self.assertIn(self.env["DATABRICKS_HOST"], text)
        self.assertIn("DATABRICKS_TOKEN", text)
        self.assertNotIn(self.env["DATABRICKS_TOKEN"], text)
        self.assertRegex(text, r"(?m)^plugin data .*: ok$")

    def test_check_faults(self):
        (self.folder / "etc" / "lakehost.conf").write_text(
            "server = {\n\tworkers = \"many\";\n};\nsevrer = { };\n")
        text = self.lakehost("check", status=1).stderr
        self.assertRegex(text, r"lakehost\.conf:2: .*workers")
        self.assertRegex(text, r"lakehost\.conf:4: .*sevrer")
        self.assertIn("upstreams.workspace.token", self.lakehost(
            "--set", "upstreams.workspace.token=dapi123", "check", status=1).stderr)

    def test_check_refused_plugin(self):
        (self.folder / "broken.so").write_bytes(b"\x7fELF and no more")
        text = self.run_command([LAKEHOST, "--set", f"plugins.directories={self.folder}",
                                 "--set", "plugins.enabled=broken", "check"], status=1).stdout
        self.assertRegex(text, r"plugin broken: fault: refused: ")

    # ---- plugins ----

    def test_plugin_list(self):
        lines = self.lakehost("plugin", "list").stdout.splitlines()
        rows = {row[0]: row for row in (line.split("\t") for line in lines[1:])}
        self.assertEqual(lines[0].split("\t")[:4], ["plugin", "version", "state", "tools"])
        self.assertEqual(rows["compute"][2], "enabled")
        self.assertEqual(rows["secret-values"][2], "available")

    def states(self):
        lines = self.lakehost("plugin", "list").stdout.splitlines()[1:]
        return {line.split("\t")[0]: line.split("\t")[2] for line in lines}

    def test_plugin_enable(self):
        before = self.states()
        self.assertEqual(before["secrets"], "available")
        self.lakehost("plugin", "enable", "secrets")
        # those that were enabled without a word about it stay so
        self.assertEqual(self.states(), {**before, "secrets": "enabled"})
        self.assertIn("is enabled", self.lakehost("plugin", "enable", "secrets").stdout)
        self.lakehost("plugin", "disable", "secrets")
        self.assertEqual(self.states(), before)
        self.assertIn("was not enabled", self.lakehost("plugin", "disable", "secrets").stdout)
        self.assertIn('there is no plugin "nothing"',
                      self.lakehost("plugin", "enable", "nothing", status=1).stderr)

    def enabled_files(self):
        folder = self.folder / "etc" / "plugins-enabled"
        return sorted(os.listdir(folder)) if folder.exists() else None

    def test_plugin_switch_of_unknown(self):
        for verb in "enable", "disable":
            result = self.lakehost("plugin", verb, "dta", status=1)
            self.assertIn('there is no plugin "dta"', result.stderr)
            self.assertIn('Did you mean "data"?', result.stderr)
            self.assertIsNone(self.enabled_files())
        self.assertIn('did you mean "plugin enable"', self.lakehost(
            "plugin", "enabel", "data", status=2).stderr)

    def test_plugin_enable_makes_no_others(self):
        before = self.states()
        self.lakehost("plugin", "enable", "secrets")
        self.assertEqual(self.enabled_files(), ["default.conf", "secrets.conf"])
        self.lakehost("plugin", "disable", "data")  # one of the defaults: now all are named
        self.assertEqual(self.states(), {**before, "secrets": "enabled", "data": "available"})
        self.assertNotIn("default.conf", self.enabled_files())

    def of_a_vendor(self, *words):
        """A plugin without a file in plugins-available."""
        return [LAKEHOST, "--config", str(self.folder / "etc" / "lakehost.conf"), "--set",
                f"plugins.directories={os.path.dirname(FIXTURE)}", "--set",
                "plugins.name_length=64", *words]

    def test_plugin_enable_writes_a_file(self):
        text = self.run_command(self.of_a_vendor("plugin", "enable", "fixture")).stdout
        self.assertIn("plugins-available/fixture.conf was written", text)
        written = (self.folder / "etc" / "plugins-available" / "fixture.conf").read_text()
        self.assertIn("# Plugin fixture ", written)
        self.assertTrue(all(line == "" or line.startswith("#") for line in written.splitlines()))
        uncommented = re.sub(r"(?m)^#(?! )", "", written)
        self.assertRegex(uncommented, r"(?m)^isolation = ")
        text = self.run_command(self.of_a_vendor("check")).stdout
        self.assertRegex(text, r"(?m)^plugin fixture .*: ok$")

    def test_each_key_of_a_plugins_file_can_be_uncommented(self):
        folder = self.folder / "etc" / "plugins-available"
        for path in sorted(folder.glob("*.conf")):
            text = path.read_text()
            for key in re.finditer(r"^#(\w+) = (?:[^;{]*;|\{[^}]*\};)\n", text, re.MULTILINE):
                part = re.sub("^#", "", key[0], flags=re.MULTILINE)
                path.write_text(text[:key.start()] + part + text[key.end():])
                with self.subTest(path.name, key=key[1]):
                    self.assertIn(f"plugin {path.stem} ", self.lakehost(
                        "--set", "plugins.enabled=" + path.stem, "check").stdout)
            path.write_text(text)

    def test_plugin_enable_that_fails_leaves_nothing(self):
        (self.folder / "etc" / "plugins-available").rename(self.folder / "etc" / "gone")
        (self.folder / "etc" / "plugins-available").write_text("in the way")
        self.run_command(self.of_a_vendor("plugin", "enable", "fixture"), status=1)
        self.assertIsNone(self.enabled_files())

    def test_plugin_enabled_by_the_main_file(self):
        result = self.lakehost("--set", "plugins.enabled=data", "plugin", "disable", "data",
                               status=1)
        self.assertIn("enabled by plugins.enabled", result.stderr)

    def test_plugin_of_a_user(self):
        home = self.folder / ".config" / "lakehost"
        home.mkdir(parents=True)
        (home / "lakehost.conf").write_text("")
        own = [LAKEHOST, "--set", f"plugins.directories={PLUGINS}"]
        self.run_command([*own, "plugin", "enable", "secrets"])
        self.assertTrue((home / "plugins-enabled" / "secrets.conf").exists())
        self.assertRegex(self.run_command([*own, "plugin", "list"]).stdout,
                         r"(?m)^secrets\t\S+\tenabled\t")

    def test_isolation_of_the_main_file(self):
        for setting, expected in (("process", "process"), ("none", "none"), ("", "none")):
            lines = self.lakehost("--set", f"plugins.isolation={setting}", "plugin",
                                  "list").stdout.splitlines()
            rows = {line.split("\t")[0]: line.split("\t")[4] for line in lines[1:]}
            self.assertEqual(rows["data"], expected)

    def test_plugin_options_by_set(self):
        text = self.lakehost("--set", "plugins.data.options.spool_rows=200", "check").stdout
        self.assertRegex(text, r"(?m)^plugin data .*: ok$")
        text = self.lakehost("--set", "plugins.data.options.spool_rows=5", "check",
                             status=1).stdout
        self.assertRegex(text, r"(?m)^plugin data .*spool_rows: 5 is less than the minimum 100")
        text = self.lakehost("--set", "plugins.data.options.spool=5", "check", status=1).stdout
        self.assertRegex(text, r': --set plugins.data.options.spool: unknown option "spool"; '
                               r'did you mean "spool_rows"\?[^()]*\n')
        conf = self.folder / "etc" / "plugins-available" / "data.conf"
        conf.write_text('isolation = "none";\noptions = {\n  spool = 1;\n};\n')
        text = self.lakehost("check", "--set", "plugins.enabled=data", status=1).stdout
        self.assertRegex(text, r'data\.conf:3: unknown option "spool"; '
                               r'did you mean "spool_rows"\?[^()]*\n')
        text = self.lakehost("--set", "plugins.dta.options.x=5", "check", status=1).stderr
        self.assertIn('there is no plugin "dta"', text)

    def test_tools_without_permission_are_not_offered(self):
        conf = self.folder / "etc" / "plugins-available" / "compute.conf"
        conf.write_text('isolation = "none";\n'
                        'permissions = [ "GET /api/2.1/clusters/list", "GET /api/2.1/clusters/get" ];')
        for isolation in "none", "process":
            names = {line.split("\t")[0] for line in self.lakehost(
                "--set", f"plugins.isolation={isolation}", "tools").stdout.splitlines()}
            self.assertLessEqual({"list_clusters", "get_cluster_details", "list_jobs"}, names)
            self.assertTrue(names.isdisjoint({"start_cluster", "terminate_cluster",
                                              "list_cluster_events"}))
        self.assertIn("unknown tool", self.lakehost("call", "start_cluster", "cluster_id=x",
                                                    status=1).stderr)
        self.assertIn("permissions in the plugin's file do not allow", self.lakehost(
            "call", "start_cluster", "cluster_id=x", status=1).stderr)
        self.assertNotIn("/events", self.lakehost("resources").stdout)
        text = self.lakehost("check").stdout
        self.assertRegex(text, r"(?m)^plugin compute .*: warning: start_cluster is not offered: ")

    def test_two_plugins_with_one_name(self):
        conf = self.folder / "etc" / "plugins-available" / "ml.conf"
        conf.write_text('rename = { list_registered_models = "list_tables"; };\n')
        text = self.lakehost("check", status=1).stdout
        self.assertRegex(text, r'plugin ml .*tool list_tables: "list_tables" is already used by data; '
                               r'set prefix = "ml_"; or rename')
        conf.write_text('prefix = "ml_";\nrename = { list_vector_indexes = "indexes"; };\n')
        names = {line.split("\t")[0] for line in self.lakehost("tools").stdout.splitlines()}
        self.assertLessEqual({"ml_list_registered_models", "indexes", "list_tables"}, names)
        self.assertIn("model", self.lakehost("call", "ml_list_registered_models").stdout)
        self.assertIn("model", self.lakehost("call", "list_registered_models").stdout)
        conf.write_text('rename = { no_such_tool = "x"; };\n')
        self.assertIn('rename: there is no tool or prompt "no_such_tool"',
                      self.lakehost("check", status=1).stdout)

    def test_tools_of_an_operation_are_renamed_with_it(self):
        self.run_command(self.of_a_vendor("plugin", "enable", "fixture"))
        conf = self.folder / "etc" / "plugins-available" / "fixture.conf"
        conf.write_text('prefix = "x_";\nrename = { get_report = "report_of"; };\n')
        names = {line.split("\t")[0] for line in
                 self.run_command(self.of_a_vendor("tools")).stdout.splitlines()}
        self.assertLessEqual({"x_write_report", "report_of", "x_cancel_report"}, names)
        text = self.run_command(self.of_a_vendor(
            "call", "x_write_report", "polls=1", "wait_s=0")).stdout
        self.assertRegex(text, r"(?m)^To stop the operation: x_cancel_report with the same handle")
        handle = re.search(r"(?m)^Next: report_of handle=(\S+)", text)[1]
        self.assertRegex(self.run_command(self.of_a_vendor("plugin", "inspect", "fixture")).stdout,
                         r"(?m)^ +get_report \(write; result of write_report\)$")
        text = self.run_command(self.of_a_vendor("call", "report_of", "handle=" + handle)).stdout
        self.assertIn("The report is ready", text)

    def test_plugin_disable_first(self):
        before = self.states()
        self.lakehost("plugin", "disable", "ml")
        self.assertEqual(self.states(), {**before, "ml": "available"})

    def test_plugin_inspect(self):
        text = self.lakehost("plugin", "inspect", "compute").stdout
        self.assertRegex(text, r"(?m)^permissions +GET /api/2\.")
        self.assertRegex(text, r"start_cluster \(write\)")
        self.assertEqual(text, self.lakehost("plugin", "inspect", f"{PLUGINS}/compute.so").stdout)
        manifest = json.loads(self.lakehost("plugin", "inspect", "compute", "--json").stdout)
        self.assertEqual(manifest["plugin"]["name"], "compute")
        self.assertIn("No such file",
                      self.lakehost("plugin", "inspect", "./nothing", status=1).stderr)
        self.assertIn('there is no plugin "dta" in',
                      self.lakehost("plugin", "inspect", "dta", status=1).stderr)
        self.assertIn("lakehost plugin list",
                      self.lakehost("plugin", "inspect", "quite-another", status=1).stderr)

    # ---- tools, call, read ----

    def test_tools(self):
        lines = self.lakehost("tools").stdout.splitlines()
        effects = dict(line.split("\t")[:2] for line in lines[1:])
        self.assertEqual(effects["list_clusters"], "read")
        self.assertEqual(effects["start_cluster"], "write")
        self.assertEqual(effects["terminate_cluster"], "destructive")
        tools = json.loads(self.lakehost("tools", "--json").stdout)["tools"]
        self.assertEqual([tool["name"] for tool in tools], list(effects))
        self.assertTrue(all(tool["inputSchema"]["type"] == "object" for tool in tools))

    def test_prompts_and_resources(self):
        lines = self.lakehost("prompts").stdout.splitlines()
        self.assertEqual(lines[0], "prompt\targuments\tabout")
        prompts = json.loads(self.lakehost("prompts", "--json").stdout)["prompts"]
        self.assertEqual([line.split("\t")[0] for line in lines[1:]],
                         [prompt["name"] for prompt in prompts])
        lines = self.lakehost("resources").stdout.splitlines()
        self.assertIn("databricks://clusters/{cluster_id}",
                      [line.split("\t")[0] for line in lines])
        both = json.loads(self.lakehost("resources", "--json").stdout)
        self.assertEqual(len(lines) - 1,
                         len(both["resources"]) + len(both["resourceTemplates"]))

    def test_tools_as_a_page(self):
        page = self.lakehost("tools", "--markdown").stdout
        headings = re.findall(r"(?m)^### (\S+)$", page)
        tools = json.loads(self.lakehost("tools", "--json").stdout)["tools"]
        # also those of plugins that nobody has enabled
        self.assertLessEqual({tool["name"] for tool in tools} | {"get_secret"}, set(headings))
        for tool in tools:
            part = page.split(f"\n### {tool['name']}\n")[1].split("\n##")[0]
            for name in tool["inputSchema"].get("properties", {}):
                self.assertIn(f"| `{name}`", part)

    def test_read_only(self):
        text = self.lakehost("--read-only", "tools").stdout
        self.assertIn("list_clusters", text)
        self.assertNotIn("start_cluster", text)
        self.lakehost("call", "start_cluster", "cluster_id=x", "--read-only", status=1)

    def test_call(self):
        pairs = self.lakehost("call", "preview_table", "catalog_name=main", "schema_name=sales",
                              "table_name=orders", "row_limit=2").stdout
        whole = self.lakehost("call", "preview_table", json.dumps(
            {"catalog_name": "main", "schema_name": "sales", "table_name": "orders",
             "row_limit": 2})).stdout

        def rows(text):
            return [line for line in text.splitlines() if "\t" in line]
        self.assertEqual(len(rows(pairs)), 3)
        self.assertEqual(rows(pairs), rows(whole))
        self.assertIn("limit: 5000 is more than the maximum 100, which was used instead.",
                      self.lakehost("call", "list_jobs", "limit=5000").stdout)
        self.assertIn("1\n2\n", self.lakehost("call", "execute_sql", "sql_query=VALUES (1), (2)",
                                              "format=CSV", "row_limit=\"2\"").stdout)
        result = json.loads(self.lakehost("call", "list_catalogs", "--json").stdout)
        self.assertIn("samples", result["content"][0]["text"])

    def test_call_of_a_tool_that_is_not_offered(self):
        def why(*words):
            return self.lakehost(*words, status=1).stderr
        self.assertIn('a tool of plugin compute and needs policy.access "write". The configured access is "read"',
                      why("--read-only", "call", "start_cluster", "cluster_id=x"))
        self.assertIn('a tool of plugin secrets, which is not enabled. Run "lakehost plugin enable '
                      'secrets"', why("call", "list_secret_scopes"))
        self.assertIn("a tool of plugin data, which was refused", why(
            "--set", "plugins.data.options.spool=5", "call", "execute_sql", "sql_query=SELECT 1"))
        self.assertNotIn("It is a tool", why("call", "nothing"))

    def test_check_of_a_plugin_without_access(self):
        enabled = "--set", "plugins.enabled=secret-values"
        text = self.lakehost(*enabled, "check").stdout
        self.assertRegex(text, r'(?m)^plugin secret-values .*: warning: no tool of this plugin is offered'
                               r': all need more access than policy\.access "write"$')
        text = self.lakehost(*enabled, "--set", "policy.access=admin", "check").stdout
        self.assertNotIn("no tool of this plugin is offered", text)

    def test_doctor_tells_a_fault_once(self):
        self.env["DATABRICKS_TOKEN"] = "dapi-invalid"
        text = self.lakehost("doctor", status=1).stdout
        self.assertIn("the credential was rejected", text)
        self.assertRegex(text, r"(?m)^plugin data, probe: not checked: ")
        self.assertRegex(text, r"(?m)^1 fault$")
        self.env["DATABRICKS_HOST"] = "http://127.0.0.1:1"
        text = self.lakehost("doctor", status=1).stdout
        self.assertRegex(text, r"(?m)^upstream workspace, identity: fault: no connection to ")
        self.assertRegex(text, r"(?m)^1 fault$")

    def test_call_errors(self):
        text = self.lakehost("call", "get_cluster_details", "cluster_id=sandbox-runing",
                             status=1).stdout
        self.assertIn("Did you mean: sandbox-running?", text)
        self.assertIn("row_limit", self.lakehost("call", "execute_sql", "sql_query=SELECT 1",
                                                 "row_limit=many", status=1).stdout)
        self.assertIn("unknown tool", self.lakehost("call", "nothing", status=1).stderr)
        self.assertIn("did you mean \"list_sql_warehouses\"?",
                      self.lakehost("call", "list_warehouses", status=1).stderr)
        self.assertIn("not valid JSON",
                      self.lakehost("call", "list_catalogs", "{'a':1}", status=1).stderr)
        self.assertIn("is not KEY=VALUE and not",
                      self.lakehost("call", "list_catalogs", "word", status=1).stderr)
        self.assertIn("the client cannot ask", self.run_command(
            self.fixture("call", "test_elicitation", "message=Who?"), status=1).stdout)

    def test_read(self):
        text = self.run_command(self.fixture("read", "test://static-text")).stdout
        self.assertEqual(text, "This is the content of the static text resource.")
        image = self.folder / "image"
        self.run_command(self.fixture("read", "test://static-binary", "--output", str(image)))
        self.assertTrue(image.read_bytes().startswith(b"\x89PNG"))
        again = self.run_command(self.fixture("read", "test://static-binary", "--output",
                                              str(image)), status=1)
        self.assertIn("File exists", again.stderr)
        self.assertIn("no resource test://nothing; \"lakehost resources\"", self.run_command(
            self.fixture("read", "test://nothing"), status=1).stderr)
        result = self.run_command(self.fixture("read", "test://static-text", "--json"))
        self.assertEqual(json.loads(result.stdout)["contents"][0]["text"], text)

    CLIENTS = {"claude-code": ("mcpServers", "url"), "claude-desktop": ("mcpServers", None),
               "cline": ("mcpServers", "url"), "copilot-cli": ("mcpServers", "url"),
               "cursor": ("mcpServers", "url"), "gemini": ("mcpServers", "httpUrl"),
               "jetbrains": ("mcpServers", "url"), "opencode": ("mcp", "url"),
               "vscode": ("servers", "url"), "windsurf": ("mcpServers", "serverUrl"),
               "zed": ("context_servers", "url")}
    URL = "http://127.0.0.1:8765/mcp"

    def test_client_config(self):
        for client, (member, _) in self.CLIENTS.items():
            with self.subTest(client):
                result = self.lakehost("--read-only", "client-config", client, "--log-level",
                                       "debug")
                self.assertNotIn(self.env["DATABRICKS_TOKEN"], result.stdout + result.stderr)
                server = json.loads(result.stdout)[member]["lakehost"]
                words = server["command"] if client == "opencode" else \
                    [server["command"], *server["args"]]
                self.assertEqual(words, [
                    os.path.realpath(LAKEHOST), "--config",
                    str(self.folder / "etc" / "lakehost.conf"), "--set",
                    f"plugins.directories={PLUGINS}", "--read-only", "--log-level", "debug"])

    def test_client_config_environment(self):
        self.env["DATABRICKS_WAREHOUSE_ID"] = "w1"
        for client, reference in (("copilot-cli", "${%s}"), ("cursor", "${env:%s}"),
                                  ("gemini", "$%s"), ("windsurf", "${env:%s}"),
                                  ("opencode", "{env:%s}")):
            text = self.run_command([LAKEHOST, "client-config", client]).stdout
            server = json.loads(text)[self.CLIENTS[client][0]]["lakehost"]
            env = server["environment" if client == "opencode" else "env"]
            self.assertEqual(env, {name: reference % name for name in (
                "DATABRICKS_HOST", "DATABRICKS_TOKEN", "DATABRICKS_WAREHOUSE_ID")})
        for client in "claude-desktop", "cline", "jetbrains":  # which know no references
            result = self.run_command([LAKEHOST, "client-config", client])
            self.assertEqual(json.loads(result.stdout)["mcpServers"]["lakehost"]["env"],
                             {"DATABRICKS_HOST": self.env["DATABRICKS_HOST"],
                              "DATABRICKS_WAREHOUSE_ID": "w1"})
            self.assertIn("does not pass DATABRICKS_TOKEN on", result.stderr)
        for client in "claude-code", "vscode", "zed":  # which pass their own on
            self.assertNotIn("DATABRICKS", self.run_command(
                [LAKEHOST, "client-config", client]).stdout)

    def test_client_config_texts(self):
        names = ["DATABRICKS_HOST", "DATABRICKS_TOKEN"]
        server = tomllib.loads(self.run_command([LAKEHOST, "client-config", "codex"]).stdout)
        self.assertEqual(server["mcp_servers"]["lakehost"], {
            "command": os.path.realpath(LAKEHOST), "args": [], "env_vars": names})
        server = tomllib.loads(self.run_command([LAKEHOST, "client-config", "codex", "--url",
                                                 self.URL]).stdout)
        self.assertEqual(server["mcp_servers"]["lakehost"], {"url": self.URL})
        text = self.run_command([LAKEHOST, "--read-only", "client-config", "goose"]).stdout
        self.assertIn('extensions:\n  lakehost:\n    enabled: true\n', text)
        self.assertIn('    args: [ "--read-only" ]\n', text)
        self.assertIn(f'    env_keys: {json.dumps(names)[:1]} ', text)
        text = self.run_command([LAKEHOST, "client-config", "goose", "--url", self.URL]).stdout
        self.assertIn(f'    type: "streamable_http"\n    uri: "{self.URL}"\n', text)

    def test_client_config_url(self):
        for client, (member, key) in self.CLIENTS.items():
            command = [LAKEHOST, "client-config", client, "--url"]
            if key is None:
                self.assertIn("supports stdio only",
                              self.run_command([*command, self.URL], status=2).stderr)
                continue
            server = json.loads(self.run_command([*command, self.URL]).stdout)[member]["lakehost"]
            self.assertEqual(server[key], self.URL)
            self.assertNotIn("command", server)
            for url in "foo", "127.0.0.1:8765", "ftp://host/mcp", "http://", "http://a b/":
                result = self.run_command([*command, url], status=2)
                self.assertIn(f"--url {url} is not valid", result.stderr)
                self.assertEqual(result.stdout, "")

    def test_client_config_secret(self):
        result = self.run_command([LAKEHOST, "--set", "upstreams.workspace.token=dapi1",
                                   "client-config", "cursor"], status=2)
        self.assertEqual(result.stdout, "")
        self.assertIn("--set upstreams.workspace.token: the value of a secret", result.stderr)
        self.assertNotIn("dapi1", result.stderr)

    # ---- on a terminal ----

    def terminal(self, command):
        return Terminal(["/bin/sh", "-c", 'stty cols 60 rows 20; exec "$@"', "sh", *command],
                        self.env)

    def test_table_on_a_terminal(self):
        for command, head in ((["call", "list_clusters"], "cluster_id"), (["tools"], "tool"),
                              (["plugin", "list"], "plugin")):
            with self.subTest(command):
                terminal = self.terminal(self.command(*command))
                self.assertEqual(terminal.end(), 0)
                self.assertIn(f"\x1b[1m{head} ", terminal.text)
                self.assertNotIn("\t", terminal.text)
                self.assertIn("…", terminal.text)
                lines = re.sub(r"\x1b\[\d+m", "", terminal.text).splitlines()
                self.assertLessEqual(max(len(line) for line in lines), 60)

    def test_binary_on_a_terminal(self):
        terminal = self.terminal(self.fixture("read", "test://static-binary"))
        self.assertEqual(terminal.end(), 0)
        self.assertIn("[test://static-binary, binary; --output FILE saves it]", terminal.text)
        terminal = self.terminal(self.fixture("call", "test_image_content"))
        self.assertEqual(terminal.end(), 0)
        self.assertIn("[image image/png]", terminal.text)

    def test_without_a_command_on_a_terminal(self):
        terminal = self.terminal(self.command())
        terminal.until(r"speaks MCP on standard input.*\n.*lakehost check")
        terminal.type("\x04")
        self.assertEqual(terminal.end(), 0)

    def test_progress_on_a_terminal(self):
        terminal = self.terminal(self.fixture("call", "test_tool_with_progress"))
        self.assertEqual(terminal.end(), 0)
        self.assertRegex(terminal.text, r"\r\x1b\[K… \d+ % ")

    def test_question_on_a_terminal(self):
        ask = self.fixture("call", "test_elicitation", "message=Who are you?")
        for last, answer in (("y\n", '{"username":"ada","email":"ada@example.com"}'),
                             ("n\n", "(nothing)"), ("\x04", "(nothing)")):
            terminal = self.terminal(ask)
            terminal.until(r"Who are you\?")
            terminal.until(r"username.*: $")
            terminal.type("ada\n")
            terminal.until(r"email.*: $")
            terminal.type("ada@example.com\n")
            terminal.until(r"Send this answer\? \[y/N\]: $")
            terminal.type(last)
            self.assertEqual(terminal.end(), 0, terminal.text)
            self.assertIn(f"User response: {answer}", terminal.text)
        terminal = self.terminal(ask)
        terminal.until(r"username.*: $")
        terminal.type("\x04")
        self.assertEqual(terminal.end(), 0, terminal.text)
        self.assertIn("User response: (nothing)", terminal.text)

    def test_confirmation_on_a_terminal(self):
        for last, status, says in (("y", 0, "is TERMINATED|is TERMINATING"), ("n", 1, "did not confirm")):
            terminal = self.terminal(self.command("call", "terminate_cluster",
                                                  "cluster_id=sandbox-running"))
            terminal.until(r"Do this now.*: $")
            terminal.type("yes\n")
            terminal.until(r"\[y/N\]: $")
            terminal.type(f"{last}\n")
            self.assertEqual(terminal.end(), status, terminal.text)
            self.assertRegex(terminal.text, says)

    def test_defaults_and_choices(self):
        terminal = self.terminal(self.fixture("call", "test_elicitation_sep1034_defaults"))
        for prompt, line in ((r"name \[John Doe\]: $", ""), (r"age \[30\]: $", "old"),
                             (r"old\r\n  age \[30\]: $", "41"), (r"score \[95.5\]: $", "1.5"),
                             (r"status \[.*active.*\] \[active\]: $", "lost"),
                             (r"lost\r\n  status .*: $", "pending"),
                             (r"verified \[true\]: $", "no"), (r"\[y/N\]: $", "y")):
            terminal.until(prompt)
            terminal.type(f"{line}\n")
        self.assertEqual(terminal.end(), 0)
        self.assertIn('{"name":"John Doe","age":41,"score":1.5,"status":"pending",'
                      '"verified":false}', terminal.text)

    def test_interrupt(self):
        terminal = self.terminal(self.command("call", "execute_sql",
                                              "sql_query=SELECT sleep(600)", "wait_s=50"))
        terminal.until("… ")
        os.kill(terminal.pid, signal.SIGINT)
        self.assertEqual(terminal.end(), 130, terminal.text)
        self.assertIn("cancelled", terminal.text)


if __name__ == "__main__":
    if len(sys.argv) < 6:
        sys.exit(__doc__)
    LAKEHOST, FIXTURE, PLUGINS, SANDBOX, ETC = (os.path.abspath(sys.argv.pop(1))
                                                for _ in range(5))
    unittest.main(verbosity=2)
