#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Connections against the transport: kept, pipelined, many; answers and event streams; peers
that leave, are slow or stall."""

import concurrent.futures
import os
import socket
import time
import unittest

import echo
from echo import BODY, JSON, LENGTH, SSE, Closed, Server, get, head, message, post, request

ACCEPTS = [
    (SSE, 1), ("text/event-stream", 1), ("*/*", 1), ("text/*", 1), ("TEXT/EVENT-STREAM", 1),
    ("application/json;q=0.5 , text/event-stream ; charset=utf-8; q=0.1", 1),
    ("application/json", 0), (None, 0), ("", 0), ("text/event-stream;q=0", 0),
    ("text/event-stream; q=0.000", 0), ("text/event-streams", 0), ("xtext/event-stream", 0),
    ("text/html", 0), (";", 0), (",,,", 0), ("text/event-stream;q=", 0),
]


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    sock.close()


class Peers(echo.OneServer):
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
                echo.all_echo(self, peers)
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
        for do in ("hold", "stream"):
            self.check_gone(request(do, Accept=SSE), reset)

    def test_descriptors_are_released(self):
        """Also while another, older connection stays."""
        def leave_half(sock):
            sock.shutdown(socket.SHUT_WR)

        def descriptors():
            return len(os.listdir(f"/proc/{self.server.process.pid}/fd"))
        with self.server.connect() as other:
            self.alive(other)
            before = descriptors()
            for leave in (socket.socket.close, reset, leave_half):
                for do in ("hold", "keep", "stream", "drip"):
                    held = self.server.state()["held"]
                    peers = [self.server.connect() for _ in range(5)]
                    for peer in peers:
                        peer.send(request(do, 100000, Accept=SSE))
                    if do != "drip":
                        self.server.until(lambda s, n=held: s["held"] == n + 5)
                    for peer in peers:
                        leave(peer.sock)
                    self.server.until(lambda s: descriptors() <= before)
                    for peer in peers:
                        peer.sock.close()
            self.alive(other)
        self.server.call("release")

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

    def test_what_the_queue_holds_is_not_cut_off(self):
        # 64 KiB each, together less than 1 MiB: however slowly it is read
        reply = self.server.call("flood", 14, Accept=SSE)
        self.assertEqual(len(reply.events()), 15)


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

    def slow_head(self):
        self.assertEqual(self.drip(b"POST /mc", b"p"), b"")
        answer = self.drip(b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nX: ", b"y")
        self.assertTrue(answer.startswith(b"HTTP/1.1 408 "))

    def slow_body(self):
        answer = self.drip(head("Host: localhost", JSON, "Content-Length: 100000"), b"x")
        self.assertTrue(answer.startswith(b"HTTP/1.1 408 "))

    def silent_connections_are_closed(self):
        with self.server.connect() as peer:
            self.assertEqual(peer.to_end(), b"")
        with self.server.connect() as peer:
            self.assertEqual(peer.call("echo").status, 200)
            self.assertEqual(peer.to_end(), b"")

    def test_deadlines(self):
        """Each of these waits for a deadline, so they wait at the same time."""
        waits = [self.slow_head, self.slow_body, self.silent_connections_are_closed,
                 self.long_calls_outlive_all_deadlines, self.idle_streams_are_kept_alive]
        with concurrent.futures.ThreadPoolExecutor(len(waits)) as pool:
            for wait in [pool.submit(wait) for wait in waits]:
                wait.result()

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

    def long_calls_outlive_all_deadlines(self):
        self.assertEqual(self.server.call("later", 4000).body, message("later", 4000))

    def idle_streams_are_kept_alive(self):
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


if __name__ == "__main__":
    echo.main()
