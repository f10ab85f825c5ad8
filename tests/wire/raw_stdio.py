#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The stdio transport line by line: framing, limits at n-1, n and n+1, all kinds of descriptors,
clients that leave or do not read."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import echo
from echo import message

COMMAND = ["--stdio", "--body", "1000"]


class Client:
    """The server with pipes; leaving it closes stdin and checks that it ends well."""

    def __init__(self, *options, stdin=subprocess.PIPE, stdout=subprocess.PIPE):
        self.process = subprocess.Popen([echo.PROGRAM, *(options or COMMAND)], stdin=stdin,
                                        stdout=stdout, stderr=subprocess.PIPE)
        self.rest = self.errors = None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.end(quiet=error[0] is not None)

    def send(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def line(self):
        return self.process.stdout.readline()

    def ask(self, do, n=0):
        self.send(message(do, n) + b"\n")
        return json.loads(self.line())

    def until(self, test):
        end = time.monotonic() + echo.PATIENCE
        while not test(state := self.ask("state")) and time.monotonic() < end:
            time.sleep(0.01)
        return state

    def end(self, quiet=False):
        if self.rest is None:
            self.rest, self.errors = self.process.communicate(timeout=echo.PATIENCE)
            if self.process.returncode != 0 and not quiet:
                raise AssertionError(f"ended with {self.process.returncode}\n"
                                     f"{self.errors.decode()}")
        return self.rest


def run(data, *options, **popen):
    done = subprocess.run([echo.PROGRAM, *(options or COMMAND)], input=data, check=True,
                          timeout=echo.PATIENCE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          **popen)
    return done.stdout.split(b"\n")[:-1]


class Stdio(unittest.TestCase):
    def test_lines(self):
        self.assertEqual(run(b"1\n22\r\n\n\r\n333\n"), [b"1", b"22", b"333"])

    def test_last_line_without_its_end_is_delivered(self):
        self.assertEqual(run(b"1\n22"), [b"1", b"22"])
        self.assertEqual(run(b"22\r"), [b"22"])
        self.assertEqual(run(b""), [])

    def test_bytes_one_at_a_time(self):
        with Client() as client:
            for byte in b"123\n45\r\n":
                client.send(bytes([byte]))
                time.sleep(0.002)
            self.assertEqual([client.line(), client.line()], [b"123\n", b"45\n"])

    def test_any_bytes_pass(self):
        line = bytes(c for c in range(256) if c not in b"\0\r\n")
        self.assertEqual(run(line + b"\n" + b"a\0b\n")[0], line)

    def test_line_limit_is_exact(self):
        for end in (b"\n", b"\r\n", b""):
            for size, fine in ((999, True), (1000, True), (1001, False), (1002, False),
                               (70000, False), (1000000, False)):
                answers = run(b"1\n" + b"x" * size + end + (b"2\n" if end else b""))
                self.assertEqual(answers[0], b"1")
                if end:
                    self.assertEqual(answers[2:], [b"2"])
                if fine:
                    self.assertEqual(answers[1], b"x" * size)
                    continue
                error = json.loads(answers[1])
                self.assertNotIn("id", error)
                self.assertEqual((error["jsonrpc"], error["error"]["code"]), ("2.0", -32600))
                self.assertIn("1000", error["error"]["message"])

    def test_long_lines_within_the_limit(self):
        lines = [b"x" * n for n in (70000, 3, 4000000, 65535, 65536, 65537, 1, 131072)]
        self.assertEqual(run(b"\n".join(lines) + b"\n", "--stdio"), lines)

    def test_long_lines_are_refused_with_their_id(self):
        """Wherever it stands, and however the line arrives."""
        pad = '"' + "x\\\"}" * 50000 + '"'
        for line, wanted in (('{"id":41,"method":"m","x":%s}', 41),
                             ('{"x":%s,"method":"m","id":"a"}', "a"),
                             ('{"x":{"id":1,"y":%s},"method":"m"}', None),
                             ('{"x":%s,"result":1,"id":3}', None), ("%s", None)):
            with self.subTest(line), Client() as client:
                data = (line % pad).encode() + b"\n"
                for at in range(0, len(data), 70001):
                    client.send(data[at:at + 70001])
                reply = json.loads(client.line())
                self.assertEqual(reply.get("id"), wanted)
                self.assertEqual(reply["error"]["code"], -32600)
                client.ask("echo")
            with self.subTest(line), Client() as client:  # the input ends within it
                client.send(data[:-1])
                client.process.stdin.close()
                reply = json.loads(client.line())
                self.assertEqual(reply.get("id"), wanted)
                client.process.stdin = None

    def test_answers_may_overtake(self):
        with Client() as client:
            client.send(message("later", 200) + b"\n" + message("echo", 1) + b"\n")
            self.assertEqual(json.loads(client.line()), {"do": "echo", "n": 1})
            self.assertEqual(json.loads(client.line()), {"do": "later", "n": 200})

    def test_many_pipelined(self):
        lines = [message("echo", i) for i in range(100000)]
        self.assertEqual(run(b"\n".join(lines) + b"\n"), lines)

    def test_notifications_are_lines(self):
        with Client() as client:
            self.assertEqual(client.ask("notify", 2), {"jsonrpc": "2.0", "left": 2, "pad": ""})
            self.assertEqual(json.loads(client.line())["left"], 1)
            self.assertEqual(json.loads(client.line())["do"], "notify")
            client.send(message("none") + b"\n")  # answers nothing
            self.assertEqual(client.ask("echo")["do"], "echo")

    def test_nothing_else_gets_into_the_protocol(self):
        with Client() as client:
            self.assertEqual(client.ask("print")["do"], "print")
            self.assertEqual(client.end(), b"")
            self.assertIn(b"a stray line", client.errors)

    def test_end_of_input_ends_the_server(self):
        with Client() as client:
            client.send(message("hold") + b"\n" + message("keep") + b"\n")
            client.until(lambda s: s["held"] == 2)
            self.assertEqual(client.end(), b"")

    def test_client_that_does_not_read_any_more(self):
        with Client() as client:
            client.send(message("hold") + b"\n" + message("keep") + b"\n")
            client.until(lambda s: s["held"] == 2)
            client.process.stdout.close()
            client.send(message("echo") + b"\n")
            client.process.stdout = None
            self.assertEqual(client.process.wait(echo.PATIENCE), 0)

    def test_broken_pipe_cancels_what_is_under_way(self):
        with echo.Server("--stdio", "--tcp", "127.0.0.1", "0") as server:
            self.assertEqual(server.until(lambda s: s["eof"] == 1)["eof"], 1)
        ours, theirs = os.pipe()
        read_end, write_end = os.pipe()
        with Server(ours, write_end) as server:
            os.close(read_end)
            os.write(theirs, message("hold") + b"\n" + message("echo") + b"\n")
            state = server.until(lambda s: s["closed"] == 1 and s["eof"] == 1)
            self.assertEqual((state["closed"], state["eof"]), (1, 1))
            os.close(theirs)

    def test_slow_client_loses_nothing(self):
        with Client("--stdio") as client:
            big = message("big", 1000000)
            client.send((big + b"\n") * 30 + message("echo") + b"\n")
            time.sleep(0.2)  # the queue fills; whether it does changes no result
            for _ in range(30):
                self.assertEqual(len(client.line()), 1000003)
            self.assertEqual(json.loads(client.line())["do"], "echo")

    def test_notifications_to_a_slow_client_are_dropped_not_answers(self):
        with Client("--stdio") as client:
            client.send(message("flood", 1000) + b"\n")
            client.send((message("big", 1000000) + b"\n") * 30)
            client.send(message("state") + b"\n")
            lines = [client.line() for _ in range(31)]
            while not any(b'"held"' in line for line in lines):
                lines.append(client.line())
            self.assertEqual(len([1 for line in lines if line.startswith(b'"x')]), 30)

    # ---- descriptors

    def test_flags_of_shared_descriptors_stay(self):
        for pair in (os.pipe, lambda: [s.detach() for s in socket.socketpair()]):
            (in_read, in_write), (out_read, out_write) = pair(), pair()
            process = subprocess.Popen([echo.PROGRAM, *COMMAND], stdin=in_read, stdout=out_write)
            os.write(in_write, b"1\n")
            self.assertEqual(os.read(out_read, 100), b"1\n")
            for fd in (in_read, out_write):  # the description is the same as the server's
                self.assertEqual(fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK, 0)
            for fd in (in_read, in_write):
                os.close(fd)
            self.assertEqual(process.wait(echo.PATIENCE), 0)
            os.close(out_read)
            os.close(out_write)

    def test_sockets(self):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            process = subprocess.Popen([echo.PROGRAM, *COMMAND], stdin=theirs, stdout=theirs)
            theirs.close()
            lines = b"".join(message("echo", i) + b"\n" for i in range(2000))
            ours.sendall(lines)
            ours.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := ours.recv(65536):
                answer += piece
            self.assertEqual(answer, lines)
            self.assertEqual(process.wait(echo.PATIENCE), 0)

    def test_socket_closed_by_the_client(self):
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen([echo.PROGRAM, *COMMAND], stdin=theirs, stdout=theirs)
            ours.sendall(message("hold") + b"\n")
            ours.close()
        self.assertEqual(process.wait(echo.PATIENCE), 0)

    def test_files(self):
        lines = b"".join(message("echo", i) + b"\n" for i in range(5000))
        with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as sink:
            source.write(lines)
            source.seek(0)
            subprocess.run([echo.PROGRAM, *COMMAND], stdin=source, stdout=sink, check=True,
                           timeout=echo.PATIENCE)
            sink.seek(0)
            self.assertEqual(sink.read(), lines)

    def test_no_descriptors_at_all(self):
        for closed in ("<&-", ">&-", "<&- >&-", "</dev/null", "</dev/null >/dev/null"):
            done = subprocess.run(["sh", "-c", f'exec "$0" --stdio {closed}', echo.PROGRAM],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  timeout=echo.PATIENCE, check=False)
            self.assertEqual(done.returncode, 0, closed)

    def test_output_that_cannot_be_reopened(self):
        """A pipe of another user: the server then writes pieces that fit, and never blocks."""
        if os.geteuid() != 0:
            self.skipTest("needs root to give up being root")
        lines = [message("echo", i) for i in range(20000)]
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        program = tempfile.NamedTemporaryFile(dir="/tmp", delete=False)
        self.addCleanup(os.unlink, program.name)
        with program, open(echo.PROGRAM, "rb") as source:
            program.write(source.read())
        os.chmod(program.name, 0o755)
        done = subprocess.run([*nobody, program.name, *COMMAND], input=b"\n".join(lines) + b"\n",
                              stdout=subprocess.PIPE, check=True, timeout=echo.PATIENCE)
        self.assertEqual(done.stdout.split(b"\n")[:-1], lines)

    def test_children_do_not_get_the_descriptors(self):
        with Client() as client:
            client.ask("echo")
            folder = f"/proc/{client.process.pid}/fd"
            self.assertEqual(os.readlink(folder + "/0"), "/dev/null")
            self.assertEqual(os.readlink(folder + "/1"), os.readlink(folder + "/2"))


class Server(echo.Server):
    """The server on HTTP and on given descriptors, which tests may watch over HTTP."""

    def __init__(self, stdin, stdout):
        self.process = subprocess.Popen([echo.PROGRAM, "--stdio", "--tcp", "127.0.0.1", "0"],
                                        stdin=stdin, stdout=stdout, stderr=subprocess.PIPE)
        os.close(stdin)
        os.close(stdout)
        self.urls = [self.process.stderr.readline().decode().split()[1]]
        self.log = []


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    echo.main()
