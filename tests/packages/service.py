#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Starts the installed service as its unit says, but without systemd as process 1: the command and the
user of the unit, a socket by systemd-socket-activate, a notify socket, and a folder of credentials.

    tests/packages/service.py [--strace LOG] UNIT      as root

It prints what the service said. Exit 1 when something is not as the unit promises.
"""
import argparse
import configparser
import json
import os
import pathlib
import pwd
import shlex
import signal
import socket
import subprocess
import sys
import tempfile

PATIENCE = 60  # seconds until the test ends as failed; nothing is timed
META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "service", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {}}


def read_unit(path):
    unit = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",),
                                     comment_prefixes=("#",))
    unit.optionxform = str
    unit.read(path)
    return unit["Service"]


class Service:
    def __init__(self, unit, folder, strace):
        user = pwd.getpwnam(unit["User"])
        self.path = f"{folder}/lakehost.sock"
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.settimeout(PATIENCE)
        self.notify.bind(f"{folder}/notify")
        credentials = pathlib.Path(folder, "credentials")
        credentials.mkdir()
        (credentials / "token").write_text("dapi-of-the-credential\n")
        for path in (folder, f"{folder}/notify", credentials, credentials / "token"):
            os.chown(path, user.pw_uid, user.pw_gid)
        env = {"PATH": "/usr/bin:/bin", "HOME": user.pw_dir, "USER": unit["User"],
               "NOTIFY_SOCKET": f"{folder}/notify", "WATCHDOG_USEC": "1000000",
               "CREDENTIALS_DIRECTORY": str(credentials),
               "STATE_DIRECTORY": f"/var/lib/{unit['StateDirectory']}",
               "LOGS_DIRECTORY": f"/var/log/{unit['LogsDirectory']}"}
        self.log = open(f"{folder}/log", "w+")
        activate = ["systemd-socket-activate", "-l", self.path]
        for name in env:
            activate += ["-E", name]
        self.process = subprocess.Popen(
            [*strace, *activate, *shlex.split(unit["ExecStart"])], env=env, user=user.pw_uid,
            group=user.pw_gid, extra_groups=[], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=self.log)

    def connect(self):
        for _ in range(PATIENCE * 20):
            client = socket.socket(socket.AF_UNIX)
            client.settimeout(PATIENCE)
            try:
                client.connect(self.path)
                return client
            except OSError:
                client.close()
                self.wait_a_little()
        raise SystemExit("nothing listens")

    def wait_a_little(self):
        try:
            self.process.wait(0.05)
        except subprocess.TimeoutExpired:
            return
        raise SystemExit(f"the service ended with status {self.process.returncode}")

    def request(self, method, path, body=None, headers=()):
        client = self.connect()
        data = json.dumps(body).encode() if body else b""
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close",
                 f"Content-Length: {len(data)}", "Content-Type: application/json",
                 "Accept: application/json, text/event-stream", *headers, "", ""]
        client.sendall("\r\n".join(lines).encode() + data)
        reply = b""
        while piece := client.recv(65536):
            reply += piece
        client.close()
        return reply.decode()

    def tools(self):
        return self.request("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/list",
                                             "params": {"_meta": META}},
                            ["MCP-Protocol-Version: 2026-07-28", "Mcp-Method: tools/list"])

    def said(self, *wanted):
        """The next message that is not of the watchdog must begin with one of these."""
        while True:
            text = self.notify.recv(4096).decode()
            print("the service said", text.replace("\n", " "))
            if text != "WATCHDOG=1":
                break
        if not text.startswith(wanted):
            raise SystemExit(f"it should have said {wanted}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--strace")
    parser.add_argument("unit")
    options = parser.parse_args()
    unit = read_unit(options.unit)
    strace = ["strace", "-f", "-qq", "-o", options.strace] if options.strace else []
    with tempfile.TemporaryDirectory() as folder:
        if options.strace:
            os.chmod(os.path.dirname(options.strace), 0o777)
        service = Service(unit, folder, strace)
        first = service.request("GET", "/readyz")
        service.said("READY=1")
        print(first.split("\r\n")[0])
        tools = service.tools()
        print(len(tools), "bytes of tools/list")
        pid = service.process.pid
        if options.strace:  # strace starts the service as its only child
            children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
            pid = int(children.split()[0])
        os.kill(pid, signal.SIGHUP)
        service.said("RELOADING=1\nMONOTONIC_USEC=")
        service.said("READY=1")
        os.kill(pid, signal.SIGTERM)
        service.said("STOPPING=1")
        status = service.process.wait(PATIENCE)
        service.log.seek(0)
        log = service.log.read()
    print(log, "it ended with status", status)
    if status != 0 or "reload-refused" in log or " 200 " not in first or "execute_sql" not in tools:
        print(first, tools[:500])
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
