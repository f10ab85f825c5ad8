#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A reload of a whole host: by SIGHUP and by "lakehost reload", with clients over HTTP and stdio.

    tests/wire/reload.py LAKEHOST FIXTURE.so SECRETS.so [unittest options]

RELOADS (50) is the number of reloads under load; with 1000 or more the memory is compared too.
"""
import fcntl
import http.client
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

PATIENCE = 120  # seconds until a test gives up; nothing is timed
RELOADS = int(os.environ.get("RELOADS", "50"))
MEMORY = 1 << 20  # by so much the host may grow between the 100th and the last reload
VERSION, LEGACY = "2026-07-28", "2025-11-25"
META = {"io.modelcontextprotocol/protocolVersion": VERSION,
        "io.modelcontextprotocol/clientCapabilities": {}}
LISTS = {f"notifications/{name}/list_changed" for name in ("tools", "prompts", "resources")}
LAKEHOST = FIXTURE = SECRETS = None


def request(method, params, number=1, meta=META):
    return {"jsonrpc": "2.0", "id": number, "method": method,
            "params": {**params, **({"_meta": meta} if meta else {})}}


class Client:
    """Modern requests over HTTP, one after the other."""

    def __init__(self, port, token=None):
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.headers = {"Content-Type": "application/json", "MCP-Protocol-Version": VERSION,
                        "Accept": "application/json, text/event-stream"}
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    def send(self, method, **params):
        name = {"Mcp-Name": params["name"]} if "name" in params else {}
        self.http.request("POST", "/mcp", json.dumps(request(method, params)),
                          {**self.headers, "Mcp-Method": method, **name})
        return self.http.getresponse()

    def ask(self, method, **params):
        reply = self.send(method, **params)
        return {**json.loads(reply.read()), "status": reply.status}

    def legacy_stream(self):
        """The lines of the stream for changes of a new legacy session (GET)."""
        headers = {key: value for key, value in self.headers.items()
                   if key != "MCP-Protocol-Version"}
        message = request("initialize", {"protocolVersion": LEGACY, "capabilities": {},
                                         "clientInfo": {"name": "r", "version": "1"}}, 1, None)
        self.http.request("POST", "/mcp", json.dumps(message), headers)
        reply = self.http.getresponse()
        reply.read()
        self.http.request("GET", "/mcp", headers={
            **headers, "Mcp-Session-Id": reply.getheader("Mcp-Session-Id"),
            "MCP-Protocol-Version": LEGACY})
        stream = self.http.getresponse()
        if stream.status != 200:
            raise AssertionError(stream.status)
        return stream

    def call(self, tool, **arguments):
        return self.ask("tools/call", name=tool, arguments=arguments)

    def tools(self):
        return {tool["name"]: tool for tool in self.ask("tools/list")["result"]["tools"]}

    def close(self):
        self.http.close()


def text_of(answer):
    return " ".join(block.get("text", "") for block in answer["result"]["content"])


class Later(threading.Thread):
    """A function whose result, or failure, is taken later."""

    def __init__(self, function):
        super().__init__(daemon=True)
        self.function, self.value, self.fault = function, None, None
        self.start()

    def run(self):
        try:
            self.value = self.function()
        except (OSError, http.client.HTTPException, ValueError, AssertionError) as fault:
            self.fault = fault

    def take(self):
        self.join(PATIENCE)
        if self.is_alive() or self.fault:
            raise AssertionError(f"no result: {self.fault}")
        return self.value


class Listen(threading.Thread):
    """An open subscriptions/listen; `messages` has what arrived, and None at its end."""

    def __init__(self, port, token=None, **what):
        super().__init__(daemon=True)
        self.client, self.messages = Client(port, token), queue.Queue()
        self.reply = self.client.send("subscriptions/listen", notifications={
            "toolsListChanged": True, "promptsListChanged": True, "resourcesListChanged": True,
            **what})
        if self.reply.status != 200:
            raise AssertionError(self.reply.read())
        self.start()
        if not self.messages.get(timeout=PATIENCE)["method"].endswith("acknowledged"):
            raise AssertionError("not acknowledged")

    def run(self):
        for line in self.reply:
            if line.startswith(b"data:"):
                self.messages.put(json.loads(line[5:]))
        self.messages.put(None)

    def next(self):
        return self.messages.get(timeout=PATIENCE)

    def until_end(self):
        return list(iter(self.next, None))


class Pipe:
    """A legacy client on stdio. Notifications are counted, answers are found by their id."""

    def __init__(self, process):
        self.process, self.answers, self.heard = process, {}, {}
        self.arrived, self.number = threading.Condition(), 0
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.ask("initialize", protocolVersion=LEGACY, capabilities={},
                 clientInfo={"name": "reload", "version": "1"})
        self.write({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def read(self):
        for line in self.process.stdout:
            message = json.loads(line)
            with self.arrived:
                if "id" in message:
                    self.answers[message["id"]] = message
                else:
                    method = message["method"]
                    self.heard[method] = self.heard.get(method, 0) + 1
                self.arrived.notify_all()

    def write(self, message):
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def ask(self, method, **params):
        with self.arrived:
            self.number += 1
            number = self.number
        self.write(request(method, params, number, None))
        with self.arrived:
            if not self.arrived.wait_for(lambda: number in self.answers, PATIENCE):
                raise AssertionError(f"no answer to {method}")
            return self.answers.pop(number)

    def call(self, tool, **arguments):
        return self.ask("tools/call", name=tool, arguments=arguments)

    def hears(self, method, times=1):
        with self.arrived:
            return self.arrived.wait_for(lambda: self.heard.get(method, 0) >= times, PATIENCE)


class Host:
    """A host with a configuration in a folder of its own, served over HTTP and, if asked, stdio."""

    def __init__(self, folder, isolation, more="", stdio=False, early=""):
        self.folder, self.more, self.early = pathlib.Path(folder), more, early
        self.plugins, self.enabled = self.folder / "plugins", self.folder / "plugins-enabled"
        self.plugins.mkdir()
        self.enabled.mkdir()
        (self.folder / "run").mkdir()
        self.isolation, self.stdio = isolation, stdio
        self.env = {**os.environ, "XDG_STATE_HOME": folder, "XDG_CONFIG_HOME": folder,
                    "HOME": folder, "XDG_RUNTIME_DIR": f"{folder}/run",
                    "DATABRICKS_HOST": "https://127.0.0.1:1", "DATABRICKS_TOKEN": "dapi" + "0123456789abcdef" * 2}
        self.env.pop("RUNTIME_DIRECTORY", None)
        self.install(FIXTURE, "fixture")
        self.install(SECRETS, "secrets")
        self.enable("fixture", greeting="one")
        self.configure()
        self.process = self.log = None

    def install(self, file, name, change=None):
        """Under its name at once, as a package manager does it."""
        data = pathlib.Path(file).read_bytes()
        if change:
            self.assert_once(data, change[0])
            data = data.replace(*change)
        new = self.plugins / "new"
        new.write_bytes(data)
        new.chmod(0o644)
        new.rename(self.plugins / f"{name}.so")

    @staticmethod
    def assert_once(data, text):
        if text not in data:
            raise AssertionError(f"{text} is not there")

    def enable(self, name, **options):
        words = "".join(f" {key} = {json.dumps(value)};" for key, value in options.items())
        self.replace(self.enabled / f"{name}.conf", f'isolation = "{self.isolation}";\n'
                     f"options = {{{words} }};\n")

    def disable(self, name):
        (self.enabled / f"{name}.conf").unlink()

    def configure(self, more=None):
        self.more = self.more if more is None else more
        stdio = "stdio = true;" if self.stdio else ""
        self.replace(self.folder / "lakehost.conf", f"""server = {{
  {stdio}
  listeners = ( {{ tcp = "127.0.0.1:0"; }} );
}};
plugins = {{ directories = [ "{self.plugins}" ]; name_length = 64; {self.early} }};
log = {{ format = "json"; }};
{self.more}
""")

    @staticmethod
    def replace(path, text):
        new = path.with_name("new")
        new.write_text(text, encoding="utf-8")
        new.rename(path)

    def start(self):
        self.log = open(self.folder / "log", "w+", encoding="utf-8")
        pipe = subprocess.PIPE if self.stdio else subprocess.DEVNULL
        self.process = subprocess.Popen([LAKEHOST, "--config", self.folder / "lakehost.conf"],
                                        stdin=pipe, stdout=pipe, stderr=self.log, text=True,
                                        env=self.env)
        self.port = int(self.wait_log(r"http://127\.0\.0\.1:(\d+)/")[1])
        self.wait(lambda: self.state("done"))
        return self

    def said(self):
        return (self.folder / "log").read_text(encoding="utf-8")

    def wait_log(self, pattern):
        return self.wait(lambda: re.search(pattern, self.said()))

    def wait(self, condition):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            value = condition()
            if value:
                return value
            if self.process.poll() is not None:
                break
            time.sleep(0.005)
        raise AssertionError(self.said()[-4000:])

    def state(self, key):
        try:
            text = (self.folder / f"run/lakehost/{self.process.pid}.host").read_text("utf-8")
        except FileNotFoundError:
            return None
        found = re.search(rf"^{key} (.*)$", text, re.MULTILINE)
        return found[1] if found and text.endswith("end\n") else None

    def reload(self):
        """By SIGHUP. The generation that serves afterwards."""
        before = int(self.wait(lambda: self.state("begun")))
        self.process.send_signal(signal.SIGHUP)
        self.wait(lambda: int(self.state("done") or 0) > before)
        return int(self.wait(lambda: self.state("generation")))

    def command(self, *words):
        return subprocess.run([LAKEHOST, *words], capture_output=True, text=True, env=self.env,
                              timeout=PATIENCE, check=False)

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def children(self):
        path = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return path.read_text(encoding="ascii").split()

    def memory(self):
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")

    def mapped(self):
        """How many copies of plugins' code the host has mapped."""
        with open(f"/proc/{self.process.pid}/maps", encoding="utf-8") as file:
            lines = [line for line in file if " r-xp " in line]
        return sum(bool(re.search(r"/(fixture|secrets)\.so|lakehost-plugin", line)) for line in lines)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE)
        if status != 0:
            raise AssertionError(f"{status}: {self.said()[-4000:]}")

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for stream in (self.log, self.process and self.process.stdin,
                       self.process and self.process.stdout):
            if stream:
                stream.close()


