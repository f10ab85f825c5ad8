#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A step inside the host that never returns: its caller is answered, and the host still ends.

    tests/wire/stuck.py LAKEHOST MORTAL.so [unittest options]
"""
import json
import os
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


class Stuck(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.TemporaryDirectory()
        self.addCleanup(self.home.cleanup)

    def start(self):
        command = [HOST, "--set", "plugins.directories=" + os.path.dirname(PLUGIN),
                   "--set", "plugins.enabled=mortal", "--set", "plugins.isolation=none",
                   "--set", "limits.call_ms=1000"]
        self.host = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE, env={
                                         **os.environ, "XDG_STATE_HOME": self.home.name,
                                         "XDG_CONFIG_HOME": self.home.name})
        self.addCleanup(self.host.kill)

    def ask(self, *args, **params):
        self.host.stdin.write(message(*args, **params))
        self.host.stdin.flush()
        return json.loads(self.host.stdout.readline())

    def end(self):
        _, log = self.host.communicate(timeout=PATIENCE)
        self.assertEqual(self.host.returncode, 1)
        self.assertIn(b"a plugin's step does not end", log)

    def test_signalled_twice(self):
        self.start()
        answer = self.ask(1, "tools/call", name="hang", arguments={})
        self.assertIn("took too long", answer["result"]["content"][0]["text"])
        self.host.send_signal(signal.SIGTERM)
        for line in self.host.stderr:
            if b'"stopping"' in line:
                break
        self.host.send_signal(signal.SIGTERM)
        self.end()

    def test_end_of_input(self):
        self.start()
        self.ask(1, "tools/call", name="hang", arguments={})
        self.end()


if __name__ == "__main__":
    HOST, PLUGIN = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
