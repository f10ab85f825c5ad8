#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a web page may do (Fetch standard, "CORS protocol"): a page of an allowed origin reads every
answer, and asks first for what it may send; a page of any other reads nothing."""


import echo
from echo import BODY, JSON, SSE, chunked, get, head, post, request

ALLOWED = ("https://app.example", "vscode-webview://panel", "http://localhost:3000",
           "https://127.0.0.1", "http://[::1]:6274")
FOREIGN = ("http://app.example", "https://app.example:444", "https://sub.app.example",
           "https://app.example.evil", "http://evil.example", "http://localhost.evil.example",
           "null", "")
EXPOSED = "Mcp-Session-Id, WWW-Authenticate"


class Cors(echo.OneServer):
    OPTIONS = ("--body", "1000", "--origin", "https://app.example", "--origin",
               "vscode-webview://panel")

    def preflight(self, origin, *lines, path="/mcp"):
        return self.ask(get(path, f"Origin: {origin}", "Access-Control-Request-Method: POST",
                            *lines, method="OPTIONS"))

    def fields(self, reply):
        return {name.lower(): value for name, value in reply.headers
                if name.lower().startswith("access-control-")}

    # ---- answers

    def answers(self, origin):
        """One request for each kind of answer, and its status."""
        line = f"Origin: {origin}"
        yield request("echo", Origin=origin), 200
        yield request("none", Origin=origin), 202
        yield request("later", 1, Origin=origin), 200
        yield request("status", 404, Origin=origin), 404
        yield request("notify", 1, Origin=origin, Accept=SSE), 200  # a whole stream
        yield request("drip", 1, Origin=origin, Accept=SSE), 200
        yield get("/mcp", line), 405
        yield get("/mcp", line, method="PUT"), 405
        yield get("/healthz", line), 200
        yield get("/readyz", line), 200
        yield post(BODY, line, path="/nothing"), 404
        yield post(BODY, line, kind="text/plain"), 415
        yield post(b"x" * 1001, line), 413
        yield post(b"x" * 9000, line), 413  # not waited for
        yield head("Host: localhost", JSON, line, "Transfer-Encoding: chunked") + \
            chunked(b"x" * 1001), 413

    def test_a_page_of_an_allowed_origin_reads_every_answer(self):
        for origin in ALLOWED:
            for data, status in self.answers(origin):
                with self.subTest(data=data):
                    reply = self.ask(data)
                    self.assertEqual(reply.status, status)
                    self.assertEqual(self.fields(reply), {
                        "access-control-allow-origin": origin,
                        "access-control-expose-headers": EXPOSED})
                    self.assertEqual(reply.header("Vary"), "Origin")

    def test_a_page_of_another_origin_reads_and_does_nothing(self):
        before = self.server.state()
        for origin in FOREIGN:
            for data, _ in self.answers(origin):
                with self.subTest(data=data):
                    reply = self.ask(data)
                    self.assertEqual((reply.status, self.fields(reply)), (403, {}))
        after = self.server.state()
        self.assertEqual(after["finished"] - before["finished"], 1)  # the first state()

    def test_without_origin_there_is_nothing_of_it(self):
        for data, status in self.answers("http://localhost"):
            lines = [line for line in data.split(b"\r\n") if not line.startswith(b"Origin:")]
            reply = self.ask(b"\r\n".join(lines))
            self.assertEqual((reply.status, self.fields(reply)), (status, {}))

    def test_origin_of_one_request_is_not_that_of_the_next(self):
        with self.server.connect() as peer:
            for origin in ("https://app.example", None, "http://localhost", None):
                headers = {"Origin": origin} if origin is not None else {}
                reply = peer.call("echo", **headers)
                self.assertEqual(reply.header("Access-Control-Allow-Origin"), origin)

    # ---- preflights

    def test_preflight_of_an_allowed_origin(self):
        asked = "content-type, MCP-Protocol-Version,mcp-param-x, x-evil, authorization"
        for origin in ALLOWED:
            reply = self.preflight(origin, f"Access-Control-Request-Headers: {asked}")
            self.assertEqual((reply.status, reply.body), (204, b""))
            self.assertEqual(self.fields(reply), {
                "access-control-allow-origin": origin,
                "access-control-expose-headers": EXPOSED,
                "access-control-allow-methods": "GET, POST, DELETE",
                "access-control-allow-headers":
                    "content-type, MCP-Protocol-Version, mcp-param-x, authorization",
                "access-control-max-age": "600"})
            self.assertEqual(reply.header("Vary"), "Origin")

    def test_preflight_names_the_headers_that_clients_send(self):
        for name, allowed in (
                ("Accept", 1), ("Authorization", 1), ("Content-Type", 1), ("Last-Event-ID", 1),
                ("traceparent", 1), ("tracestate", 1), ("baggage", 1), ("Mcp-Session-Id", 1),
                ("MCP-Protocol-Version", 1), ("Mcp-Method", 1), ("Mcp-Name", 1),
                ("Mcp-Param-Region", 1), ("mcp-", 0), ("Cookie", 0), ("X-Forwarded-For", 0),
                ("Host", 0), ("mc", 0), ("x-mcp-name", 0)):
            reply = self.preflight("http://localhost", f"Access-Control-Request-Headers: {name}")
            self.assertEqual(reply.header("Access-Control-Allow-Headers"),
                             name if allowed else None, name)

    def test_preflight_without_headers(self):
        reply = self.preflight("http://localhost")
        self.assertEqual((reply.status, reply.header("Access-Control-Allow-Headers")), (204, None))

    def test_preflight_that_asks_for_too_much(self):
        names = ", ".join(f"mcp-param-{i}" for i in range(200))
        reply = self.preflight("http://localhost", f"Access-Control-Request-Headers: {names}")
        self.assertEqual((reply.status, reply.header("Access-Control-Allow-Headers")), (204, None))

    def test_preflight_of_another_origin(self):
        for origin in FOREIGN:
            reply = self.preflight(origin, "Access-Control-Request-Headers: content-type")
            self.assertEqual((reply.status, self.fields(reply)), (403, {}))

    def test_options_that_is_not_a_preflight(self):
        self.assertEqual(self.ask(get("/mcp", method="OPTIONS")).status, 405)
        self.assertEqual(self.preflight("http://localhost", path="/nothing").status, 404)
        self.assertEqual(self.preflight("http://localhost", path="/healthz").status, 405)


if __name__ == "__main__":
    echo.main()
