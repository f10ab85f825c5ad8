#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Servers that start, drain and end: limits of connections and descriptors, TCP, unix and
systemd sockets, TLS."""

import concurrent.futures
import json
import os
import socket
import stat
import subprocess
import threading
import time
import unittest

import echo
from echo import (BODY, JSON, SSE, Closed, Peer, Server, check_leaving, get, head, message, post, request,
                  temporary)


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
            echo.all_echo(self, peers)  # the idle ones make room
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

    def test_silent_connections_make_room(self):
        """Those that say nothing, or do not come to the end of a request, shut nobody out."""
        starts = (b"", b"POST /mcp HT", b"POST /mcp HTTP/1.1\r\nHost: localhost\r\n",
                  post(BODY)[:-1])
        with concurrent.futures.ThreadPoolExecutor(len(starts)) as pool:
            list(pool.map(self.are_closed_for_others, starts))

    def are_closed_for_others(self, start):
        with Server("--tcp", "127.0.0.1", "0", "--connections", "4") as server:
            silent = [server.connect() for _ in range(12)]
            for peer in silent:
                peer.send(start)
            for _ in range(3):
                with server.connect() as peer:
                    self.assertEqual(peer.call("echo").body, BODY)
            for peer in silent:
                peer.sock.close()

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
                self.assertIn(b"HTTP/1.1 400 ", peer.to_end())
            check_leaving(self, lambda: self.unix(path))
            second = subprocess.run([echo.PROGRAM, "--unix", path, "600"], capture_output=True,
                                    text=True, check=False)
            self.assertEqual(second.returncode, 1)
            self.assertIn("another process uses the path", second.stderr)
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
        for path, why in ((folder + "/file", "not a socket"), (folder + "/" + "x" * 108, "at most"),
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
            self.assertIn("not a listening stream socket", str(raised.exception))

    def test_systemd_socket_that_all_can_reach(self):
        with socket.create_server(("0.0.0.0", 0)) as sock:
            with self.assertRaises(AssertionError) as raised, self.systemd(sock):
                pass
            self.assertIn("no inbound authentication", str(raised.exception))


if __name__ == "__main__":
    echo.main()
