#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Streams that stay open (subscriptions/listen, and GET of a legacy session) end when the token that
opened them is revoked, expires, or allows other things; the streams of others go on.

    tests/wire/open_streams.py LAKEHOST FIXTURE.so [unittest options]
"""
import http.client
import json
import re
import signal
import sys
import threading
import unittest

import auth
from auth import LEGACY, MODERN, PATIENCE, PREFIX, Client, Test, bearer


class Stream(threading.Thread):
    """An open stream of the owner of a token, in the era of `version`."""

    def __init__(self, host, version, token):
        super().__init__(daemon=True)
        self.notes = []
        self.connection = http.client.HTTPConnection("localhost", timeout=PATIENCE)
        self.connection.sock = host.connect()
        headers = {**bearer(token), "Accept": "text/event-stream"}
        if version == LEGACY:
            client = Client(host, LEGACY, bearer(token))
            headers |= {"MCP-Protocol-Version": LEGACY, "Mcp-Session-Id": client.session}
            self.connection.request("GET", "/mcp", headers=headers)
        else:
            meta = {PREFIX + "protocolVersion": MODERN, PREFIX + "clientCapabilities": {}}
            headers |= {"MCP-Protocol-Version": MODERN, "Mcp-Method": "subscriptions/listen",
                        "Content-Type": "application/json",
                        "Accept": "application/json, text/event-stream"}
            self.connection.request("POST", "/mcp", json.dumps({
                "jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen",
                "params": {"notifications": {"toolsListChanged": True}, "_meta": meta}}), headers)
        self.response = self.connection.getresponse()
        assert self.response.status == 200, self.response.status
        self.start()

    def run(self):
        for line in self.response:
            if line.startswith(b"data: {"):
                self.notes.append(json.loads(line[5:]))
        self.connection.close()

    def ended(self):
        self.join(PATIENCE)
        return not self.is_alive()


class Streams(Test):
    def setUp(self):
        self.h = self.host('auth = { inbound = "token"; };\n')
        self.tokens = {name: self.h.token(name, "--access", "write")
                       for name in ("ann", "bob", "carol", "dave")}
        self.h.process.send_signal(signal.SIGHUP)
        self.h.wait_log(r'"event":"reloaded"')

    def change(self, pattern, text):
        before = self.h.tokens.read_text()
        after = re.sub(pattern, text, before)
        self.assertNotEqual(before, after)
        self.h.tokens.write_text(after)

    def test_streams_end_with_their_token(self):
        streams = {name: [Stream(self.h, version, token) for version in (MODERN, LEGACY)]
                   for name, token in self.tokens.items()}
        self.assertEqual(self.h.command("token", "revoke", "ann").returncode, 0)
        self.change(r"(?m)^(bob write \d+) \d+", r"\1 1")
        self.change(r"(?m)^carol write", "carol read")
        for name in ("ann", "bob", "carol"):
            for stream in streams[name]:
                self.assertTrue(stream.ended(), name)
            [acknowledged, result] = streams[name][0].notes
            self.assertEqual(result["result"]["resultType"], "complete")
        for stream in streams["dave"]:
            self.assertTrue(stream.is_alive())
        for name, status in [("ann", 401), ("bob", 401), ("carol", 200)]:
            answer, _ = Client(self.h, MODERN, bearer(self.tokens[name])).send("tools/list")
            self.assertEqual(answer.status, status)


if __name__ == "__main__":
    auth.LAKEHOST, auth.FIXTURE = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
