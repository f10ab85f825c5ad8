# SPDX-License-Identifier: Apache-2.0
"""What the raw_*.py scripts share: the echo server as a process, and HTTP by hand.
Only the standard library; bytes go out exactly as written here."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import unittest

PROGRAM = None
PATIENCE = 30  # seconds until a test gives up; nothing is timed


def main():
    global PROGRAM
    if len(sys.argv) < 2:
        sys.exit(f"usage: {sys.argv[0]} ECHO_SERVER [unittest options]")
    PROGRAM = sys.argv.pop(1)
    sys.modules["echo"].PROGRAM = PROGRAM
    unittest.main(module=sys.modules["__main__"], verbosity=2)


class Server:
    """The echo server. `urls` are what it listens on; leaving it checks that it ended well, which
    with sanitizers includes that nothing leaked."""

    def __init__(self, *options, expect=1, start=None, **popen):
        command = [PROGRAM, *options] if start is None else [*start, PROGRAM, *options]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, **popen)
        self.urls, self.log = [], []
        while len(self.urls) < expect:
            line = self.process.stderr.readline().decode()
            if line == "":
                break
            match = re.match(r"listening (.*)", line)
            if match:
                self.urls.append(match[1])
            else:
                self.log.append(line)
        if len(self.urls) < expect:
            self.process.stderr.close()
            raise AssertionError(f"ended with {self.process.wait()}: {''.join(self.log)}")

    @property
    def port(self):
        return int(self.urls[0].split(":")[2].split("/")[0])

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.log += self.process.stderr.read().decode().splitlines(True)
        self.process.stderr.close()
        status = self.process.wait(PATIENCE)
        if status != 0 and error[0] is None:
            raise AssertionError(f"the server ended with {status}\n{''.join(self.log)}")

    def connect(self):
        return Peer(socket.create_connection(("127.0.0.1", self.port), PATIENCE))

    def call(self, do, n=0, **headers):
        with self.connect() as peer:
            return peer.call(do, n, **headers)

    def state(self):
        return json.loads(self.call("state").body)

    def until(self, test):
        """Waits until the server's state passes a test, and returns it."""
        end = time.monotonic() + PATIENCE
        while True:
            state = self.state()
            if test(state) or time.monotonic() > end:
                return state
            time.sleep(0.01)


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def header(self, name):
        values = [v for n, v in self.headers if n.lower() == name.lower()]
        return ", ".join(values) if values else None

    @property
    def closes(self):
        return (self.header("Connection") or "").lower() == "close"

    def events(self):
        """The data of the events of a stream, which must be framed exactly so."""
        parts = self.body.split(b"\n\n")
        assert parts.pop() == b"", "the stream ends within an event"
        data = []
        for part in parts:
            if part == b":":
                continue
            head, line = part.split(b"\n")
            assert head == b"event: message" and line.startswith(b"data: "), part
            data.append(json.loads(line[6:]))
        return data


class Closed(Exception):
    """The peer closed before a whole answer was there. `rest` is what came."""

    def __init__(self, rest, reset=False):
        super().__init__("reset" if reset else "closed")
        self.rest, self.reset = rest, reset


class Peer:
    """One connection."""

    def __init__(self, sock):
        self.sock, self.data = sock, b""

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def more(self):
        try:
            piece = self.sock.recv(65536)
        except ConnectionError:
            raise Closed(self.data, reset=True) from None
        if piece == b"":
            raise Closed(self.data)
        self.data += piece

    def until(self, mark):
        while mark not in self.data:
            self.more()
        text, self.data = self.data.split(mark, 1)
        return text

    def exactly(self, n):
        while len(self.data) < n:
            self.more()
        text, self.data = self.data[:n], self.data[n:]
        return text

    def to_end(self):
        """Everything up to an orderly close."""
        while True:
            try:
                self.more()
            except Closed as closed:
                assert not closed.reset, "the connection was reset"
                return closed.rest

    def head(self):
        lines = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        status = int(re.fullmatch(r"HTTP/1\.1 (\d{3}) .*", lines[0])[1])
        return status, [tuple(re.split(r": ?", line, maxsplit=1)) for line in lines[1:]]

    def chunk(self):
        data = self.exactly(int(self.until(b"\r\n"), 16))
        assert self.exactly(2) == b"\r\n"
        return data

    def reply(self, head_only=False):
        status, headers = self.head()
        reply = Reply(status, headers, b"")
        if head_only or status in (100, 204):
            return reply
        if reply.header("Transfer-Encoding") == "chunked":
            while (piece := self.chunk()) != b"":
                reply.body += piece
        elif reply.header("Content-Length") is not None:
            reply.body = self.exactly(int(reply.header("Content-Length")))
        else:
            reply.body = self.to_end()
        return reply

    def call(self, do, n=0, **headers):
        self.send(request(do, n, **headers))
        return self.reply()


def message(do, n=0):
    return json.dumps({"do": do, "n": n}, separators=(",", ":")).encode()


def post(body, *lines, path="/mcp", host="localhost", kind="application/json"):
    head = [f"POST {path} HTTP/1.1", f"Host: {host}"]
    if kind is not None:
        head.append(f"Content-Type: {kind}")
    head += [f"Content-Length: {len(body)}", *lines]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


def request(do, n=0, **headers):
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return post(message(do, n), *lines)


def get(path, *lines, method="GET", host="localhost"):
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {host}", *lines, "", ""]).encode()


def chunked(body, *sizes):
    out, sizes = b"", list(sizes) or [len(body)]
    while body:
        n = sizes.pop(0) if sizes else len(body)
        out += b"%x\r\n%s\r\n" % (len(body[:n]), body[:n])
        body = body[n:]
    return out + b"0\r\n\r\n"


# The request that most tests send, and what a client says that takes streams.
BODY = message("echo")
SSE = "application/json, text/event-stream"
JSON = "Content-Type: application/json"
LENGTH = f"Content-Length: {len(BODY)}"


def head(*lines, start="POST /mcp HTTP/1.1"):
    return "\r\n".join([start, *lines, "", ""]).encode("latin-1")


def with_body(*lines):
    return head("Host: localhost", JSON, LENGTH, *lines) + BODY


def temporary(test):
    """A short path, because that of a socket must be."""
    path = os.path.join("/tmp", f"lakehost-{os.getpid()}-{test.id().rsplit('.')[-1]}"[:90])
    os.makedirs(path, exist_ok=True)
    test.addCleanup(subprocess.run, ["rm", "-rf", path], check=True)
    return path


def check_leaving(test, connect):
    """A close is noticed behind pipelined bytes, on any kind of socket."""
    with connect() as other:
        def until(field):
            end = time.monotonic() + PATIENCE
            while (state := json.loads(other.call("state").body))[field] == 0:
                test.assertLess(time.monotonic(), end, field)
                time.sleep(0.01)
            return state
        with connect() as peer:
            peer.send(request("hold") + request("echo"))
            test.assertEqual(until("held")["closed"], 0)
        test.assertEqual(until("closed")["closed"], 1)


def all_echo(test, peers):
    """Each connection serves a request, and none waits for the answer of another."""
    for peer in peers:
        peer.send(request("echo"))
    for peer in peers:
        test.assertEqual(peer.reply().body, BODY)


class OneServer(unittest.TestCase):
    """Tests against one server for all, which is started with OPTIONS."""
    OPTIONS = ()

    @classmethod
    def setUpClass(cls):
        cls.server = Server("--tcp", "127.0.0.1", "0", *cls.OPTIONS)

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
