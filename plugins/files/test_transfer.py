#!/usr/bin/env python3
"""Moves files between a folder of the host and a volume through the real host and the sandbox
workspace: whole, unchanged, with memory that does not grow with the file; and cuts the connection
in the middle of an upload.

    test_transfer.py LAKEHOST SANDBOX PLUGINS [none|process]
"""
import filecmp
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.request

MIB = 1 << 20
PATIENCE = 600  # seconds until a call gives up; nothing is timed
GROWTH = 8 * MIB
# What is freed counts as free: AddressSanitizer keeps up to 256 MiB of it, unless it is told.
OWN_MEMORY = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
VOLUME = "/Volumes/main/default/exports"
META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "transfer", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {}}


class Cutter(threading.Thread):
    """Passes connections on; once `left` more bytes have come from clients, it ends that one."""

    def __init__(self, host, port):
        super().__init__(daemon=True)
        self.target = (host, port)
        self.left = None
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(self.target)
            for pair in ((client, server, True), (server, client, False)):
                threading.Thread(target=self.copy, args=pair, daemon=True).start()

    def is_over(self, n):
        with self.lock:
            if self.left is None:
                return False
            self.left -= n
            if self.left >= 0:
                return False
            self.left = None
            return True

    def copy(self, source, sink, from_client):
        try:
            while data := source.recv(65536):
                if from_client and self.is_over(len(data)):
                    break
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Programs:
    """The sandbox, the cutter before it, and the host before that."""

    def __init__(self, lakehost, sandbox, plugins, isolation, folder):
        self.files = os.path.join(folder, "files")
        os.mkdir(self.files)
        self.sandbox = subprocess.Popen(
            [sandbox, "--listen", "127.0.0.1:0", "--data", os.path.join(folder, "data")],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        said = dict(self.sandbox.stdout.readline().strip().split("=", 1) for _ in range(2))
        self.cutter = Cutter("127.0.0.1", int(said["DATABRICKS_HOST"].rsplit(":", 1)[1]))
        said["DATABRICKS_HOST"] = f"http://127.0.0.1:{self.cutter.port}"
        settings = {"plugins.directories": plugins, "plugins.enabled": "files",
                    "plugins.isolation": isolation, "plugins.transfer_dirs": self.files,
                    "log.format": "json", "limits.call_ms": f"{PATIENCE * 1000}"}
        self.host = subprocess.Popen(
            [lakehost, "--http", "127.0.0.1:0",
             *(word for pair in settings.items() for word in ("--set", "=".join(pair)))],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **said, "HOME": folder, "ASAN_OPTIONS": OWN_MEMORY})
        self.url = self.listening()
        threading.Thread(target=self.host.stderr.read, daemon=True).start()

    def listening(self):
        said = ""
        for line in self.host.stderr:
            if line.startswith("{") and "url" in json.loads(line):
                return json.loads(line)["url"]
            said += line
        self.end()
        sys.exit(f"the host did not start:\n{said}")

    def call(self, name, **arguments):
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                   "params": {"name": name, "arguments": arguments, "_meta": META}}
        request = urllib.request.Request(self.url, json.dumps(message).encode(), {
            "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": name})
        with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
            result = json.load(reply)["result"]
        return result["content"][0]["text"], result.get("isError", False)

    def peak(self):
        """The most memory that the host has had so far."""
        with open(f"/proc/{self.host.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM"))

    def end(self):
        for program in (self.host, self.sandbox):
            program.terminate()
            program.wait(timeout=20)


def there_and_back(programs, size):
    """A file of so many MiB to a volume and back; returns the host's peak."""
    name = f"{size}.bin"
    path = os.path.join(programs.files, name)
    block = random.Random(size).randbytes(MIB)
    with open(path, "wb") as file:
        for _ in range(size):
            file.write(block)
    text, failed = programs.call("write_file", path=f"{VOLUME}/{name}", from_file=name, overwrite=True)
    assert not failed, text
    text, failed = programs.call("read_file", path=f"{VOLUME}/{name}", to_file=f"back-{name}")
    assert not failed and f"all {size * MIB} bytes" in text, text
    back = os.path.join(programs.files, f"back-{name}")
    assert filecmp.cmp(path, back, shallow=False), "it came back changed"
    os.unlink(back)
    return programs.peak()


def memory_is_flat(programs):
    for _ in range(3):  # what the threads and the allocator keep for later does not count as growth
        small = there_and_back(programs, 10)
    large = there_and_back(programs, 100)
    print(f"peak after 10 MiB: {small / MIB:.1f} MiB, after 100 MiB: {large / MIB:.1f} MiB")
    assert large - small <= GROWTH, "memory grows with the file"


def a_cut_leaves_nothing(programs):
    for after in (100000, 5 * MIB):
        path = f"{VOLUME}/cut-{after}.bin"
        programs.cutter.left = after
        text, failed = programs.call("write_file", path=path, from_file="10.bin")
        assert failed and "No file exists." in text, text
        text, failed = programs.call("get_file_info", path=path)
        assert failed and "does not exist" in text, text
    programs.cutter.left = 200000
    text, failed = programs.call("write_file", path=f"{VOLUME}/cut.bin", from_file="10.bin",
                                 overwrite=True)
    assert not failed, text  # which may be repeated, and is


def nothing_else_is_reached(programs):
    outside = os.path.join(os.path.dirname(programs.files), "data", "oauth-client.json")
    for file in ("../data/oauth-client.json", outside, "/etc/passwd", "10.bin/../../x"):
        text, failed = programs.call("write_file", path=f"{VOLUME}/x", from_file=file)
        assert failed and "cannot be sent" in text, text
        text, failed = programs.call("read_file", path=f"{VOLUME}/10.bin", to_file=file)
        assert failed and "cannot be written" in text, text
    text, failed = programs.call("read_file", path=f"{VOLUME}/10.bin", to_file="100.bin")
    assert failed and "already exists" in text, text


def main():
    lakehost, sandbox, plugins, *isolation = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="lakehost-transfer-") as folder:
        programs = Programs(lakehost, sandbox, plugins, *(isolation or ["none"]), folder)
        try:
            memory_is_flat(programs)
            a_cut_leaves_nothing(programs)
            nothing_else_is_reached(programs)
        finally:
            programs.end()


if __name__ == "__main__":
    main()