class Rig(unittest.TestCase):
    def host(self, isolation="none", **options):
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        host = Host(folder, isolation, **options)
        self.addCleanup(host.close)
        return host


class ReloadTest(Rig):
    def test_a_plugin_comes_and_goes(self):
        for isolation in ("none", "process"):
            host = self.host(isolation, stdio=True).start()
            pipe, client = Pipe(host.process), Client(host.port)
            listen, stream = Listen(host.port), Client(host.port).legacy_stream()
            self.assertNotIn("list_secret_scopes", client.tools())
            host.enable("secrets")
            self.assertEqual(host.reload(), 2)
            self.assertEqual({listen.next()["method"] for _ in LISTS}, LISTS)
            heard = set()
            while heard != LISTS:  # the stream of a legacy session over HTTP
                line = stream.readline()
                if line.startswith(b"data: {"):
                    heard.add(json.loads(line[6:])["method"])
            for name in LISTS:
                self.assertTrue(pipe.hears(name))
            self.assertIn("list_secret_scopes", client.tools())
            host.disable("secrets")
            self.assertEqual(host.reload(), 3)
            self.assertTrue(pipe.hears("notifications/tools/list_changed", 2))
            self.assertNotIn("list_secret_scopes", client.tools())
            client.close()
            host.end()

    def test_a_plugin_that_left_ends_after_its_last_call(self):
        for isolation in ("none", "process"):
            host = self.host(isolation).start()
            client = Client(host.port)
            self.assertEqual(text_of(client.call("echo", text="x")), "x")
            nap = Later(lambda h=host: Client(h.port).call("sleep", ms=3000))
            host.wait(lambda: "lakehost_calls_running 1" in self.metrics(host))
            host.disable("fixture")
            host.reload()
            self.assertNotIn("echo", client.tools())
            self.assertNotIn('"plugin-stopped"', host.said())
            self.assertEqual(len(host.children()), int(isolation == "process"))
            self.assertFalse(nap.take()["result"].get("isError", False))
            host.wait_log('"plugin-stopped","name":"fixture"')
            host.wait(lambda: host.mapped() == 0 and not host.children())
            host.end()

    @staticmethod
    def metrics(host):
        connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=PATIENCE)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        return text

    def test_a_plugin_that_changed(self):
        for isolation in ("none", "process"):
            host = self.host(isolation).start()
            client = Client(host.port)
            self.assertIn("it was given", client.tools()["echo"]["description"])
            host.install(FIXTURE, "fixture", (b"text it was given.", b"words that it got."))
            host.reload()
            self.assertIn("words that it got", client.tools()["echo"]["description"])
            self.assertEqual(text_of(client.call("echo", text="x")), "x")
            host.wait_log('"plugin-stopped","name":"fixture"')
            host.wait(lambda h=host: h.mapped() == int(h.isolation == "none"))
            host.end()

    def test_a_plugin_that_stays_keeps_its_state(self):
        """The fixture remembers the label of the last cancelled call."""
        for isolation in ("none", "process"):
            host = self.host(isolation).start()
            nap = Client(host.port)
            reply = Later(lambda c=nap: c.send("tools/call", name="sleep",
                                               arguments={"ms": 600000, "label": "kept"}))
            host.wait(lambda: "lakehost_calls_running 1" in self.metrics(host))
            nap.http.sock.shutdown(2)
            reply.join(PATIENCE)
            client = Client(host.port)
            host.wait(lambda: "kept" in text_of(client.call("last_cancelled")))
            host.enable("secrets")
            host.reload()
            self.assertIn("kept", text_of(client.call("last_cancelled")))
            host.enable("fixture", greeting="two")
            host.reload()
            self.assertNotIn("kept", text_of(client.call("last_cancelled")))
            host.end()

    def test_rules(self):
        host = self.host().start()
        client = Client(host.port)
        self.assertEqual(text_of(client.call("echo", text="x")), "x")
        nap = Later(lambda: Client(host.port).call("sleep", ms=1500))
        host.wait(lambda: "lakehost_calls_running 1" in self.metrics(host))
        host.configure('policy = { deny = [ "echo", "sleep" ]; };')
        host.reload()
        self.assertIn("error", client.call("echo", text="x"))
        self.assertNotIn("echo", client.tools())
        self.assertFalse(nap.take()["result"].get("isError", False))
        host.configure("")
        host.reload()
        self.assertEqual(text_of(client.call("echo", text="x")), "x")
        host.end()


