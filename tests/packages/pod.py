#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Starts the host as a pod of packaging/kubernetes and asks what a kubelet and clients ask: the probes with
the header of their definition, and a list of tools by the name of the service, without and with a token.

    tests/packages/pod.py CERTIFICATE TOKEN_FILE COMMAND...
"""
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import time

PORT = 8443
META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "pod", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {}}


def ask(context, method, path, host, body=None, token=None):
    client = http.client.HTTPSConnection("127.0.0.1", PORT, context=context, timeout=60)
    headers = {"Host": host, "Content-Type": "application/json",
               "Accept": "application/json, text/event-stream",
               "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/list"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    client.request(method, path, json.dumps(body) if body else None, headers)
    reply = client.getresponse()
    return reply.status, reply.read().decode()


def last_descendant(pid):
    """The host itself: the programs before it each have one child."""
    while True:
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if not children:
            return pid
        pid = int(children[0])


def wait_port(process):
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", PORT)) == 0:
                return
        if process.poll() is not None:
            raise SystemExit("the host ended")
        time.sleep(0.1)
    raise SystemExit("nothing listens")


def check(name, answer, status, text=""):
    print(f"{name}: {answer[0]}")
    if answer[0] != status or text not in answer[1]:
        raise SystemExit(f"{name}: {answer[1][:300]}")


def main(certificate, token_file, *command):
    token = re.search(r"\S{30,}", pathlib.Path(token_file).read_text())[0]
    context = ssl.create_default_context(cafile=certificate)
    context.check_hostname = False
    kubelet = ssl.create_default_context()  # it does not check certificates
    kubelet.check_hostname = False
    kubelet.verify_mode = ssl.CERT_NONE
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        wait_port(process)
        tools = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": META}}
        check("startup and readiness", ask(kubelet, "GET", "/readyz", "lakehost"), 200)
        check("liveness", ask(kubelet, "GET", "/healthz", "lakehost"), 200)
        check("no token", ask(context, "POST", "/mcp", "lakehost.example.com", tools), 401)
        check("another host", ask(context, "POST", "/mcp", "evil.example.com", tools, token), 403)
        check("tools", ask(context, "POST", "/mcp", "lakehost.example.com", tools, token), 200,
              "execute_sql")
    finally:
        os.kill(last_descendant(process.pid), signal.SIGTERM)
        status = process.wait(60)
    if status != 0:
        raise SystemExit(f"the host ended with status {status}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
