#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What ends the host and what does not: signals, and a step that never returns, whose caller is
answered all the same.

    tests/wire/blocked_loop.py LAKEHOST CRASHING_PLUGIN.so [unittest options]
"""
import http.client
import json
import os
import pty
import re
import signal
import subprocess
import sys
import tempfile
import unittest

PATIENCE = 60  # seconds until a test gives up; nothing is timed
META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {}}


def message(number, method, **params):
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method,
                       "params": {**params, "_meta": META}}).encode() + b"\n"


class Ends(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.TemporaryDirectory()
        self.addCleanup(self.home.cleanup)

    def start(self, *options, stdin=subprocess.PIPE):
        command = [HOST, "--set", "plugins.directories=" + os.path.dirname(PLUGIN),
                   "--set", "plugins.enabled=crashing_plugin", "--set", "plugins.isolation=none",
                   "--set", "limits.call_ms=1000", *options]
        self.host = subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE, env={
                                         **os.environ, "XDG_STATE_HOME": self.home.name,
                                         "XDG_CONFIG_HOME": self.home.name})
        self.addCleanup(self.host.kill)

    def until(self, text):
        for line in self.host.stderr:
            if text in line:
                return line
        self.fail("the log ended")

    def ask(self, *args, **params):
        self.host.stdin.write(message(*args, **params))
        self.host.stdin.flush()
        return json.loads(self.host.stdout.readline())

    def send(self, *args, **params):
        self.host.stdin.write(message(*args, **params))
        self.host.stdin.flush()

    def end(self):
        _, log = self.host.communicate(timeout=PATIENCE)
        self.assertEqual(self.host.returncode, 1)
        self.assertIn(b"a plugin's step does not end", log)

    def test_signalled_twice(self):
        self.start()
        answer = self.ask(1, "tools/call", name="hang", arguments={})
        self.assertIn("took too long", answer["result"]["content"][0]["text"])
        self.host.send_signal(signal.SIGTERM)
        self.until(b'"stopping"')
        self.host.send_signal(signal.SIGTERM)
        self.end()

    def test_end_of_input(self):
        self.start("--set", "limits.drain_ms=1000")
        self.ask(1, "tools/call", name="hang", arguments={})
        self.end()

    def named(self):
        line = json.loads(self.until(b'"stuck"'))
        self.assertEqual(line["plugin"], "crashing_plugin")
        self.assertIn('isolation = "process"', line["next"])

    def test_signalled_while_the_loop_is_blocked(self):
        """An inline step that never returns is named, and does not outlive SIGTERM by much."""
        self.start("--set", "limits.call_ms=600000", "--set", "limits.drain_ms=1000")
        self.ask(1, "server/discover")
        self.send(2, "tools/call", name="spin", arguments={})
        self.named()
        self.host.send_signal(signal.SIGTERM)
        self.end()

    def test_loop_blocked_for_longer_than_a_call(self):
        """Nobody could be answered any more, so the host ends."""
        self.start()
        self.send(1, "tools/call", name="spin", arguments={})
        self.named()
        _, log = self.host.communicate(timeout=PATIENCE)
        self.assertEqual(self.host.returncode, 1)
        self.assertIn(b"has blocked the loop", log)

    def test_command_line_while_the_loop_is_blocked(self):
        self.start("--set", "limits.call_ms=600000", "call", "spin", "{}")
        self.named()
        self.host.send_signal(signal.SIGINT)
        self.end()

    def test_slow_inline_step(self):
        """It keeps everybody waiting once, and is a worker's work from then on."""
        self.start("--set", "limits.call_ms=60000")
        self.ask(1, "tools/call", name="sleep", arguments={})
        self.assertEqual(json.loads(self.until(b'"slow-step"'))["row"], "sleep")
        self.send(2, "tools/call", name="sleep", arguments={})
        self.assertEqual(self.ask(3, "server/discover")["id"], 3)
        self.assertEqual(json.loads(self.host.stdout.readline())["id"], 2)
        self.host.stdin.close()
        self.host.wait(PATIENCE)

    def test_hangup_of_a_terminal(self):
        terminal, end = pty.openpty()
        self.addCleanup(os.close, terminal)
        self.start(stdin=end)
        os.close(end)
        self.until(b"Ctrl-D ends it")
        self.host.send_signal(signal.SIGHUP)
        self.host.communicate(timeout=PATIENCE)
        self.assertEqual(self.host.returncode, 0)

    def test_hangup_without_a_terminal(self):
        """A client started the host: SIGHUP is a reload there too."""
        self.start()
        self.ask(1, "server/discover")
        self.host.send_signal(signal.SIGHUP)
        self.until(b'"reloaded"')
        self.assertEqual(self.ask(2, "server/discover")["id"], 2)
        self.host.communicate(timeout=PATIENCE)
        self.assertEqual(self.host.returncode, 0)

    def test_hangup_of_a_service(self):
        self.start("--http", "127.0.0.1:0")
        line = self.until(b'"listening"')
        port = int(re.search(rb":(\d+)/mcp", line)[1])
        self.host.send_signal(signal.SIGHUP)
        self.until(b'"reloaded"')
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        client.request("GET", "/readyz")
        self.assertEqual(client.getresponse().status, 200)
        client.close()
        self.host.send_signal(signal.SIGTERM)
        self.host.communicate(timeout=PATIENCE)
        self.assertEqual(self.host.returncode, 0)


if __name__ == "__main__":
    HOST, PLUGIN = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