class RefusedTest(Rig):
    def refused(self, host, *texts):
        run = host.command("reload")
        self.assertEqual(run.returncode, 1, run)
        for text in (*texts, "serves with its former configuration"):
            self.assertIn(text, run.stderr)
        for text in texts:
            self.assertIn(json.dumps(text)[1:-1], host.said())

    def test_a_fault_changes_nothing(self):
        host = self.host(more="metrics = { enabled = true; };").start()
        client = Client(host.port)
        before = (client.tools(), host.descriptors())
        for more, text in (
                ("nosuch = 1;", "lakehost.conf:8: nosuch: unknown key"),
                ("limits = { call_ms = 1; };", "lakehost.conf:8: limits.call_ms"),
                ('policy = { access = "some"; };', "lakehost.conf:8: policy.access"),
                ("policy = {", "lakehost.conf:")):
            host.configure(f"metrics = {{ enabled = true; }};\n{more}")
            self.refused(host, text)
        host.configure("metrics = { enabled = true; };")
        host.enable("fixture", nosuch=1)
        self.refused(host, 'fixture.conf:2: unknown option "nosuch"')
        host.enable("fixture", greeting="two")
        host.install(__file__, "secrets")
        host.enable("secrets")
        self.refused(host, "plugin secrets: refused")
        self.assertEqual(client.tools(), before[0])
        text = ReloadTest.metrics(host)
        self.assertIn("lakehost_generation 1\n", text)
        self.assertIn("lakehost_reloads_refused_total 6\n", text)
        host.disable("secrets")
        self.assertEqual(host.command("reload").returncode, 0)
        host.wait(lambda: host.descriptors() <= before[1])
        host.end()

    def test_many_signals_with_a_fault(self):
        host = self.host().start()
        good = (host.folder / "lakehost.conf").read_text("utf-8")
        host.replace(host.folder / "lakehost.conf", good + "no_such_key = 1;\n")
        for _ in range(20):
            before = int(host.wait(lambda: host.state("begun")))
            host.process.send_signal(signal.SIGHUP)
            host.wait(lambda last=before: int(host.state("begun") or 0) > last)
            host.process.send_signal(signal.SIGHUP)  # while the first one runs, or after it
            host.wait(lambda: host.state("done") is not None and host.state("done") == host.state("begun"))
        host.replace(host.folder / "lakehost.conf", good)
        host.wait(lambda: host.reload() > 1)
        host.end()

    def test_what_only_a_restart_changes(self):
        host = self.host().start()
        text = (host.folder / "lakehost.conf").read_text(encoding="utf-8")
        for line in ("workers = 3;", 'endpoint = "/other";', "max_connections = 7;"):
            text = text.replace("listeners", f"{line}\n  listeners")
        host.replace(host.folder / "lakehost.conf", text.replace(":0", ":1") +
                     'audit = { file = "/tmp/never"; };\n')
        self.refused(host, *(f"{key}: a reload cannot change it: restart the host" for key in (
            "server.workers", "server.endpoint", "server.max_connections", "server.listeners",
            "audit.file, socket or syslog")))
        self.assertFalse(os.path.exists("/tmp/never"))
        host.end()

    def test_the_command(self):
        host = self.host()
        # hosts of other tests may have their files in /run/lakehost, so the own one is named
        named = ("--config", str(host.folder / "lakehost.conf"), "reload")
        run = host.command(*named)
        self.assertEqual((run.returncode, "no running host" in run.stderr), (1, True), run)
        host.start()
        run = host.command("reload")    # all hosts of this user
        self.assertIn(f"process {host.process.pid}", run.stdout)
        self.assertIn("generation 2", run.stdout)
        self.assertEqual(host.command("reload", str(host.process.pid)).returncode, 0)
        self.assertEqual(host.command("reload", "1").returncode, 1)
        self.assertEqual(host.command("reload", "none").returncode, 2)
        self.assertEqual(host.command(*named).returncode, 0)
        self.assertEqual(host.command("--config", "/other.conf", "reload").returncode, 1)
        host.process.kill()
        host.process.wait()
        self.assertTrue(list((host.folder / "run/lakehost").iterdir()))
        self.assertEqual(host.command(*named).returncode, 1)  # what a killed host left behind
        self.assertFalse(list((host.folder / "run/lakehost").iterdir()))

    @unittest.skipIf(os.geteuid() != 0, "only root can signal the processes of other users")
    def test_a_file_that_names_a_process_of_somebody_else(self):
        host = self.host()
        folder = host.folder / "run/lakehost"
        folder.mkdir()
        victim = subprocess.Popen(["sleep", str(PATIENCE)])
        self.addCleanup(victim.wait)
        self.addCleanup(victim.kill)
        path = folder / f"{victim.pid}.host"
        path.write_text(f"pid {victim.pid}\nconfig -\ngeneration 1\nbegun 0\ndone 0\nend\n", "utf-8")
        os.chown(path, 65534, 65534)
        with path.open(encoding="utf-8") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            run = host.command("reload")
        self.assertEqual(run.returncode, 1, run)
        self.assertIn("belongs to another user", run.stderr)
        self.assertIsNone(victim.poll())


