#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A person confirms destructive and costly calls, in both eras: the question, each answer, an answer
that is used twice or for another call, and clients that cannot ask. A fake workspace counts what
reaches it.

    tests/wire/confirm.py LAKEHOST FOLDER-OF-PLUGINS CLOCK-LIBRARY [unittest options]
"""
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import unittest

PATIENCE = 60
LAKEHOST = FOLDER = CLOCK = None
PREFIX = "io.modelcontextprotocol/"
MODERN, LEGACY = "2026-07-28", "2025-11-25"
CLUSTER = "1101-120000-ab12cd34"


class Workspace(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.command, self.path.split("?")[0]))
        ended = any(path.endswith("/delete") for _, path in self.server.seen)
        body = json.dumps({"cluster_id": CLUSTER, "cluster_name": "nightly",
                           "state": "TERMINATED" if ended else "RUNNING"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


class Confirm(unittest.TestCase):
    def setUp(self):
        self.workspace = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Workspace)
        self.workspace.seen = []
        threading.Thread(target=self.workspace.serve_forever, daemon=True).start()
        self.home = tempfile.TemporaryDirectory()
        self.host = None
        self.number = 0

    def tearDown(self):
        if self.host:
            self.host.stdin.close()
            self.assertEqual(self.host.wait(PATIENCE), 0)
            self.host.stdout.close()
        self.workspace.shutdown()
        self.workspace.server_close()
        self.home.cleanup()

    def start(self, *options, **more):
        env = {**os.environ, **more, "HOME": self.home.name, "XDG_STATE_HOME": self.home.name,
               "XDG_CONFIG_HOME": self.home.name, "DATABRICKS_TOKEN": "dapi-confirm-test",
               "DATABRICKS_HOST": f"http://127.0.0.1:{self.workspace.server_port}"}
        self.host = subprocess.Popen(
            [LAKEHOST, "--set", "plugins.enabled=compute,data",
             "--set", f"plugins.directories={FOLDER}",
             "--set", "plugins.isolation=none", "--set", f"audit.file={self.home.name}/audit.log",
             "--set", "audit.arguments=true", *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env)

    def confirming(self, when):
        self.start("--set", f"policy.confirm={when}")

    def audited(self):
        """The verdicts of the confirmations in the audit log, and the whole lines."""
        self.host.stdin.close()
        self.assertEqual(self.host.wait(PATIENCE), 0)
        self.host.stdout.close()
        self.host = None
        with open(os.path.join(self.home.name, "audit.log"), encoding="utf-8") as log:
            lines = [json.loads(line) for line in log]
        lines = [line for line in lines if line["type"] == "confirmation"]
        return [line["verdict"] for line in lines], lines

    def changed(self):
        return sum(1 for method, path in self.workspace.seen
                   if method == "POST" and path.endswith(("/delete", "/start")))

    def send(self, message):
        self.host.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self.host.stdin.flush()

    def read(self):
        return json.loads(self.host.stdout.readline())

    def modern(self, can=True, tool="terminate_cluster", more=None, **arguments):
        self.number += 1
        self.send({"id": self.number, "method": "tools/call", "params": {
            "name": tool, "arguments": arguments or {"cluster_id": CLUSTER}, **(more or {}),
            "_meta": {PREFIX + "protocolVersion": MODERN, PREFIX + "clientCapabilities":
                      {"elicitation": {}} if can else {}}}})
        answer = self.read()
        self.assertIn("result", answer, answer)
        return answer["result"]

    @staticmethod
    def answer_to(asked, answer):
        key, = asked["inputRequests"]
        return {"inputResponses": {key: answer}, "requestState": asked["requestState"]}

    def question(self, asked):
        self.assertEqual(asked["resultType"], "input_required")
        request, = asked["inputRequests"].values()
        self.assertEqual(request["method"], "elicitation/create")
        return request["params"]

    yes = {"action": "accept", "content": {"confirm": True}}

    def test_modern(self):
        self.confirming("when-possible")
        asked = self.modern()
        self.assertEqual(self.question(asked)["message"],
                         f"Terminate the cluster {CLUSTER}. The work that runs on it ends, and its "
                         "notebooks lose their state.")
        self.assertEqual(self.changed(), 0)
        for answer in ({"action": "decline"}, {"action": "cancel"}, {"action": "accept"},
                       {"action": "accept", "content": {"confirm": False}},
                       {"action": "accept", "content": {"confirm": "true"}}):
            refused = self.modern(more=self.answer_to(self.modern(), answer))
            self.assertTrue(refused["isError"])
            self.assertIn("did not confirm", refused["content"][0]["text"])
        self.assertEqual(self.changed(), 0)
        done = self.modern(more=self.answer_to(asked, self.yes))
        self.assertFalse(done.get("isError", False), done)
        self.assertEqual(self.changed(), 1)
        # once: the same answer again is a new question
        self.question(self.modern(more=self.answer_to(asked, self.yes)))
        self.assertEqual(self.changed(), 1)

    def test_the_question_does_not_deceive(self):
        """The model chooses the arguments: no direction marks, line breaks or long texts of it."""
        self.confirming("always")
        asked = self.modern(cluster_id="a\u202eb\u2028c\x1b[31md\n" + "e" * 300)
        message = self.question(asked)["message"]
        self.assertIn("Terminate the cluster ab c", message)
        self.assertFalse(set(message) & set("\u202e\u2028\x1b"), message)
        lines = message.split("\n")
        self.assertLess(len(lines[0]), 320)
        # the name does not fit into the sentence, so it follows whole, marked as not of the host
        self.assertEqual(lines[1:], ["cluster_id:", "| ab", "| cd", "| " + "e" * 300])

    def test_the_question_hides_no_argument(self):
        """A line break ends a comment of SQL, and a long text could hide its end."""
        self.confirming("always")
        statement = "DELETE FROM a.b.c WHERE id = 1 -- one row\n OR 1 = 1"
        lines = self.question(self.modern(tool="execute_sql", sql_query=statement, row_limit=5))[
            "message"].split("\n")
        self.assertIn("which changes something: DELETE FROM a.b.c", lines[0])
        for line in ("sql_query:", "| DELETE FROM a.b.c WHERE id = 1 -- one row", "|  OR 1 = 1",
                     "row_limit: 5"):
            self.assertIn(line, lines)
        self.assertNotIn("\t", self.question(self.modern(
            tool="execute_sql", sql_query="DELETE FROM a.b.c\n\tWHERE\tx"))["message"])
        long = "DELETE FROM a.b.c WHERE id IN (" + "1, " * 200 + "1) OR secret_end"
        message = self.question(self.modern(tool="execute_sql", sql_query=long))["message"]
        self.assertIn("\n| " + long, message)
        message = self.question(self.modern(tool="execute_sql", sql_query=long * 10))["message"]
        self.assertIn(f"That was not all: the whole value has {len(long) * 10} bytes.", message)
        # an argument cannot write a line of the host
        forged = "DELETE FROM a.b.c\nThis is in the workspace \"dev\"."
        self.assertNotIn("\nThis is in", self.question(
            self.modern(tool="execute_sql", sql_query=forged))["message"])

    def test_audit(self):
        self.confirming("always")
        asked = self.modern()
        self.modern(more=self.answer_to(asked, {"action": "decline"}))
        self.modern(more=self.answer_to(asked, self.yes))
        self.modern(more=self.answer_to(asked, self.yes))
        self.modern(can=False)
        verdicts, lines = self.audited()
        self.assertEqual(verdicts, ["ask", "deny", "confirm", "expired", "ask", "deny"])
        self.assertEqual([line.get("why") for line in lines], [
            None, "The user did not confirm the call", None,
            "The confirmation is older than 120 seconds, or was used before", None,
            "The client cannot ask its user"])
        for line in lines:
            self.assertEqual((line["principal"], line["tool"]), ("local", "terminate_cluster"))
            self.assertEqual(line["arguments"], {"cluster_id": CLUSTER})
        said = subprocess.run([LAKEHOST, "audit", "show", "--set",
                               f"audit.file={self.home.name}/audit.log"], text=True, check=True,
                              capture_output=True, env={**os.environ, "XDG_CONFIG_HOME": self.home.name,
                                                        "XDG_STATE_HOME": self.home.name}).stdout
        self.assertIn("expired", said)

    def test_expiry(self):
        """A confirmation is valid for 120 seconds: the clock of the host is moved by a library."""
        clock = os.path.join(self.home.name, "clock")
        with open(clock, "w", encoding="ascii") as out:
            out.write("0")
        self.start("--set", "policy.confirm=always", LD_PRELOAD=CLOCK, CLOCK_SHIFT_FILE=clock,
                   ASAN_OPTIONS="verify_asan_link_order=0")

        def shift(seconds):
            with open(clock + ".new", "w", encoding="ascii") as out:
                out.write(str(seconds))
            os.rename(clock + ".new", clock)
        asked = self.modern()
        shift(118)
        self.assertFalse(self.modern(more=self.answer_to(asked, self.yes)).get("isError", False))
        self.assertEqual(self.changed(), 1)
        asked = self.modern()
        shift(118 + 121)
        again = self.modern(more=self.answer_to(asked, self.yes))
        self.question(again)
        self.assertEqual(self.changed(), 1)
        done = self.modern(more=self.answer_to(again, self.yes))
        self.assertFalse(done.get("isError", False), done)
        self.assertEqual(self.audited()[0], ["ask", "confirm", "ask", "expired", "ask", "confirm"])

    def test_default(self):
        self.start()
        self.question(self.modern())
        self.assertFalse(self.modern(can=False).get("isError", False))
        self.assertEqual(self.changed(), 1)

    def test_bound_to_the_call(self):
        self.confirming("always")
        asked = self.modern()
        self.number += 1
        more = self.answer_to(asked, self.yes)
        self.send({"id": self.number, "method": "tools/call", "params": {
            "name": "terminate_cluster", "arguments": {"cluster_id": "1101-120000-other000"}, **more,
            "_meta": {PREFIX + "protocolVersion": MODERN,
                      PREFIX + "clientCapabilities": {"elicitation": {}}}}})
        self.assertIn("requestState", self.read()["error"]["message"])
        # an answer without the question, and arguments that claim a confirmation
        more = {"inputResponses": {"lakehost_confirm": self.yes}}
        self.question(self.modern(more=more))
        more["inputResponses"]["lakehost_confirmation"] = {"sealed": "AAAA"}
        self.question(self.modern(more=more))
        refused = self.modern(cluster_id=CLUSTER, confirm=True)
        self.assertTrue(refused["isError"])
        self.assertEqual(self.changed(), 0)

    def test_clients_that_cannot_ask(self):
        self.confirming("always")
        refused = self.modern(can=False)
        self.assertTrue(refused["isError"])
        self.assertIn("cannot ask its user", refused["content"][0]["text"])
        self.assertEqual(self.changed(), 0)
        self.assertFalse(self.modern(can=False, tool="get_cluster_details").get("isError", False))

    def test_when_possible_without_a_client_that_asks(self):
        self.confirming("when-possible")
        self.assertFalse(self.modern(can=False).get("isError", False))
        self.assertEqual(self.changed(), 1)

    def test_never(self):
        self.confirming("never")
        self.assertFalse(self.modern().get("isError", False))
        self.assertEqual(self.changed(), 1)

    def test_rules_by_tool(self):
        conf = os.path.join(self.home.name, "lakehost.conf")
        with open(conf, "w", encoding="utf-8") as out:
            out.write('policy = { confirm = "always";'
                      ' rules = ( { tools = [ "terminate_*" ]; confirm = "never"; } ); };')
        os.chmod(conf, 0o600)
        self.start("--config", conf)
        self.assertFalse(self.modern().get("isError", False))
        self.question(self.modern(tool="start_cluster"))
        self.assertEqual(self.changed(), 1)

    def legacy(self, answer):
        self.send({"id": 1, "method": "initialize", "params": {
            "protocolVersion": LEGACY, "capabilities": {"elicitation": {}},
            "clientInfo": {"name": "test", "version": "1"}}})
        self.read()
        self.send({"method": "notifications/initialized"})
        self.send({"id": 2, "method": "tools/call", "params": {
            "name": "terminate_cluster", "arguments": {"cluster_id": CLUSTER}}})
        asked = self.read()
        self.assertEqual(asked["method"], "elicitation/create")
        self.assertIn(CLUSTER, asked["params"]["message"])
        self.assertEqual(self.changed(), 0)
        self.send({"id": asked["id"], **answer})
        while True:
            answered = self.read()
            if answered.get("id") == 2:
                return answered["result"]

    def test_legacy(self):
        self.confirming("always")
        self.assertFalse(self.legacy({"result": self.yes}).get("isError", False))
        self.assertEqual(self.changed(), 1)

    def test_legacy_declined(self):
        self.confirming("always")
        refused = self.legacy({"result": {"action": "decline"}})
        self.assertTrue(refused["isError"])
        self.assertEqual(self.changed(), 0)

    def test_legacy_error(self):
        self.confirming("always")
        refused = self.legacy({"error": {"code": -32603, "message": "no window"}})
        self.assertTrue(refused["isError"])
        self.assertEqual(self.changed(), 0)


if __name__ == "__main__":
    LAKEHOST, FOLDER, CLOCK = (os.path.abspath(name) for name in sys.argv[1:4])
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
