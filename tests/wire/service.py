#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The host as a service: the sockets, the credentials and the notify socket that systemd passes. The
test takes the part of systemd, as sd_listen_fds(3), sd_notify(3) and systemd.exec(5) describe it.

    tests/wire/service.py LAKEHOST DATA.so [unittest options]
"""
import http.client
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

PATIENCE = 60  # seconds until a test gives up; nothing is timed
PROGRAMS = []


class Service:
    """A host that was started with a listening socket and a notify socket."""

    def __init__(self, folder, config="", watchdog=None, abstract=False, credentials=None,
                 listeners=None):
        self.listener = listeners or socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1] if listeners is None else None
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.settimeout(PATIENCE)
        name = f"\0lakehost-test-{os.getpid()}-{id(self)}" if abstract else f"{folder}/notify"
        if not abstract and os.path.exists(name):
            os.unlink(name)
        self.notify.bind(name)
        path = pathlib.Path(folder, "lakehost.conf")
        path.write_text(config)
        env = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "LISTEN_FDS": "1",
               "NOTIFY_SOCKET": name.replace("\0", "@"), "STATE_DIRECTORY": str(folder)}
        env.update(watchdog or {})
        if credentials:
            env["CREDENTIALS_DIRECTORY"] = str(credentials)
        # The shell puts its process number into LISTEN_PID and then becomes the host.
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", 'exec 3<&"$1"; shift; LISTEN_PID=$$ exec "$@"', "sh",
             str(self.listener.fileno()), PROGRAMS[0], "--config", str(path), "--set",
             "plugins.directories=" + os.path.dirname(PROGRAMS[1]), "--set",
             "plugins.enabled=data", "--log-level", "warning", "serve"],
            env=env, pass_fds=[self.listener.fileno()], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def message(self):
        return self.notify.recv(4096).decode()

    def next_state(self):
        """The next message that is not of the watchdog."""
        while True:
            text = self.message()
            if text != "WATCHDOG=1":
                return text

    def get(self, path):
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        client.request("GET", path)
        status = client.getresponse().status
        client.close()
        return status

    def end(self, number=signal.SIGTERM):
        """Its exit status and its log."""
        if number is not None:
            self.process.send_signal(number)
        output = self.process.communicate(timeout=PATIENCE)[1]
        return self.process.returncode, output

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
        self.listener.close()
        self.notify.close()


class Rig(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def start(self, **options):
        service = Service(self.folder, **options)
        self.addCleanup(service.close)
        return service


class ServiceTest(Rig):
    def test_ready_and_stopping(self):
        service = self.start()
        self.assertEqual(service.message(), "READY=1")
        self.assertEqual(service.get("/readyz"), 200)
        service.process.send_signal(signal.SIGTERM)
        self.assertEqual(service.message(), "STOPPING=1")
        self.assertEqual(service.end(None)[0], 0)

    def test_a_client_that_came_first_is_served(self):
        listener = socket.create_server(("127.0.0.1", 0))
        early = socket.create_connection(listener.getsockname(), PATIENCE)
        early.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        service = self.start(listeners=listener)
        self.assertTrue(early.recv(4096).startswith(b"HTTP/1.1 200"))
        early.close()
        self.assertEqual(service.end()[0], 0)

    def test_an_abstract_notify_socket(self):
        service = self.start(abstract=True)
        self.assertEqual(service.message(), "READY=1")

    def test_reload(self):
        service = self.start()
        self.assertEqual(service.message(), "READY=1")
        for _ in range(3):
            before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            service.process.send_signal(signal.SIGHUP)
            first, second = service.message().split("\n")
            self.assertEqual(first, "RELOADING=1")
            name, value = second.split("=")
            self.assertEqual(name, "MONOTONIC_USEC")
            after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            self.assertTrue(before <= int(value) <= after)
            self.assertEqual(service.message(), "READY=1")
        self.assertEqual(service.get("/readyz"), 200)
        self.assertEqual(service.end(), (0, ""))  # a reload that is refused would be in the log

    def test_no_directory_of_users_is_made(self):
        """It belongs to the login manager. With our mode no other user could enter it."""
        directory = pathlib.Path(f"/run/user/{os.geteuid()}")
        before = directory.exists()
        service = self.start()
        self.assertEqual(service.message(), "READY=1")
        self.assertEqual(directory.exists(), before)
        self.assertEqual(service.end()[0], 0)

    def test_watchdog(self):
        service = self.start(watchdog={"WATCHDOG_USEC": "20000"})
        self.assertEqual(service.message(), "READY=1")
        for _ in range(5):
            self.assertEqual(service.message(), "WATCHDOG=1")
        service.process.send_signal(signal.SIGTERM)
        self.assertEqual(service.next_state(), "STOPPING=1")

    def test_no_watchdog_for_another_process(self):
        for watchdog in ({"WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"},
                         {"WATCHDOG_USEC": "-1"}, {"WATCHDOG_USEC": "many"}):
            service = self.start(watchdog=watchdog)
            self.assertEqual(service.message(), "READY=1")
            service.process.send_signal(signal.SIGHUP)
            self.assertTrue(service.message().startswith("RELOADING=1"))
            self.assertEqual(service.message(), "READY=1")
            service.process.send_signal(signal.SIGTERM)
            self.assertEqual(service.message(), "STOPPING=1")
            service.close()

    def test_a_manager_that_reads_nothing_is_not_waited_for(self):
        service = self.start(watchdog={"WATCHDOG_USEC": "1000"})
        for _ in range(100):  # the socket holds far fewer messages
            self.assertEqual(service.get("/healthz"), 200)
        service.process.send_signal(signal.SIGHUP)
        self.assertEqual(service.message(), "READY=1")
        self.assertTrue(service.next_state().startswith("RELOADING=1"))
        self.assertEqual(service.next_state(), "READY=1")
        self.assertEqual(service.end()[0], 0)

    def test_a_notify_socket_that_is_gone(self):
        service = self.start()
        self.assertEqual(service.message(), "READY=1")
        service.notify.close()
        os.unlink(self.folder / "notify")
        self.assertEqual(service.get("/readyz"), 200)
        status, log = service.end()
        self.assertEqual(status, 0)
        self.assertIn("notify-failed", log)

    def test_a_fault_of_the_configuration_is_never_ready(self):
        service = self.start(config="limits = {\n  calls = 1;\n};\n")
        status, log = service.end(None)
        self.assertEqual(status, 1)
        self.assertIn("lakehost.conf:2: limits.calls: unknown key", log)
        service.notify.setblocking(False)
        with self.assertRaises(BlockingIOError):
            service.message()

    def test_a_socket_that_other_machines_reach_is_refused(self):
        service = self.start(listeners=socket.create_server(("0.0.0.0", 0)))
        status, log = service.end(None)
        self.assertEqual(status, 1)
        self.assertIn("can be reached from other machines", log)


class CredentialTest(Rig):
    CONFIG = ('upstreams = { workspace = { host = "https://127.0.0.1:1"; '
              'token = "credential:token"; }; };\n')

    def test_credential(self):
        credentials = self.folder / "credentials"
        credentials.mkdir()
        (credentials / "token").write_text("dapi-of-the-credential\n")
        service = self.start(config=self.CONFIG, credentials=credentials)
        self.assertEqual(service.message(), "READY=1")
        (credentials / "token").write_text("dapi-of-the-reload\n")
        service.process.send_signal(signal.SIGHUP)
        self.assertTrue(service.message().startswith("RELOADING=1"))
        self.assertEqual(service.message(), "READY=1")
        status, log = service.end()
        self.assertEqual(status, 0)
        self.assertNotIn("dapi-of", log)

    def refused(self, credentials, *why):
        service = self.start(config=self.CONFIG, credentials=credentials)
        status, log = service.end(None)
        self.assertEqual(status, 1)
        for text in why:
            self.assertIn(text, log)

    def test_a_missing_credential(self):
        credentials = self.folder / "credentials"
        credentials.mkdir()
        self.refused(credentials, "lakehost.conf:1: upstreams.workspace.token: ",
                     "No such file or directory")

    def test_an_unreadable_credential(self):
        credentials = self.folder / "credentials"
        (credentials / "token").mkdir(parents=True)  # a folder: root could read a closed file
        self.refused(credentials, "lakehost.conf:1: upstreams.workspace.token: ")

    def test_no_folder_of_credentials(self):
        self.refused(None, "lakehost.conf:1: upstreams.workspace.token: ",
                     "CREDENTIALS_DIRECTORY")


if __name__ == "__main__":
    PROGRAMS += sys.argv[1:3]
    del sys.argv[1:3]
    unittest.main()