class PrincipalTest(Rig):
    AUTH = ('auth = { inbound = "token"; };\npolicy = { default_access = "read"; };\n'
            'metrics = { enabled = true; };\n')

    def test_one_that_was_removed(self):
        host = self.host(more=self.AUTH)
        token = {name: host.command("--config", str(host.folder / "lakehost.conf"), "token", "new",
                                    name).stdout.strip() for name in ("ann", "bob")}
        host.start()
        listens = {name: Listen(host.port, token[name]) for name in token}
        streams = {name: Client(host.port, token[name]).legacy_stream() for name in token}
        naps = {name: Later(lambda n=name: Client(host.port, token[n]).call("sleep", ms=4000))
                for name in token}
        host.wait(lambda: "lakehost_calls_running 2" in ReloadTest.metrics(host))
        run = host.command("--config", str(host.folder / "lakehost.conf"), "token", "revoke", "bob")
        self.assertEqual(run.returncode, 0, run)
        host.reload()
        listens["bob"].until_end()
        self.assertNotIn(b"list_changed", streams["bob"].read())
        while b"list_changed" not in streams["ann"].readline():
            pass
        self.assertEqual(listens["ann"].next()["method"], "notifications/tools/list_changed")
        self.assertFalse(naps["ann"].take()["result"].get("isError", False))
        self.assertIn("cancelled", json.dumps(naps["bob"].take()))
        self.assertEqual(Client(host.port, token["bob"]).send("tools/list").status, 401)
        self.assertIn("echo", Client(host.port, token["ann"]).tools())
        host.end()

    def test_one_that_was_narrowed(self):
        host = self.host(more=self.AUTH)
        token = host.command("--config", str(host.folder / "lakehost.conf"), "token", "new", "ann",
                             "--access", "write").stdout.strip()
        wide = self.AUTH + 'principals = ( { name = "ann"; access = "write"; } );\n'
        host.configure(wide)
        host.start()
        listen = Listen(host.port, token)
        nap = Later(lambda: Client(host.port, token).call("sleep", ms=2000))
        host.wait(lambda: "lakehost_calls_running 1" in ReloadTest.metrics(host))
        host.configure(wide.replace('"write"', '"read"'))
        host.reload()
        listen.until_end()  # the client subscribes again, with its new rights
        self.assertFalse(nap.take()["result"].get("isError", False))
        host.end()


