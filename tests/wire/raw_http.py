#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""HTTP byte by byte against the transport: heads that parsers differ about, limits at n-1, n and
n+1, peers that leave, are slow or are many, draining, TLS, unix and systemd sockets."""

import json
import os
import socket
import ssl
import stat
import subprocess
import threading
import time
import unittest
import warnings

import echo
from echo import Closed, Peer, Server, chunked, get, message, post, request, temporary

BODY = message("echo")
SSE = "application/json, text/event-stream"


def head(*lines, start="POST /mcp HTTP/1.1"):
    return "\r\n".join([start, *lines, "", ""]).encode("latin-1")


def with_body(*lines):
    return head("Host: localhost", "Content-Type: application/json",
                f"Content-Length: {len(BODY)}", *lines) + BODY


JSON = "Content-Type: application/json"
LENGTH = f"Content-Length: {len(BODY)}"

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
    "101 fields": (with_body(*[f"X-{i}: b" for i in range(98)]), 431),
    "1,000 fields": (with_body(*[f"X{i}:" for i in range(1000)]), 431),
}

CHUNKS_MALFORMED = {
    "no size": b"\r\n{}\r\n0\r\n\r\n",
    "size no number": b"zz\r\n{}\r\n0\r\n\r\n",
    "size with sign": b"+2\r\n{}\r\n0\r\n\r\n",
    "size with 0x": b"0x2\r\n{}\r\n0\r\n\r\n",
    "data longer than size": b"1\r\n{}\r\n0\r\n\r\n",
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
ACCEPTS = [
    (SSE, 1), ("text/event-stream", 1), ("*/*", 1), ("text/*", 1), ("TEXT/EVENT-STREAM", 1),
    ("application/json;q=0.5 , text/event-stream ; charset=utf-8; q=0.1", 1),
    ("application/json", 0), (None, 0), ("", 0), ("text/event-stream;q=0", 0),
    ("text/event-stream; q=0.000", 0), ("text/event-streams", 0), ("xtext/event-stream", 0),
    ("text/html", 0), (";", 0), (",,,", 0), ("text/event-stream;q=", 0),
]


class Http(unittest.TestCase):
    """Against one server for all."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server("--tcp", "127.0.0.1", "0", "--body", "100000",
                            "--host", "good.example", "--host", "port.example:8443",
                            "--origin", "https://app.example", "--origin", "vscode-webview://panel")

    @classmethod
    def tearDownClass(cls):
        with cls.server:
            pass

    def ask(self, data):
        with self.server.connect() as peer:
            peer.send(data)
            return peer.reply()

    def alive(self, peer):
        """The connection still serves."""
        reply = peer.call("echo")
        self.assertEqual((reply.status, reply.body), (200, BODY))

    # ---- heads

    def test_malformed_heads_are_refused_and_closed(self):
        for name, (data, status) in MALFORMED.items():
            with self.subTest(name), self.server.connect() as peer:
                peer.send(data)
                reply = peer.reply()
                self.assertEqual(reply.status, status)
                self.assertTrue(reply.closes)
                if not name.startswith("length "):  # there MHD answers, and repeats the head
                    self.assertEqual(peer.to_end(), b"")

    def test_malformed_chunks_are_refused_and_closed(self):
        for name, data in CHUNKS_MALFORMED.items():
            with self.subTest(name), self.server.connect() as peer:
                peer.send(head("Host: localhost", JSON, "Transfer-Encoding: chunked") + data)
                self.assertIn(peer.reply().status, (400, 413))
                self.assertEqual(peer.to_end(), b"")

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
                    self.assertEqual(reply.header("Access-Control-Allow-Origin"),
                                     origin if allowed else None)
                    self.assertEqual(reply.header("Access-Control-Expose-Headers"),
                                     "Mcp-Session-Id, WWW-Authenticate" if allowed else None)

    def test_preflight(self):
        asked = "content-type, MCP-Protocol-Version,mcp-param-x, x-evil, authorization"
        reply = self.ask(get("/mcp", "Origin: https://app.example", "Access-Control-Request-Method:"
                             " POST", f"Access-Control-Request-Headers: {asked}", method="OPTIONS"))
        self.assertEqual((reply.status, reply.body), (204, b""))
        self.assertEqual(reply.header("Access-Control-Allow-Origin"), "https://app.example")
        self.assertEqual(reply.header("Access-Control-Allow-Methods"), "GET, POST, DELETE")
        self.assertEqual(reply.header("Access-Control-Allow-Headers"),
                         "content-type, MCP-Protocol-Version, mcp-param-x, authorization")
        self.assertEqual(reply.header("Vary"), "Origin")
        reply = self.ask(get("/mcp", "Origin: http://evil.example", method="OPTIONS"))
        self.assertEqual((reply.status, reply.header("Access-Control-Allow-Origin")), (403, None))
        self.assertEqual(self.ask(get("/mcp", method="OPTIONS")).status, 405)

    def test_routes(self):
        for path, status in (("/mcp", 200), ("/mcp/", 404), ("/", 404), ("/MCP", 404),
                             ("/%6dcp", 404), ("//mcp", 404), ("/mcp;x", 404), ("/./mcp", 404),
                             ("http://localhost/mcp", 404), ("*", 404), ("mcp", 404)):
            reply = self.ask(post(BODY, path=path))
            self.assertEqual(reply.status, status, path)
        self.assertEqual(self.ask(get("/nothing")).header("Content-Type"), "text/plain")

    def test_methods(self):
        for method in ("PUT", "PATCH", "HEAD", "TRACE", "CONNECT", "post", "BREW"):
            with self.server.connect() as peer:
                peer.send(get("/mcp", method=method))
                reply = peer.reply(head_only=method == "HEAD")
                self.assertEqual((reply.status, reply.header("Allow")),
                                 (405, "GET, POST, DELETE"), method)
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

    # ---- connections

    def test_connection_lives_on_after_errors(self):
        with self.server.connect() as peer:
            for data, status in ((post(BODY, path="/nothing"), 404), (post(BODY, kind=None), 415),
                                 (post(BODY, host="evil"), 403), (get("/mcp", method="PUT"), 405),
                                 (post(BODY, "Origin: null"), 403), (request("status", 400), 400),
                                 (request("status", 404), 404), (request("none"), 202)):
                peer.send(data)
                reply = peer.reply()
                self.assertEqual((reply.status, reply.closes), (status, False))
                self.alive(peer)

    def test_pipelined_requests_are_answered_in_order(self):
        wanted = [("echo", 1, 200), ("later", 20, 200), ("none", 0, 202), ("notify", 2, 200),
                  ("drip", 2, 200), ("status", 404, 404), ("echo", 2, 200)] * 5
        with self.server.connect() as peer:
            peer.send(b"".join(request(do, n, Accept=SSE) for do, n, _ in wanted))
            for do, n, status in wanted:
                reply = peer.reply()
                self.assertEqual(reply.status, status)
                if do in ("notify", "drip"):
                    self.assertEqual(reply.events()[-1], {"do": do, "n": n})
                else:
                    self.assertEqual(reply.body, b"" if do == "none" else message(do, n))

    def test_many_connections_at_once(self):
        """MHD's own epoll thread stalls at multiples of 128 ready connections."""
        for n in (128, 256, 384):
            peers = [self.server.connect() for _ in range(n)]
            for _ in range(3):
                for peer in peers:
                    peer.send(request("echo"))
                for peer in peers:
                    self.assertEqual(peer.reply().body, BODY)
            for peer in peers:
                peer.sock.close()

    def test_http_1_0(self):
        lines = ("Host: localhost", JSON, LENGTH, f"Accept: {SSE}")
        self.assertEqual(self.ask(head(*lines, start="POST /mcp HTTP/1.0") + BODY).body, BODY)
        body = message("drip", 2)
        with self.server.connect() as peer:
            peer.send(head("Host: localhost", JSON, f"Content-Length: {len(body)}",
                           f"Accept: {SSE}", start="POST /mcp HTTP/1.0") + body)
            reply = peer.reply()
            self.assertIsNone(reply.header("Transfer-Encoding"))
            self.assertEqual(len(reply.events()), 3)

    # ---- answers

    def test_answer_has_status_headers_and_no_body_when_none(self):
        reply = self.server.call("none")
        self.assertEqual((reply.status, reply.body, reply.header("Content-Type")),
                         (202, b"", None))
        reply = self.server.call("status", 503)
        self.assertEqual((reply.status, reply.header("X-Test")), (503, "yes"))

    def test_large_answers(self):
        for n in (100, 20000, 5000000):
            self.assertEqual(len(self.server.call("big", n).body), n + 2)

    def test_stream(self):
        for do in ("notify", "drip"):  # complete before the receiver returns; and not
            for n in (1, 3):
                reply = self.server.call(do, n, Accept=SSE)
                events = reply.events()
                self.assertEqual(reply.status, 200)
                self.assertEqual(reply.header("Content-Type"), "text/event-stream")
                self.assertEqual(reply.header("Cache-Control"), "no-cache, no-transform")
                self.assertEqual(reply.header("X-Accel-Buffering"), "no")
                self.assertEqual(len(events), n + 1)
                self.assertEqual(events[-1], {"do": do, "n": n})
                self.assertEqual({e["jsonrpc"] for e in events[:-1]}, {"2.0"})

    def test_answer_is_json_without_notification(self):
        for do in ("echo", "later"):
            reply = self.server.call(do, 1, Accept=SSE)
            self.assertEqual(reply.header("Content-Type"), "application/json")
            self.assertEqual(reply.body, message(do, 1))

    def test_stream_only_if_accepted(self):
        for accept, allowed in ACCEPTS:
            for do in ("notify", "drip"):
                with self.subTest(accept=accept, do=do):
                    before = self.server.state()
                    reply = self.server.call(do, 2, **({} if accept is None else
                                                       {"Accept": accept}))
                    after = self.server.state()
                    self.assertEqual(reply.header("Content-Type"), "text/event-stream" if allowed
                                     else "application/json")
                    field = "delivered" if allowed else "refused"
                    self.assertEqual(after[field] - before[field], 2)
        with self.server.connect() as peer:
            peer.send(post(message("notify", 1), "Accept: a/b", f"Accept: {SSE}"))
            self.assertEqual(len(peer.reply().events()), 2)

    def test_stream_opens_at_once(self):
        with self.server.connect() as peer:
            peer.send(request("stream", Accept=SSE))
            status, headers = peer.head()
            self.assertEqual(status, 200)
            self.assertIn(("Content-Type", "text/event-stream"), headers)
            self.server.call("release")
            self.assertEqual(peer.chunk(), b"event: message\ndata: %s\n\n" %
                             message("stream"))
            self.assertEqual(peer.chunk(), b"")
            self.alive(peer)

    # ---- peers that leave

    def check_gone(self, data, leave):
        before = self.server.state()
        with self.server.connect() as peer:
            peer.send(data)
            self.server.until(lambda s: s["held"] > before["held"])
            leave(peer.sock)
            after = self.server.until(lambda s: s["closed"] > before["closed"])
        self.assertEqual(after["closed"], before["closed"] + 1)
        self.assertEqual(self.server.until(lambda s: s["open"] == 1)["open"], 1)

    def test_closing_is_noticed(self):
        for do in ("hold", "stream"):
            self.check_gone(request(do, Accept=SSE), lambda s: s.close())

    def test_half_closing_counts_as_gone(self):
        for do in ("hold", "stream"):
            self.check_gone(request(do, Accept=SSE), lambda s: s.shutdown(socket.SHUT_WR))

    def test_reset_is_noticed(self):
        def reset(sock):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            sock.close()
        for do in ("hold", "stream"):
            self.check_gone(request(do, Accept=SSE), reset)

    def test_leaving_is_noticed_behind_pipelined_bytes(self):
        self.check_gone(request("hold") + request("echo") * 3, lambda s: s.close())

    def test_leaving_is_noticed_on_a_later_request(self):
        with self.server.connect() as peer:
            before = self.server.state()
            self.assertEqual(peer.call("later", 1).status, 200)
            peer.send(request("hold"))
            self.server.until(lambda s: s["held"] > before["held"])
            peer.sock.close()
            after = self.server.until(lambda s: s["closed"] > before["closed"])
            self.assertEqual(after["closed"], before["closed"] + 1)

    def test_half_close_right_after_the_request(self):
        before = self.server.state()["closed"]
        with self.server.connect() as peer:  # an immediate answer still arrives
            peer.send(request("echo"))
            peer.sock.shutdown(socket.SHUT_WR)
            self.assertEqual(peer.reply().body, BODY)
            self.assertEqual(peer.to_end(), b"")  # and the connection ends
        with self.server.connect() as peer:  # what takes longer is cancelled
            peer.send(request("hold"))
            peer.sock.shutdown(socket.SHUT_WR)
            self.assertEqual(peer.to_end(), b"")
        self.assertEqual(self.server.until(lambda s: s["closed"] > before)["closed"], before + 1)

    def test_pipelined_bytes_are_not_a_close(self):
        before = self.server.state()
        with self.server.connect() as peer:
            peer.send(request("hold", 1) + request("echo", 2) + request("echo", 3)[:50])
            self.server.until(lambda s: s["held"] > before["held"])
            self.assertEqual(self.server.state()["closed"], before["closed"])
            self.server.call("release")
            self.assertEqual(peer.reply().body, message("hold", 1))
            self.assertEqual(peer.reply().body, message("echo", 2))
            peer.send(request("echo", 3)[50:])
            self.assertEqual(peer.reply().body, message("echo", 3))

    def test_finishing_after_the_peer_left(self):
        before = self.server.state()
        for _ in range(5):
            with self.server.connect() as peer:
                peer.send(request("keep"))
                self.server.until(lambda s: s["held"] > before["held"])
        self.server.until(lambda s: s["closed"] == before["closed"] + 5)
        self.assertEqual(self.server.state()["open"], 6)
        self.server.call("release")
        self.assertEqual(self.server.state()["open"], 1)

    def test_incomplete_requests_are_not_delivered(self):
        before = self.server.state()["finished"]
        data = request("echo")
        for n in (1, 10, 40, len(data) - len(BODY), len(data) - 1):
            with self.server.connect() as peer:
                peer.send(data[:n])
                peer.sock.shutdown(socket.SHUT_WR)
                peer.to_end()
        self.assertEqual(self.server.state()["finished"], before + 1)

    def test_slow_reader_is_cut_off(self):
        before = self.server.state()
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.connect(("127.0.0.1", self.server.port))
            sock.sendall(request("flood", 100000, Accept=SSE))
            after = self.server.until(lambda s: s["closed"] > before["closed"])
        self.assertEqual(after["closed"], before["closed"] + 1)
        self.assertEqual(after["refused"], before["refused"] + 1)
        self.assertGreaterEqual(after["delivered"] - before["delivered"], 16)  # 1 MiB at least

    def test_waiting_costs_no_cpu(self):
        """MHD asks a reader that has nothing to give again and again, unless it is suspended."""
        peers = [self.server.connect() for _ in range(3)]
        for peer, do in zip(peers, ("stream", "hold", "stream")):
            before = self.server.state()["held"]
            peer.send(request(do, Accept=SSE))
            self.server.until(lambda s, n=before: s["held"] > n)
        start = self.cpu_ticks()
        time.sleep(1)
        self.assertLess(self.cpu_ticks() - start, os.sysconf("SC_CLK_TCK") // 4)
        for peer in peers:
            peer.sock.close()

    def cpu_ticks(self):
        with open(f"/proc/{self.server.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    def test_fast_reader_is_not_cut_off(self):
        reply = self.server.call("flood", 100, Accept=SSE)
        self.assertEqual(len(reply.events()), 101)


class Slow(unittest.TestCase):
    """Against a server with short times."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server("--tcp", "127.0.0.1", "0", "--times", "1000,1000,1500,1000,50")

    @classmethod
    def tearDownClass(cls):
        with cls.server:
            pass

    def drip(self, first, piece):
        """Sends a piece now and then until the server has enough of it."""
        with self.server.connect() as peer:
            peer.send(first)
            peer.sock.settimeout(0.05)
            end = time.monotonic() + echo.PATIENCE
            while time.monotonic() < end:
                try:
                    peer.send(piece)
                    peer.more()
                except TimeoutError:
                    continue
                except (Closed, ConnectionError):
                    return peer.data
        self.fail("a slow peer was served for ever")

    def test_slow_head(self):
        self.assertEqual(self.drip(b"POST /mc", b"p"), b"")
        answer = self.drip(b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nX: ", b"y")
        self.assertTrue(answer.startswith(b"HTTP/1.1 408 "))

    def test_slow_body(self):
        answer = self.drip(head("Host: localhost", JSON, "Content-Length: 100000"), b"x")
        self.assertTrue(answer.startswith(b"HTTP/1.1 408 "))

    def test_silent_connections_are_closed(self):
        with self.server.connect() as peer:
            self.assertEqual(peer.to_end(), b"")
        with self.server.connect() as peer:
            self.assertEqual(peer.call("echo").status, 200)
            self.assertEqual(peer.to_end(), b"")

    def test_many_slow_peers_do_not_harm_others(self):
        slow = [self.server.connect() for _ in range(200)]
        for peer in slow:
            peer.send(b"POST /mcp HTTP/1.1\r\nX-A: ")
        for _ in range(100):
            self.assertEqual(self.server.call("echo").body, BODY)
        for peer in slow:
            try:
                peer.to_end()
            except AssertionError:
                pass  # bytes and the deadline crossed
            peer.sock.close()

    def test_long_calls_outlive_all_deadlines(self):
        self.assertEqual(self.server.call("later", 4000).body, message("later", 4000))

    def test_idle_streams_are_kept_alive(self):
        with self.server.connect() as peer:
            peer.send(request("stream", Accept=SSE))
            peer.head()
            for _ in range(70):  # 3.5 s: longer than every deadline
                self.assertEqual(peer.chunk(), b":\n\n")
            self.server.call("release")
            while (piece := peer.chunk()) == b":\n\n":
                pass
            self.assertEqual(piece, b"event: message\ndata: %s\n\n" % message("stream"))

    def test_stalled_answer_is_given_up(self):
        before = self.server.state()["open"]
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.connect(("127.0.0.1", self.server.port))
            sock.sendall(request("big", 20000))
            sock.sendall(request("drip", 1, Accept=SSE))
            sock.sendall(request("big", 30000000))
            self.assertEqual(self.server.until(lambda s: s["open"] == before)["open"], before)


class Life(unittest.TestCase):
    """Servers of their own."""

    def test_drain_closes_at_once_and_resets_nothing(self):
        with Server("--tcp", "127.0.0.1", "0") as server:
            held, idle = server.connect(), server.connect()
            held.send(request("hold"))
            idle.call("echo")
            server.until(lambda s: s["held"] == 1)
            lost, done, draining = [], [], threading.Event()

            def client():
                while not draining.is_set():
                    asked_before = draining.is_set()
                    try:
                        peer = server.connect()
                    except ConnectionRefusedError:
                        return
                    try:
                        closes = False
                        while not closes:
                            reply = peer.call("later", 1)
                            closes = reply.closes
                            done.append(reply.body)
                    except (Closed, ConnectionError) as error:
                        if not asked_before:
                            lost.append(error)
                        return
                    finally:
                        peer.sock.close()

            threads = [threading.Thread(target=client) for _ in range(16)]
            for thread in threads:
                thread.start()
            while len(done) < 1000:
                time.sleep(0.001)
            control = server.connect()
            reply = control.call("drain")
            draining.set()
            self.assertTrue(reply.closes)
            with self.assertRaises(ConnectionRefusedError):
                server.connect()
            for thread in threads:
                thread.join()
            self.assertEqual(lost, [])
            self.assertEqual(set(done), {message("later", 1)})
            # what was accepted is served: the idle connection, and the request under way
            idle.send(get("/readyz"))
            reply = idle.reply()
            self.assertEqual((reply.status, reply.body, reply.closes),
                             (503, b"shutting down", True))
            held.sock.shutdown(socket.SHUT_WR)
            self.assertEqual(held.to_end(), b"")
            for peer in (held, idle, control):
                peer.sock.close()

    def test_drain_answers_what_waits_in_the_backlog(self):
        with Server("--tcp", "127.0.0.1", "0") as server:
            control = server.connect()
            waiting = [server.connect() for _ in range(300)]
            for peer in waiting:
                peer.send(request("echo"))
            control.send(request("drain"))
            for peer in waiting:
                self.assertEqual(peer.reply().body, BODY)
                peer.sock.close()
            self.assertEqual(control.reply().status, 200)
            control.sock.close()

    def test_ends_with_requests_under_way(self):
        with Server("--tcp", "127.0.0.1", "0") as server:
            peers = [server.connect() for _ in range(6)]
            for peer, do in zip(peers, ("hold", "keep", "stream", "later", "drip", "flood")):
                peer.send(request(do, 1000000, Accept=SSE))
            server.until(lambda s: s["held"] == 3)
        for peer in peers:
            peer.sock.close()

    def test_connection_limit(self):
        with Server("--tcp", "127.0.0.1", "0", "--connections", "4") as server:
            peers = [server.connect() for _ in range(8)]
            for peer in peers:
                peer.send(request("echo"))
            for peer in peers:  # the idle ones make room
                self.assertEqual(peer.reply().body, BODY)
            for peer in peers:
                peer.sock.close()
            busy = [server.connect() for _ in range(4)]
            for peer in busy:
                peer.send(request("later", 300))
            outside = server.connect()
            outside.send(request("echo"))
            self.assertEqual(outside.reply().body, BODY)
            for peer in busy:  # nobody who waited for an answer was sent away
                self.assertEqual(peer.reply().body, message("later", 300))
                peer.sock.close()
            outside.sock.close()

    def test_out_of_descriptors(self):
        limit = ["prlimit", "--nofile=40:40"]
        with Server("--tcp", "127.0.0.1", "0", "--connections", "200", start=limit) as server:
            peers = [server.connect() for _ in range(60)]
            for peer in peers:
                peer.send(request("echo"))
            for peer in peers:
                self.assertEqual(peer.reply().body, BODY)
                peer.sock.close()

    def test_two_listeners_and_taken_port(self):
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            self.skipTest("no IPv6 here")
        with Server("--tcp", "127.0.0.1", "0", "--tcp", "::1", "0", expect=2) as server:
            self.assertRegex(server.urls[1], r"^http://\[::1\]:\d+/mcp$")
            port = int(server.urls[1].split(":")[-1].split("/")[0])
            with Peer(socket.create_connection(("::1", port), echo.PATIENCE)) as peer:
                self.assertEqual(peer.call("echo").body, BODY)
            second = subprocess.run([echo.PROGRAM, "--tcp", "127.0.0.1", str(server.port)],
                                    capture_output=True, text=True, check=False)
            self.assertEqual(second.returncode, 1)
            self.assertIn("Address already in use", second.stderr)

    def test_not_on_loopback(self):
        with Server("--tcp", "0.0.0.0", "0") as server:
            with server.connect() as peer:
                peer.send(post(BODY, host="any.example"))
                self.assertEqual(peer.reply().status, 200)
                peer.send(post(BODY, "Origin: http://evil.example"))
                self.assertEqual(peer.reply().status, 403)
        with Server("--tcp", "0.0.0.0", "0", "--host", "good.example") as server:
            with server.connect() as peer:
                peer.send(post(BODY, host="any.example"))
                self.assertEqual(peer.reply().status, 403)
                peer.send(post(BODY, host="good.example"))
                self.assertEqual(peer.reply().status, 200)

    # ---- unix

    def unix(self, path):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(echo.PATIENCE)
        sock.connect(path)
        return Peer(sock)

    def check_leaving(self, connect):
        """A close is noticed behind pipelined bytes, on this kind of socket too."""
        with connect() as other:
            def until(field):
                end = time.monotonic() + echo.PATIENCE
                while (state := json.loads(other.call("state").body))[field] == 0:
                    self.assertLess(time.monotonic(), end, field)
                    time.sleep(0.01)
                return state
            with connect() as peer:
                peer.send(request("hold") + request("echo"))
                self.assertEqual(until("held")["closed"], 0)
            self.assertEqual(until("closed")["closed"], 1)

    def test_unix_socket(self):
        path = temporary(self) + "/s"
        with Server("--unix", path, "620") as server:
            self.assertEqual(server.urls, [f"unix:{path}:/mcp"])
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o620)
            with self.unix(path) as peer:
                peer.send(post(BODY, host="whatever.example"))
                self.assertEqual(peer.reply().body, BODY)
                self.assertEqual(len(peer.call("drip", 2, Accept=SSE).events()), 3)
                peer.send(b"GARBAGE\r\n\r\n")
                self.assertEqual(peer.to_end(), b"")
            self.check_leaving(lambda: self.unix(path))
            second = subprocess.run([echo.PROGRAM, "--unix", path, "600"], capture_output=True,
                                    text=True, check=False)
            self.assertEqual(second.returncode, 1)
            self.assertIn("another process serves it", second.stderr)
        self.assertFalse(os.path.exists(path))

    def test_unix_socket_left_behind(self):
        path = temporary(self) + "/s"
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(path)
        with Server("--unix", path, "600"), self.unix(path) as peer:
            self.assertEqual(peer.call("echo").body, BODY)
            os.unlink(path)  # and taken by a successor, which must keep it
            with socket.socket(socket.AF_UNIX) as sock:
                sock.bind(path)
        self.assertTrue(os.path.exists(path))

    def test_unix_path_that_cannot_be(self):
        folder = temporary(self)
        with open(folder + "/file", "w", encoding="ascii") as file:
            file.write("keep me")
        for path, why in ((folder + "/file", "no socket"), (folder + "/" + "x" * 108, "at most"),
                          (folder + "/no/s", "No such file")):
            run = subprocess.run([echo.PROGRAM, "--unix", path, "600"], capture_output=True,
                                 text=True, check=False)
            self.assertEqual(run.returncode, 1)
            self.assertIn(why, run.stderr)
        self.assertEqual(os.stat(folder + "/file").st_size, 7)

    # ---- systemd

    def systemd(self, *listening, **options):
        moves = "".join(f" {3 + i}<&{6 + i} {6 + i}<&-" for i in range(len(listening)))
        shell = f"export LISTEN_PID=$$ LISTEN_FDS={len(listening)}; exec \"$@\"{moves}"

        def pass_sockets():
            for i, sock in enumerate(listening):
                os.dup2(sock.fileno(), 6 + i)
        return Server("--systemd", start=["sh", "-c", shell, "sh"], preexec_fn=pass_sockets,
                      close_fds=False, expect=len(listening), **options)

    def test_systemd_sockets(self):
        path = temporary(self) + "/s"
        with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
            unix.bind(path)
            unix.listen()
            with self.systemd(tcp, unix) as server:
                self.assertEqual(server.urls, ["http://127.0.0.1:%d/mcp" % tcp.getsockname()[1],
                                               f"unix:{path}:/mcp"])
                self.assertEqual(server.call("echo").body, BODY)
                with self.unix(path) as peer:
                    self.assertEqual(peer.call("echo").body, BODY)
            self.assertTrue(os.path.exists(path))  # it is systemd's

    def test_systemd_without_sockets(self):
        for env in ({}, {"LISTEN_PID": "1", "LISTEN_FDS": "1"},
                    {"LISTEN_PID": "x", "LISTEN_FDS": "99999999999"}):
            run = subprocess.run([echo.PROGRAM, "--systemd"], capture_output=True, text=True,
                                 env={**os.environ, **env}, check=False)
            self.assertEqual(run.returncode, 1)
            self.assertIn("systemd passed no socket", run.stderr)
        with socket.socket() as sock:
            with self.assertRaises(AssertionError) as raised, self.systemd(sock):
                pass
            self.assertIn("no listening stream socket", str(raised.exception))

    # ---- TLS

    def certificate(self):
        folder = temporary(self)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-keyout", folder + "/key", "-out", folder + "/cert", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
            check=True, capture_output=True)
        return folder + "/cert", folder + "/key"

    def test_tls(self):
        cert, key = self.certificate()
        context = ssl.create_default_context(cafile=cert)
        with Server("--tcp", "127.0.0.1", "0", "--tls", cert, key, "--body", "100000") as server:
            self.assertRegex(server.urls[0], r"^https://127\.0\.0\.1:\d+/mcp$")
            port = server.port

            def connect():
                sock = socket.create_connection(("127.0.0.1", port), echo.PATIENCE)
                return Peer(context.wrap_socket(sock, server_hostname="localhost"))

            with connect() as peer:
                self.assertIn(peer.sock.version(), ("TLSv1.2", "TLSv1.3"))
                for _ in range(3):
                    self.assertEqual(peer.call("echo").body, BODY)
                self.assertEqual(len(peer.call("drip", 2, Accept=SSE).events()), 3)
                self.assertEqual(len(peer.call("big", 3000000).body), 3000002)
                peer.send(post(b"x" * 90000))
                self.assertEqual(len(peer.reply().body), 90000)
            self.check_leaving(connect)
            with connect() as peer:
                peer.send(b"x" * 200 + b"\r\n\r\n")
                self.assertEqual(peer.to_end(), b"")
            with connect() as peer:
                peer.send(head("Host: localhost", JSON, "Content-Length: 100001"))
                self.assertEqual(peer.reply().status, 413)
            with server.connect() as peer:  # plain HTTP on the TLS port
                peer.send(request("echo"))
                try:
                    peer.to_end()
                except AssertionError:
                    pass
            warnings.simplefilter("ignore", DeprecationWarning)
            old = ssl.create_default_context(cafile=cert)
            old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            old.maximum_version = ssl.TLSVersion.TLSv1_1
            old.set_ciphers("ALL:@SECLEVEL=0")
            with socket.create_connection(("127.0.0.1", port), echo.PATIENCE) as sock:
                with self.assertRaises((ssl.SSLError, ConnectionError)):
                    old.wrap_socket(sock, server_hostname="localhost")

    def test_tls_files_that_cannot_be(self):
        cert, key = self.certificate()
        for one, other, why in ((cert, key + "x", "cannot read"), (cert, cert, "not usable"),
                                (cert + "x", key, "cannot read"), (cert, "/dev/null", "cannot read")):
            run = subprocess.run([echo.PROGRAM, "--tcp", "127.0.0.1", "0", "--tls", one, other],
                                 capture_output=True, text=True, check=False)
            self.assertEqual(run.returncode, 1)
            self.assertIn(why, run.stderr)


if __name__ == "__main__":
    echo.main()
