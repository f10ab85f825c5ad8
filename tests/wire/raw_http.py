#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Requests byte by byte against the transport: heads that parsers differ about, who may ask,
limits at n-1, n and n+1."""

import json

import echo
from echo import BODY, JSON, LENGTH, chunked, get, head, message, post, request, with_body

# name: bytes, status. All of these also close the connection, because nobody can be sure where the
# next request would begin.
MALFORMED = {
    "no request line": (b"GARBAGE\r\n\r\n", 400),
    "empty method": (b" /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "no version": (b"GET /mcp\r\nHost: localhost\r\n\r\n", 400),
    "wrong version": (b"GET /mcp HTTQ/1.1\r\nHost: localhost\r\n\r\n", 400),
    "version 2": (b"GET /mcp HTTP/2.0\r\nHost: localhost\r\n\r\n", 505),
    "TLS on a plain port": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n", 400),
    "no Host": (head(JSON, LENGTH) + BODY, 400),
    "no Host, HTTP/1.0": (head(JSON, LENGTH, start="POST /mcp HTTP/1.0") + BODY, 400),
    "two Hosts": (with_body("Host: localhost"), 400),
    "two Hosts, other case": (with_body("hOST: evil"), 400),
    "length and chunks": (with_body("Transfer-Encoding: chunked"), 400),
    "two lengths, different": (with_body("Content-Length: 0"), 400),
    "two lengths, equal": (with_body(LENGTH), 400),
    "length list": (head("Host: localhost", JSON, "Content-Length: 2, 2") + b"{}", 400),
    "length negative": (head("Host: localhost", JSON, "Content-Length: -2") + b"{}", 400),
    "length signed": (head("Host: localhost", JSON, "Content-Length: +2") + b"{}", 400),
    "length hexadecimal": (head("Host: localhost", JSON, "Content-Length: 0x2") + b"{}", 400),
    "length empty": (head("Host: localhost", JSON, "Content-Length:") + b"{}", 400),
    "length beyond 64 bits": (
        head("Host: localhost", JSON, "Content-Length: 99999999999999999999"), 413),
    "two encodings": (head("Host: localhost", JSON, "Transfer-Encoding: chunked",
                           "Transfer-Encoding: chunked") + chunked(BODY), 400),
    "encoding gzip": (head("Host: localhost", JSON, "Transfer-Encoding: gzip") + BODY, 400),
    "encoding gzip, chunked": (
        head("Host: localhost", JSON, "Transfer-Encoding: gzip, chunked") + chunked(BODY), 400),
    "encoding chunked, chunked": (
        head("Host: localhost", JSON, "Transfer-Encoding: chunked, chunked") + chunked(BODY), 400),
    "encoding xchunked": (
        head("Host: localhost", JSON, "Transfer-Encoding: xchunked") + chunked(BODY), 400),
    "chunks in HTTP/1.0": (head("Host: localhost", JSON, "Transfer-Encoding: chunked",
                                start="POST /mcp HTTP/1.0") + chunked(BODY), 400),
    "encoding with a tab": (
        head("Host: localhost", JSON, "Transfer-Encoding:\x0bchunked") + chunked(BODY), 400),
    "space before colon": (with_body("X-A : b"), 400),
    "Content-Length with space": (
        head("Host: localhost", JSON, f"Content-Length : {len(BODY)}") + BODY, 400),
    "no colon": (with_body("nonsense"), 400),
    "empty name": (with_body(": b"), 400),
    "name with a slash": (with_body("X/A: b"), 400),
    "name with a high byte": (with_body("X-\xe9: b"), 400),
    "folded with a space": (with_body("X-A: b\r\n c"), 400),
    "folded with a tab": (with_body("X-A: b\r\n\tc"), 400),
    "folded first field": (head(" X: y", "Host: localhost", JSON, LENGTH) + BODY, 400),
    "folded length": (
        head("Host: localhost", JSON, "Content-Length:\r\n 2") + b"{}", 400),
    "folded last field": (with_body("X-A: b", "X-B: c\r\n d"), 400),
    "NUL in a name": (with_body("X\0A: b"), 400),
    "NUL in a value": (with_body("X-A: b\0c"), 400),
    "NUL at the end of a value": (with_body("X-A: b\0"), 400),
    "NUL at the end of a middle value": (with_body("X-A: b\0", "X-B: c"), 400),
    "NUL in the target": (head("Host: localhost", JSON, LENGTH, start="POST /mcp\0 HTTP/1.1") + BODY, 400),
    "bell in a value": (with_body("X-A: b\x07c"), 400),
    "DEL in a value": (with_body("X-A: b\x7fc"), 400),
    "lone CR in a value": (with_body("X-A: b\rContent-Length: 0"), 400),
    "bare LF after the line": (with_body("X-A: b").replace(b"HTTP/1.1\r\n", b"HTTP/1.1\n"), 400),
    "bare LF after a field": (with_body("X-A: b\nX-B: c"), 400),
    "bare LF at the end": (with_body("X-A: b").replace(b"\r\n\r\n", b"\r\n\n"), 400),
    "two Origins": (with_body("Origin: http://localhost", "Origin: http://localhost"), 400),
    "two Authorizations": (with_body("Authorization: Bearer a", "Authorization: Bearer b"), 400),
    "two Content-Types": (with_body("Content-Type: text/plain"), 400),
    "two Mcp-Method": (with_body("Mcp-Method: a", "Mcp-Method: a"), 400),
    "two Mcp-Name": (with_body("Mcp-Name: a", "mcp-name: b"), 400),
    "two Mcp-Session-Id": (with_body("Mcp-Session-Id: a", "MCP-Session-ID: b"), 400),
    "two MCP-Protocol-Version": (
        with_body("MCP-Protocol-Version: 2026-07-28", "MCP-Protocol-Version: 2025-11-25"), 400),
    "two Mcp-Param-X": (with_body("Mcp-Param-X: a", "Mcp-Param-x: a"), 400),
    "10,000 bytes of head": (with_body("X-A: " + "a" * 10000), 431),
    "20,000 bytes of head": (with_body("X-A: " + "a" * 20000), 431),
    "20,000 bytes of target": (get("/" + "a" * 20000), 414),
    "9,000 bytes of target": (get("/" + "a" * 9000), 414),
    "version 0.9": (b"GET /mcp HTTP/0.9\r\nHost: localhost\r\n\r\n", 505),
    "method with a bracket": (b"G(T /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "200 cookies": (with_body("Cookie: " + "; ".join(["a=b"] * 200)), 431),
    "200 arguments": (post(BODY, path="/mcp?" + "&".join(["a=b"] * 200)), 431),
    "101 fields": (with_body(*[f"X-{i}: b" for i in range(98)]), 431),
    "1,000 fields": (with_body(*[f"X{i}:" for i in range(1000)]), 431),
}

CHUNKS_MALFORMED = {
    "no size": b"\r\n{}\r\n0\r\n\r\n",
    "size no number": b"zz\r\n{}\r\n0\r\n\r\n",
    "size with sign": b"+2\r\n{}\r\n0\r\n\r\n",
    "size with 0x": b"0x2\r\n{}\r\n0\r\n\r\n",
    "data longer than size": b"1\r\n{}\r\n0\r\n\r\n",
    "bare LF behind a size": b"2\n{}\r\n0\r\n\r\n",
    "bare LF behind the data": b"2\r\n{}\n0\r\n\r\n",
    "bare LF behind the last size": b"2\r\n{}\r\n0\n\r\n",
    "bare LF at the end": b"2\r\n{}\r\n0\r\n\n",
    "bare LFs alone": b"2\n{}\n0\n\n",
    "bare LF in a trailer": b"2\r\n{}\r\n0\r\nX: y\n\r\n",
    "size beyond 64 bits": b"fffffffffffffffff\r\n{}\r\n0\r\n\r\n",
}

# Host or Origin, and whether it may pass on loopback.
HOSTS = [
    ("localhost", 1), ("LocalHost", 1), ("localhost:1", 1), ("127.0.0.1", 1), ("127.0.0.1:65535", 1),
    ("[::1]", 1), ("[::1]:80", 1), ("[0:0:0:0:0:0:0:1]", 1),
    ("good.example", 1), ("good.example:99", 1), ("port.example:8443", 1),
    ("port.example", 0), ("port.example:8444", 0),
    ("evil.example", 0), ("localhost.evil.example", 0), ("evil.example:127.0.0.1", 0),
    ("127.0.0.1.nip.io", 0), ("127.0.0.2", 0), ("127.1", 0), ("2130706433", 0), ("0x7f.1", 0),
    ("localhost:", 0), ("localhost:x", 0), ("localhost:65536", 0), ("localhost:80:80", 0),
    ("localhost@evil.example", 0), ("evil.example#localhost", 0), ("localhost/", 0),
    ("localhost, evil.example", 0), ("", 0), ("::1", 0), ("[::1", 0), ("[::1]x", 0),
    ("localhost.", 0), ("xgood.example", 0), ("good.example.evil", 0), ("[::ffff:127.0.0.1]", 0),
]
ORIGINS = [
    ("http://localhost", 1), ("https://localhost:3000", 1), ("http://127.0.0.1:6274", 1),
    ("http://[::1]:80", 1), ("HTTP://LOCALHOST", 1),
    ("https://app.example", 1), ("https://app.example:443", 1), ("vscode-webview://panel", 1),
    ("http://app.example", 0), ("https://app.example:444", 0), ("https://sub.app.example", 0),
    ("https://app.example.evil", 0), ("vscode-webview://panel2", 0),
    ("null", 0), ("NULL", 0), ("", 0), ("http://", 0), ("localhost", 0), ("http:localhost", 0),
    ("http://evil.example", 0), ("http://localhost.evil.example", 0),
    ("http://127.0.0.1.nip.io", 0), ("http://localhost@evil.example", 0),
    ("http://evil.example#localhost", 0), ("http://evil.example/localhost", 0),
    ("http://localhost/", 0), ("http://localhost?x", 0), ("http://localhost:", 0),
    ("file://localhost", 0), ("ftp://localhost", 0), ("http://localhost http://evil.example", 0),
    ("http://localhost\\@evil.example", 0), ("http://loc%61lhost", 0), ("http://127.0.0.2", 0),
]


class Http(echo.OneServer):
    OPTIONS = ("--body", "100000", "--host", "good.example", "--host", "port.example:8443",
               "--origin", "https://app.example", "--origin", "vscode-webview://panel")

    # ---- heads

    def test_malformed_heads_are_refused_and_closed(self):
        for name, (data, status) in MALFORMED.items():
            with self.subTest(name), self.server.connect() as peer:
                peer.send(data)
                reply = peer.reply()
                self.assertEqual(reply.status, status)
                self.assertTrue(reply.closes)
                self.check_error(reply)
                self.assertEqual(peer.to_end(), b"")

    def check_error(self, reply, id=None):
        """Every refusal is JSON-RPC, in our words; nothing of the library's gets out."""
        self.assertEqual(reply.header("Content-Type"), "application/json")
        body = json.loads(reply.body)
        self.assertEqual((body["jsonrpc"], body.get("id")), ("2.0", id))
        self.assertLess(body["error"]["code"], 0)
        self.assertGreater(len(body["error"]["message"]), 20)

    def test_malformed_in_pieces(self):
        for name, (data, status) in MALFORMED.items():
            with self.subTest(name), self.server.connect() as peer:
                for i in range(0, len(data), 7):
                    try:
                        peer.send(data[i:i + 7])
                    except OSError:  # it has been refused already
                        break
                self.assertEqual(peer.reply().status, status)

    def test_malformed_behind_a_good_one(self):
        """What came before is answered first, and nothing is said twice."""
        for name, (data, status) in MALFORMED.items():
            for do in ("echo", "later"):
                with self.subTest(name), self.server.connect() as peer:
                    peer.send(request(do, 20) + data)
                    reply = peer.reply()
                    self.assertEqual((reply.status, reply.body), (200, message(do, 20)))
                    self.assertEqual(peer.reply().status, status)
                    self.assertEqual(peer.to_end(), b"")

    def test_malformed_chunks_are_refused_and_closed(self):
        for name, data in CHUNKS_MALFORMED.items():
            with self.subTest(name), self.server.connect() as peer:
                peer.send(head("Host: localhost", JSON, "Transfer-Encoding: chunked") + data)
                reply = peer.reply()
                self.assertIn(reply.status, (400, 413))
                self.check_error(reply)
                self.assertEqual(peer.to_end(), b"")
            with self.subTest(name), self.server.connect() as peer:
                peer.send(head("Host: localhost", JSON, "Transfer-Encoding: chunked"))
                for i in range(len(data)):
                    try:
                        peer.send(data[i:i + 1])
                    except OSError:
                        break
                self.assertIn(peer.reply().status, (400, 413))
                self.assertEqual(peer.to_end(), b"")

    def test_coded_bodies_are_refused(self):
        for coding, status in (("gzip", 415), ("identity, br", 415), ("identity", 200),
                               (" Identity ,", 200), ("", 200), ("x-unknown", 415)):
            reply = self.ask(with_body(f"Content-Encoding: {coding}"))
            self.assertEqual(reply.status, status, coding)
        self.assertEqual(self.ask(with_body("Content-Encoding: identity",
                                            "Content-Encoding: gzip")).status, 415)

    def test_nothing_of_a_malformed_request_is_delivered(self):
        before = self.server.state()
        for data, _ in MALFORMED.values():
            with self.server.connect() as peer:
                peer.send(data.replace(BODY, message("hold")))
                peer.to_end()
        after = self.server.state()
        self.assertEqual(after["finished"] - before["finished"], 1)
        self.assertEqual(after["held"], before["held"])

    def test_smuggled_request_is_not_served(self):
        inner = get("/healthz")
        for outer in (head("Host: localhost", JSON, "Content-Length: 0",
                           "Transfer-Encoding: chunked"),
                      head("Host: localhost", JSON, "Content-Length: 0",
                           f"Content-Length: {len(inner)}"),
                      head("Host: localhost", JSON, "Content-Length: 0", "X: y\n", "Z: z")):
            with self.server.connect() as peer:
                peer.send(outer + inner)
                answer = peer.to_end()
                self.assertEqual(answer.count(b"HTTP/1.1 "), 1)
                self.assertTrue(answer.startswith(b"HTTP/1.1 400 "))

    def test_head_limit_is_exact(self):
        for size, status in ((8191, 200), (8192, 200), (8193, 431)):
            data = with_body("X-A: ")
            pad = size - (len(data) - len(BODY))
            reply = self.ask(with_body("X-A: " + "a" * pad))
            self.assertEqual(reply.status, status, size)

    def test_all_that_the_gate_lets_through_fits(self):
        """A head of any shape up to the limits is served; the library never has to refuse it, and
        only cookies, which it copies, take more memory than there is."""
        def shapes(n):
            yield "fields", [f"X-{i}: b" for i in range(n)], "/mcp"
            yield "cookies", ["Cookie: " + "; ".join(["a=b"] * n)], "/mcp"
            yield "arguments", [], "/mcp?" + "&".join(["a=b"] * n)
            yield "large cookie", ["Cookie: a=" + "b" * 7000] + [f"X-{i}:" for i in range(n)], "/mcp"
            yield "huge cookie", ["Cookie: a=" + "b" * 8000], "/mcp"
        for n in (1, 20, 50, 80, 94):
            for shape, lines, path in shapes(n):
                for size in (1000, 4000, 7500, 8000, 8192):
                    data = post(BODY, *lines, "X-A: ", path=path)
                    pad = max(size - (len(data) - len(BODY)), 0)
                    with self.subTest(shape, n=n, size=size), self.server.connect() as peer:
                        peer.send(data.replace(b"X-A: ", b"X-A: " + b"a" * pad))
                        reply = peer.reply()
                        if reply.status == 431 and "cookie" in shape:
                            self.check_error(reply)
                            self.assertGreater(len(data), 7000)
                        else:
                            self.assertEqual(reply.status, 200)
                            self.alive(peer)

    def test_errors_are_small_json_rpc_errors_without_id(self):
        for data, code in ((with_body("Mcp-Name: a", "Mcp-Name: a"), -32020),
                           (with_body("X/A: b"), -32600),
                           (post(BODY, kind="text/plain"), -32600),
                           (post(BODY, host="evil.example"), -32600)):
            reply = self.ask(data)
            self.assertEqual(reply.header("Content-Type"), "application/json")
            error = json.loads(reply.body)
            self.assertEqual(error["jsonrpc"], "2.0")
            self.assertNotIn("id", error)
            self.assertEqual(error["error"]["code"], code)
            self.assertGreater(len(error["error"]["message"]), 10)

    def test_odd_but_valid_heads_are_served(self):
        for name, lines in {
                "blanks around values": ["X-A: \t b \t"], "no blank": ["X-A:b"],
                "empty value": ["X-A:", "X-B: "], "high bytes": ["X-A: \xe9\xff"],
                "99 fields": [f"X-{i}: b" for i in range(97)],
                "odd token": ["!#$%&'*+-.^_`|~: b"], "cookies": ["Cookie: a=b; c=\"d\""],
                "repeated others": ["X-A: 1", "X-A: 2", "Accept: a/b", "Accept: c/d"],
                "query": [], "keep-alive": ["Connection: keep-alive"]}.items():
            with self.subTest(name):
                self.assertEqual(self.ask(with_body(*lines)).status, 200)
        self.assertEqual(self.ask(post(BODY, path="/mcp?x=%2f")).status, 200)
        self.assertEqual(self.ask(b"\r\n\r\n" + with_body()).status, 200)
        self.assertEqual(self.ask(
            head("Host: localhost", "Transfer-Encoding: CHUNKED", JSON) + chunked(BODY)).status, 200)

    def test_values_reach_the_receiver_trimmed(self):
        reply = self.ask(post(message("headers"), "Mcp-Name: \t a b \t ", "mcp-PARAM-one:1",
                              "Mcp-Param-Two: zwei ", "X-Mcp-Param-No: 3"))
        self.assertEqual(json.loads(reply.body),
                         {"Mcp-Name": "a b", "mcp-PARAM-one": "1", "Mcp-Param-Two": "zwei"})

    # ---- who may ask, and for what

    def test_host(self):
        for host, allowed in HOSTS:
            for data in (post(BODY, host=host), get("/healthz", host=host),
                         get("/mcp", host=host, method="DELETE")):
                with self.subTest(host=host, data=data):
                    status = self.ask(data).status
                    self.assertEqual(status not in (400, 403), bool(allowed))

    def test_origin(self):
        for origin, allowed in ORIGINS:
            for data in (post(BODY, f"Origin: {origin}"), get("/readyz", f"Origin: {origin}"),
                         get("/nothing", f"Origin: {origin}")):
                with self.subTest(origin=origin, data=data):
                    reply = self.ask(data)
                    self.assertEqual(reply.status == 403, not allowed)

    def test_routes(self):
        for path, status in (("/mcp", 200), ("/mcp/", 200), ("/mcp//", 404), ("/mcpx", 404), ("/", 404), ("/MCP", 404),
                             ("/%6dcp", 404), ("//mcp", 404), ("/mcp;x", 404), ("/./mcp", 404),
                             ("*", 404), ("mcp", 404)):
            reply = self.ask(post(BODY, path=path))
            self.assertEqual(reply.status, status, path)
        self.assertEqual(self.ask(get("/nothing")).header("Content-Type"),
                         "application/json")

    def test_absolute_target(self):
        """RFC 9112, 3.2.2: it must be served, and names the host in place of Host."""
        for target, status in (
                ("http://localhost/mcp", 200), ("HTTP://LOCALHOST:80/mcp/", 200),
                ("http://127.0.0.1:1/mcp?x=1", 200), ("https://good.example/mcp", 200),
                ("http://[::1]/mcp", 200), ("http://localhost/nothing", 404),
                ("http://localhost", 404), ("http://localhost?x", 404),
                ("http://localhost//mcp", 404), ("http://user@localhost/mcp", 404),
                ("ftp://localhost/mcp", 404), ("http:///mcp", 404), ("http:/mcp", 404),
                ("http://evil.example/mcp", 403), ("http://localhost.evil.example/mcp", 403)):
            with self.subTest(target):
                self.assertEqual(self.ask(post(BODY, path=target)).status, status)
        self.assertEqual(self.ask(get("http://localhost/healthz")).body, b"ok")
        self.assertEqual(
            self.ask(post(BODY, path="http://localhost/mcp", host="evil.example")).status, 200)
        self.assertEqual(
            self.ask(post(BODY, path="http://evil.example/mcp", host="localhost")).status, 403)
        self.assertEqual(self.ask(head(JSON, LENGTH, start="POST http://localhost/mcp HTTP/1.1") +
                                  BODY).status, 400)

    def test_methods(self):
        for method in ("PUT", "PATCH", "HEAD", "TRACE", "CONNECT", "post", "BREW"):
            with self.server.connect() as peer:
                peer.send(get("/mcp", method=method))
                reply = peer.reply(head_only=method == "HEAD")
                self.assertEqual((reply.status, reply.header("Allow")),
                                 (405, "POST"), method)
                self.alive(peer)
        for method in ("GET", "DELETE"):
            reply = self.ask(get("/mcp", method=method))
            self.assertEqual((reply.status, reply.body, reply.header("Allow")),
                             (405, b'"other %s"' % method.encode(), "POST"))

    def test_health(self):
        for path in ("/healthz", "/readyz"):
            reply = self.ask(get(path))
            self.assertEqual((reply.status, reply.body), (200, b"ok"))
            with self.server.connect() as peer:
                peer.send(get(path, method="HEAD"))
                reply = peer.reply(head_only=True)
                self.assertEqual((reply.status, reply.header("Content-Length")), (200, "2"))
                self.alive(peer)
            self.assertEqual(self.ask(post(BODY, path=path)).status, 405)
        self.server.call("unready", 1)
        reply = self.ask(get("/readyz"))
        self.assertEqual((reply.status, reply.body), (503, b"not yet"))
        self.assertEqual(self.ask(get("/healthz")).status, 200)
        self.server.call("unready", 0)
        self.assertEqual(self.ask(get("/readyz")).status, 200)

    def test_content_type(self):
        for kind, status in (("application/json", 200), ("Application/JSON", 200),
                             ("application/json; charset=utf-8", 200), ("application/json;", 200),
                             ("text/plain", 415), ("application/json5", 415), (None, 415),
                             ("", 415), ("application/jso", 415), ("text/json", 415),
                             ("application/json, text/plain", 415), ("multipart/form-data", 415),
                             ("application/x-www-form-urlencoded", 415)):
            self.assertEqual(self.ask(post(BODY, kind=kind)).status, status, kind)

    # ---- bodies

    def test_body_limit_is_exact(self):
        for size, status in ((99999, 200), (100000, 200), (100001, 413)):
            body = b'"' + b"x" * (size - 2) + b'"'
            with self.server.connect() as peer:
                peer.send(post(body))
                reply = peer.reply()
                self.assertEqual((reply.status, reply.closes), (status, status == 413), size)
                self.assertEqual(reply.body == body, status == 200)
            with self.server.connect() as peer:
                peer.send(head("Host: localhost", JSON, "Transfer-Encoding: chunked") +
                          chunked(body, 1, 7, 30000, 4096))
                reply = peer.reply()
                self.assertEqual((reply.status, reply.closes), (status, status == 413), size)

    def test_413_is_readable_while_the_client_still_sends(self):
        body = b"x" * 5000000
        for data in (post(body), head("Host: localhost", JSON, "Transfer-Encoding: chunked") +
                     chunked(body, *[60000] * 100), post(body, path="/nothing"),
                     post(body, host="evil.example"), with_body("X/A: b") + body):
            with self.server.connect() as peer:
                peer.send(data)  # all of it, before reading
                reply = peer.reply()
                self.assertIn(reply.status, (400, 403, 404, 413))
                self.assertTrue(reply.closes)
                self.assertEqual(peer.to_end(), b"")

    def test_413_does_not_wait_for_the_body(self):
        with self.server.connect() as peer:
            peer.send(head("Host: localhost", JSON, "Content-Length: 1000000000"))
            self.assertEqual(peer.reply().status, 413)

    def test_413_has_the_id_of_the_request(self):
        """Wherever it stands, so that the client need not wait until its own time is over."""
        long = b"x" * 100000
        for body, id in (
                (b'{"jsonrpc":"2.0","id":7,"method":"a","params":{"b":"%s"}}' % long, 7),
                (b'{"method":"a","params":{"b":"%s","id":1},"jsonrpc":"2.0","id":"z"}' % long, "z"),
                (b'{"jsonrpc":"2.0","id":7,"result":{"b":"%s"}}' % long, None),
                (b'{"jsonrpc":"2.0","method":"a","params":{"b":"%s"}}' % long, None),
                (b'{"id":7,"method":"a","b":"%s","id":8}' % long, None),
                (b'[{"id":7,"method":"a","b":"%s"}]' % long, None)):
            for data in (post(body), head("Host: localhost", JSON, "Transfer-Encoding: chunked") +
                         chunked(body, 1, 2000, 90000, 5)):
                with self.subTest(body[:40]), self.server.connect() as peer:
                    peer.send(data)
                    reply = peer.reply()
                    self.assertEqual((reply.status, reply.closes), (413, True))
                    self.check_error(reply, id)
                    self.assertEqual(peer.to_end(), b"")

    def test_413_of_what_does_not_end(self):
        """A client that sends no more, or far too much, is answered all the same."""
        start = b'{"jsonrpc":"2.0","id":7,"method":"a","params":{"b":"'
        length = head("Host: localhost", JSON, "Content-Length: 100001")
        chunks = head("Host: localhost", JSON, "Transfer-Encoding: chunked")
        for data, id in ((length, None), (length + start, 7), (length + b'{"id":7', None),
                         (chunks + chunked(start + b"x" * 500000)[:-5], 7)):
            with self.subTest(data[-40:]), self.server.connect() as peer:
                peer.send(data)
                reply = peer.reply()
                self.assertEqual((reply.status, reply.closes), (413, True))
                self.check_error(reply, id)

    def test_expect_continue(self):
        for body, lines in ((BODY, [LENGTH]), (chunked(BODY), ["Transfer-Encoding: chunked"])):
            with self.server.connect() as peer:
                peer.send(head("Host: localhost", JSON, "Expect: 100-continue", *lines))
                self.assertEqual(peer.reply().status, 100)
                peer.send(body)
                self.assertEqual(peer.reply().body, BODY)
                self.alive(peer)
        for data, status in (
                (head("Host: localhost", JSON, "Expect: 100-continue", "Content-Length: 100001"),
                 413),
                (head("Host: localhost", "Expect: 100-continue", LENGTH), 415),
                (head("Host: evil", JSON, "Expect: 100-continue", LENGTH), 403)):
            self.assertEqual(self.ask(data).status, status)

    def test_bodies_in_pieces(self):
        with self.server.connect() as peer:
            for byte in request("echo"):
                peer.send(bytes([byte]))
            self.assertEqual(peer.reply().body, BODY)
            data = head("Host: localhost", JSON, "Transfer-Encoding: chunked") + \
                chunked(BODY, *[1] * 50).replace(b"0\r\n\r\n", b"0;ext=1\r\nTrailer: x\r\n\r\n")
            for i in range(0, len(data), 3):
                peer.send(data[i:i + 3])
            self.assertEqual(peer.reply().body, BODY)

    def test_empty_body_is_delivered(self):
        self.assertEqual(self.ask(post(b"")).status, 200)

    def test_bodies_where_none_is_expected(self):
        with self.server.connect() as peer:
            for method in ("GET", "DELETE", "PUT"):
                peer.send(get("/mcp", "Content-Length: 5", method=method) + b"hello")
                self.assertEqual(peer.reply().status, 405)
                peer.send(get("/healthz", "Transfer-Encoding: chunked") + chunked(b"hello"))
                self.assertEqual(peer.reply().status, 200)
            self.alive(peer)
            peer.send(get("/mcp", "Content-Length: 70000"))
            self.assertEqual(peer.reply().status, 413)


if __name__ == "__main__":
    echo.main()
