#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""SIGTERM to a whole host under load, over HTTP and over stdio: not ready at once, no new
connections, every call answered, operations by their handle, and no connection reset.

    tests/wire/drain.py LAKEHOST FIXTURE.so COMPUTE.so LAKEHOST-SANDBOX [unittest options]
"""
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

PATIENCE = 60  # seconds until a test gives up; nothing is timed
VERSION = "2026-07-28"
META = {"io.modelcontextprotocol/protocolVersion": VERSION,
        "io.modelcontextprotocol/clientCapabilities": {}}
PROGRAMS = []


class Program:
    """A program that says on a line of its output that it is ready."""

    def __init__(self, command, stream, ready, env=None, **popen):
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL,
                   "stderr": subprocess.DEVNULL, **popen, stream: subprocess.PIPE}
        self.process = subprocess.Popen(command, env=env, text=True, **streams)
        self.lines, self.match = [], None
        output = getattr(self.process, stream)
        for line in output:
            self.lines.append(line)
            self.match = re.search(ready, line)
            if self.match:
                break
        if not self.match:
            raise AssertionError("".join(self.lines))
        self.reader = threading.Thread(target=lambda: self.lines.extend(output), daemon=True)
        self.reader.start()

    def wait(self):
        status = self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        return status

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.reader.join(PATIENCE)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


class Client:
    """Requests over one connection, one after the other."""

    def __init__(self, port):
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.http.connect()

    def ready(self):
        self.http.request("GET", "/readyz")
        reply = self.http.getresponse()
        reply.read()
        return reply.status

    def ask(self, tool, arguments, progress=False):
        """Sends a call; the answer is taken by answer() or, line by line, by messages()."""
        message = request(tool, arguments, progress)
        self.http.request("POST", "/mcp", json.dumps(message), {
            "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": VERSION, "Mcp-Method": "tools/call", "Mcp-Name": tool})
        self.reply = self.http.getresponse() if not progress else None

    def messages(self):
        if self.reply is None:
            self.reply = self.http.getresponse()
        if self.reply.getheader("Content-Type", "").startswith("text/event-stream"):
            for line in self.reply:
                if line.startswith(b"data:"):
                    yield json.loads(line[5:])
        else:
            yield json.loads(self.reply.read())

    def call(self, tool, arguments):
        self.ask(tool, arguments)
        return next(self.messages())

    def closes(self):
        return self.reply.will_close

    def close(self):
        self.http.close()

    def give_up(self):
        """Closes the connection of a reader; what runs for it is cancelled."""
        self.http.sock.shutdown(socket.SHUT_RDWR)


def request(tool, arguments, progress=False, number=1):
    meta = {**META, "progressToken": number} if progress else META
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call",
            "params": {"name": tool, "arguments": arguments, "_meta": meta}}


def text_of(answer):
    return " ".join(block.get("text", "") for block in answer["result"]["content"])


def holds_signals(pid):
    """Does the process block SIGHUP and ignore SIGPIPE?"""
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        masks = dict(line.rstrip().split(":\t") for line in status if line.startswith("Sig"))

    def has(mask, number):
        return int(masks.get(mask, "0"), 16) >> (number - 1) & 1
    return has("SigBlk", signal.SIGHUP) and has("SigIgn", signal.SIGPIPE)


class Waiting(threading.Thread):
    """A call that runs when the signal comes; `answer` is what it got."""

    def __init__(self, port, tool, arguments):
        super().__init__(daemon=True)
        self.client, self.answer, self.fault = Client(port), None, None
        self.runs = threading.Event()
        self.client.ask(tool, arguments, progress=True)
        self.start()

    def run(self):
        try:
            for message in self.client.messages():
                self.runs.set()
                if "id" in message:
                    self.answer = message
        except (OSError, http.client.HTTPException) as error:
            self.fault = error
        self.client.close()
        self.runs.set()


class Busy(threading.Thread):
    """Calls without a pause; `done` of them were answered. A new connection only when the last
    one was closed by agreement."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.done, self.fault = port, 0, None
        self.start()

    def run(self):
        while True:
            try:
                client = Client(self.port)
            except ConnectionRefusedError:
                return
            try:
                self.talk(client)
            except (OSError, http.client.HTTPException, KeyError) as error:
                self.fault = error
                return
            finally:
                client.close()

    def talk(self, client):
        while True:
            answer = client.call("echo", {"text": "x"})
            if "error" not in answer:
                self.done += 1
            elif "shutting down" not in answer["error"]["message"]:
                self.fault = answer
            if client.closes():
                return