class LoadTest(Rig):
    """Clients without a pause, while plugins come, go and change."""

    def use(self, ask, stop, count):
        while not stop.is_set():
            for tool, arguments in (("echo", {"text": "x"}), ("sleep", {"ms": 20}),
                                    ("greet", {"name": "Ann"})):
                answer = ask("tools/call", name=tool, arguments=arguments)
                if "error" in answer or answer["result"].get("isError"):
                    raise AssertionError(answer)
            answer = ask("tools/list")
            if "echo" not in [tool["name"] for tool in answer["result"]["tools"]]:
                raise AssertionError(answer)
            count.append(1)

    def change(self, host, i):
        if i % 2:
            host.disable("secrets")
        else:
            host.enable("secrets")
        if i % 5 == 0:
            host.enable("fixture", greeting=f"number {i}")
        if i % 7 == 0:
            host.install(FIXTURE, "fixture")

    @staticmethod
    def held(host):
        return host.descriptors(), host.mapped(), len(host.children())

    def run_mode(self, isolation):
        host = self.host(isolation, stdio=True, more="metrics = { enabled = true; };")
        host.enable("secrets")
        host.start()
        pipe, stop, count = Pipe(host.process), threading.Event(), []
        clients = [Client(host.port) for _ in range(4)]
        asks = [client.ask for client in clients] + [pipe.ask, pipe.ask]
        users = [Later(lambda a=ask: self.use(a, stop, count)) for ask in asks]
        listen, memory = Listen(host.port), []
        host.wait(lambda: len(count) > 20)
        held = self.held(host)
        for i in range(1, RELOADS + 1):
            self.change(host, i)
            self.assertEqual(host.reload(), i + 1, host.said()[-3000:])
            self.assertFalse([user.fault for user in users if user.fault])
            if i in (10, 100, RELOADS):  # nothing is left of the former generations
                host.wait(lambda: self.held(host) == held)
                memory.append(host.memory())
        stop.set()
        for user in users:
            user.take()
        self.assertEqual(listen.next()["method"], "notifications/tools/list_changed")
        self.assertTrue(pipe.hears("notifications/tools/list_changed", RELOADS))
        print(f"{isolation}: {RELOADS} reloads, {4 * len(count)} answers, descriptors {held[0]}, "
              f"memory {memory}", file=sys.stderr)
        if RELOADS >= 1000 and "SANITIZED" not in os.environ:
            self.assertLessEqual(memory[-1], memory[1] + MEMORY)
        for client in clients:
            client.close()
        host.end()

    def test_in_the_host(self):
        self.run_mode("none")

    def test_in_workers(self):
        self.run_mode("process")


if __name__ == "__main__":
    LAKEHOST, FIXTURE, SECRETS = sys.argv[1:4]
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], warnings="ignore")
