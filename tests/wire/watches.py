#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Subscriptions on the local workspace, by subscriptions/listen and on the streams of legacy sessions:
one poll serves all subscribers, a change is told, and what has no subscriber is not polled. The
request log of the workspace says what was polled.

    tests/wire/watches.py LAKEHOST FOLDER-OF-PLUGINS LAKEHOST-SANDBOX

Last line: N passed, N failed. Nothing is timed.
"""
import http.client
import json
import pathlib
import socket
import sys
import tempfile
import threading

from endings import HELD, PATIENCE, TASKS, Host, Workspace, answer_of, stopped_cluster, until, verdict

POLL = "GET /api/2.1/clusters/get"


class Listen(threading.Thread):
    """An open subscriptions/listen; `notes` are what came."""

    def __init__(self, host, notifications, capabilities=None):
        super().__init__(daemon=True)
        self.notes = []
        self.connection = host.send("subscriptions/listen", {"notifications": notifications},
                                    capabilities)
        self.start()
        until(lambda: self.notes, "the acknowledgement")

    def run(self):
        try:
            for line in self.connection.getresponse():
                if line.startswith(b"data:"):
                    self.notes.append(json.loads(line[5:]))
        except (OSError, ValueError, AttributeError):
            pass

    def told(self, method):
        return [note["params"] for note in self.notes if note["method"] == method]

    def close(self):
        self.connection.sock.shutdown(socket.SHUT_RDWR)
        self.join()


class Session(threading.Thread):
    """A legacy session and its stream; `notes` are what came on the stream."""

    def __init__(self, host):
        super().__init__(daemon=True)
        self.port, self.notes, self.id, self.last = host.port, [], None, None
        self.id = self.post("initialize", {"protocolVersion": "2025-06-18",
                                           "capabilities": {}}).getheader("Mcp-Session-Id")

    def post(self, method, params):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("POST", "/mcp", json.dumps(
            {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}), {
                "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
                **({"Mcp-Session-Id": self.id} if self.id else {})})
        response = connection.getresponse()
        answer = json.loads(response.read())
        assert "result" in answer, answer
        connection.close()
        return response

    def get(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET", "/mcp", headers={"Accept": "text/event-stream",
                                                   "Mcp-Session-Id": self.id})
        response = connection.getresponse()
        assert response.status == 200, response.status
        return connection, response

    def open(self):
        self.connection, self.response = self.get()
        self.start()

    def run(self):
        try:
            for line in self.response:
                if line.startswith(b"data:"):
                    self.notes.append(json.loads(line[5:]))
        except (OSError, ValueError, AttributeError):
            pass

    def close(self):
        self.connection.sock.shutdown(socket.SHUT_RDWR)
        self.join()


def held_cluster(workspace):
    """A stopped cluster, in a workspace where nothing changes by itself."""
    names = workspace.ask("GET", "/api/2.1/clusters/list")["clusters"]
    cluster = next(one["cluster_id"] for one in names
                   if one["cluster_name"] == "sandbox-terminated")
    stopped_cluster(workspace, cluster)
    workspace.delay(HELD)
    return cluster


def sessions(host, workspace):
    cluster = held_cluster(workspace)
    uri = "databricks://clusters/" + cluster
    workspace.forget()
    clients = [Session(host) for _ in range(3)]
    for client in clients:
        client.post("resources/subscribe", {"uri": uri})
    assert not workspace.seen(POLL), "polled without an open stream"
    for client in clients:
        client.open()
    until(lambda: workspace.seen(POLL), "the first poll")
    workspace.ask("POST", "/api/2.1/clusters/start", {"cluster_id": cluster})
    for client in clients:
        until(lambda one=client: one.notes, "the update")
        assert client.notes[0] == {"jsonrpc": "2.0", "method": "notifications/resources/updated",
                                   "params": {"uri": uri}}, client.notes
    polls = len(workspace.seen(POLL))
    assert polls < 5, f"{polls} polls"
    for client in clients[1:]:
        client.close()
    # each further stream takes the place of the one before, which ends in order
    first = clients[0]
    for _ in range(100):
        connection, response = first.get()
        connection.close()
    first.join()
    assert not first.connection.sock or first.response.isclosed(), "the first stream goes on"
    other = Listen(host, {"resourceSubscriptions": ["databricks://clusters"]})
    until(lambda: workspace.seen("GET /api/2.1/clusters/list"), "another poll")
    workspace.forget()
    until(lambda: workspace.seen("GET /api/2.1/clusters/list"), "another poll")
    assert not workspace.seen(POLL), "polled without an open stream"
    other.close()


def clusters(host, workspace):
    cluster = held_cluster(workspace)
    uri = "databricks://clusters/" + cluster
    workspace.forget()
    listens = [Listen(host, {"resourceSubscriptions": [uri, "databricks://nothing/of/it"]})
               for _ in range(5)]
    for listen in listens:
        assert listen.notes[0]["params"]["notifications"]["resourceSubscriptions"] == [uri]
    until(lambda: workspace.seen(POLL), "the first poll")
    assert len(workspace.seen(POLL)) == 1, "five subscribers, and more than one poll"
    workspace.ask("POST", "/api/2.1/clusters/start", {"cluster_id": cluster})
    for listen in listens:
        until(lambda one=listen: one.told("notifications/resources/updated"), "the update")
        assert listen.told("notifications/resources/updated")[0]["uri"] == uri
    polls = len(workspace.seen(POLL))
    assert polls < 5, f"{polls} polls"
    for listen in listens:
        listen.close()
    # the next poll would have come with this one, which begins later
    other = Listen(host, {"resourceSubscriptions": ["databricks://clusters"]})
    workspace.forget()
    until(lambda: workspace.seen("GET /api/2.1/clusters/list"), "another poll")
    assert not workspace.seen(POLL), "polled without a subscriber"
    other.close()


def tasks(host, workspace):
    cluster = held_cluster(workspace)
    connection = host.send("tools/call", {"name": "start_cluster",
                                          "arguments": {"cluster_id": cluster}}, TASKS)
    task = answer_of(connection)["result"]["taskId"]
    listens = [Listen(host, {"taskIds": [task, "no task"]}, TASKS) for _ in range(3)]
    assert listens[0].notes[0]["params"]["notifications"]["taskIds"] == [task]
    workspace.delay(0)
    for listen in listens:
        until(lambda one=listen: any(note["status"] == "completed" for note in
                                     one.told("notifications/tasks")), "the end of the task")
        last = listen.told("notifications/tasks")[-1]
        assert last["taskId"] == task and "RUNNING" in json.dumps(last["result"]), last
        listen.close()


def main():
    lakehost, folder, sandbox = sys.argv[1:4]
    passed = failed = 0
    with tempfile.TemporaryDirectory() as home:
        workspace = Workspace(sandbox, pathlib.Path(home) / "workspace")
        env = workspace.env(home)
        host = Host([lakehost, "--set", "plugins.enabled=compute", "--set",
                     "plugins.isolation=none", "--set", f"plugins.directories={folder}"], env)
        for check in (clusters, sessions, tasks):
            try:
                check(host, workspace)
                passed += 1
                print(f"ok      {check.__name__}")
            except (AssertionError, KeyError, OSError, ValueError, IndexError) as error:
                failed += 1
                print(f"FAILED  {check.__name__}: {error!r}")
        host.process.kill()
        workspace.process.kill()
    return verdict(passed, failed)


if __name__ == "__main__":
    sys.exit(main())