class Drain(unittest.TestCase):
    def setUp(self):
        self.started = []
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.addCleanup(lambda: [program.kill() for program in reversed(self.started)])

    def start_host(self, *options, **popen):
        lakehost, fixture, compute, sandbox = PROGRAMS
        workspace = Program([sandbox, "--listen", "127.0.0.1:0", "--data",
                             f"{self.folder.name}/workspace"], "stdout",
                            r"^DATABRICKS_TOKEN=(.*)")
        self.started.append(workspace)
        address = re.search(r"^DATABRICKS_HOST=(.*)$", "".join(workspace.lines), re.MULTILINE)
        env = {**os.environ, "DATABRICKS_HOST": address[1],
               "DATABRICKS_TOKEN": workspace.match[1].strip(),
               "XDG_STATE_HOME": self.folder.name, "XDG_CONFIG_HOME": self.folder.name}
        folders = f"{os.path.dirname(fixture)},{os.path.dirname(compute)}"
        host = Program([lakehost, "--set", f"plugins.directories={folders}",
                        "--set", "plugins.enabled=fixture,compute",
                        "--set", "plugins.name_length=64", "--set", "plugins.isolation=none",
                        "--set", "log.format=json", *options], "stderr",
                       r"http://127\.0\.0\.1:(\d+)/" if "--http" in options else '"plugin"',
                       env, **popen)
        self.started.append(host)
        return host

    def end(self, program):
        self.assertEqual(program.wait(), 0, "".join(program.lines[-20:]))

    def load(self, port, naps):
        """Calls of every kind, all of them under way when this returns."""
        busy = [Busy(port) for _ in range(8)]
        while sum(client.done for client in busy) < 1000 and all(c.is_alive() for c in busy):
            time.sleep(0.01)
        waiting = {f"nap {i}": Waiting(port, "sleep", {"ms": naps}) for i in range(20)}
        waiting["cluster"] = Waiting(port, "start_cluster",
                                     {"cluster_id": "sandbox-terminated", "wait_s": 50})
        for call in waiting.values():
            self.assertTrue(call.runs.wait(PATIENCE))
        return busy, waiting

    def settle(self, busy, waiting):
        for call in [*busy, *waiting.values()]:
            call.join(PATIENCE)
            self.assertFalse(call.is_alive())
            self.assertIsNone(call.fault)
        self.assertGreaterEqual(sum(client.done for client in busy), 1000)

    def test_calls_end_by_themselves(self):
        host = self.start_host("--http", "127.0.0.1:0")
        port = int(host.match[1])
        health = Client(port)
        self.assertEqual(health.ready(), 200)
        busy, waiting = self.load(port, naps=2000)
        last = Waiting(port, "sleep", {"ms": 600000})
        self.assertTrue(last.runs.wait(PATIENCE))
        host.process.send_signal(signal.SIGTERM)
        cluster = waiting.pop("cluster")
        cluster.join(PATIENCE)
        self.assertFalse(cluster.answer["result"].get("isError", False))
        self.assertRegex(text_of(cluster.answer), "sandbox-terminated")
        # the operation was answered early; the host goes on while the last call does
        with self.assertRaises(ConnectionRefusedError):
            Client(port)
        self.assertEqual(health.ready(), 503)
        self.settle(busy, waiting)
        for call in waiting.values():
            self.assertEqual(text_of(call.answer), "Slept 2000 ms.")
        last.client.give_up()
        last.join(PATIENCE)
        self.end(host)
        health.close()

    def test_calls_that_take_too_long(self):
        host = self.start_host("--http", "127.0.0.1:0", "--set", "limits.drain_ms=200",
                               "--set", "limits.call_ms=600000")
        busy, waiting = self.load(int(host.match[1]), naps=600000)
        host.process.send_signal(signal.SIGTERM)
        self.settle(busy, waiting)
        self.assertFalse(waiting.pop("cluster").answer["result"].get("isError", False))
        for call in waiting.values():
            self.assertTrue("error" in call.answer or call.answer["result"]["isError"])
        self.end(host)

    def test_signals_before_the_handlers(self):
        """The plugin sends SIGHUP and SIGPIPE to the host while it starts."""
        host = self.start_host("--http", "127.0.0.1:0",
                               "--set", "plugins.fixture.options.early_signals=true")
        client = Client(int(host.match[1]))
        self.assertEqual(text_of(client.call("echo", {"text": "still there"})), "still there")
        client.close()
        host.process.send_signal(signal.SIGTERM)
        self.end(host)
        self.assertIn('"reloading"', "".join(host.lines))

    def test_signals_during_the_start(self):
        """From the first statement of main() on, these signals never end the host."""
        for _ in range(5):
            host = subprocess.Popen(
                [PROGRAMS[0], "--set", f"plugins.directories={os.path.dirname(PROGRAMS[1])}",
                 "--set", "plugins.enabled=fixture", "--set", "plugins.name_length=64",
                 "--http", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True,
                env={**os.environ, "XDG_STATE_HOME": self.folder.name,
                     "XDG_CONFIG_HOME": self.folder.name})
            self.addCleanup(host.stderr.close)
            self.addCleanup(host.kill)
            while not holds_signals(host.pid):
                self.assertIsNone(host.poll())
            for _ in range(100):
                host.send_signal(signal.SIGHUP)
                host.send_signal(signal.SIGPIPE)
            listens = any("127.0.0.1:" in line for line in host.stderr)
            self.assertTrue(listens)
            host.send_signal(signal.SIGTERM)
            host.stderr.read()
            self.assertEqual(host.wait(PATIENCE), 0)

    def test_stdio(self):
        host = self.start_host(stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        calls = [("sleep", {"ms": 2000})] * 20
        calls.append(("start_cluster", {"cluster_id": "sandbox-terminated", "wait_s": 50}))
        for number, (tool, arguments) in enumerate(calls):
            host.process.stdin.write(json.dumps(request(tool, arguments, True, number)) + "\n")
        host.process.stdin.flush()
        running, answers = set(), {}
        for line in host.process.stdout:
            message = json.loads(line)
            if "id" in message:
                answers[message["id"]] = message
            else:
                running.add(message["params"]["progressToken"])
            if len(running) == len(calls):
                host.process.send_signal(signal.SIGTERM)
                running.add("signalled")
        self.assertEqual(len(answers), len(calls))
        for number in range(20):
            self.assertEqual(text_of(answers[number]), "Slept 2000 ms.")
        self.assertFalse(answers[20]["result"].get("isError", False))
        host.process.stdin.close()
        self.end(host)

    def test_end_of_input(self):
        """As in `printf … | lakehost`: everything is answered, then the host ends."""
        calls = [("sleep", {"ms": 700})] * 5 + [("list_clusters", {})]
        for ending in ("\n", ""):
            host = self.start_host(stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            out, _ = host.process.communicate("\n".join(
                json.dumps(request(tool, arguments, False, number))
                for number, (tool, arguments) in enumerate(calls)) + ending)
            answers = {answer["id"]: answer for answer in map(json.loads, out.splitlines())}
            self.assertEqual(len(answers), len(calls))
            for answer in answers.values():
                self.assertFalse(answer["result"].get("isError", False))
            self.assertEqual(host.process.returncode, 0)

    def test_end_of_input_within_a_message(self):
        """What is not whole is refused, not dropped without a word."""
        host = self.start_host(stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        out, _ = host.process.communicate(
            json.dumps(request("sleep", {"ms": 1}, False, 7))[:-1])
        self.assertEqual(json.loads(out)["error"]["code"], -32700)
        self.assertEqual(host.process.returncode, 0)

    def test_end_of_input_before_a_long_call(self):
        """It has the drain time, and no more; then it is told that it was cancelled."""
        host = self.start_host("--set", "limits.drain_ms=500", stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
        out, _ = host.process.communicate(json.dumps(request("sleep", {"ms": 600000}, False, 7)))
        answer = json.loads(out)
        self.assertEqual(answer["id"], 7)
        self.assertTrue("error" in answer or answer["result"]["isError"])
        self.assertEqual(host.process.returncode, 0)


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    PROGRAMS = [os.path.abspath(sys.argv.pop(1)) for _ in range(4)]
    unittest.main(verbosity=2)
