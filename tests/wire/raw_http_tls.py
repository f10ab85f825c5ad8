#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TLS of a listener: what is agreed to and what never is, and that refusals reach the peer."""

import json
import shutil
import socket
import ssl
import subprocess
import tempfile
import unittest
import warnings

import echo
from echo import BODY, JSON, SSE, Peer, Server, check_leaving, chunked, head, post, request

# Of TLS 1.2, by their OpenSSL names. With static RSA who gets the key reads all that was recorded.
FORWARD_SECRET = ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384",
                  "ECDHE-RSA-CHACHA20-POLY1305")
STATIC_RSA = ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA256", "AES256-SHA256",
              "AES128-SHA", "AES256-SHA", "AES128-CCM", "NULL-SHA256", "NULL-SHA")


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="lakehost-tls-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.cert, cls.key = cls.certificate("rsa", "-newkey", "rsa:2048")
        cls.server = Server("--tcp", "127.0.0.1", "0", "--tls", cls.cert, cls.key,
                            "--body", "100000")

    @classmethod
    def tearDownClass(cls):
        with cls.server:
            pass

    @classmethod
    def certificate(cls, name, *options):
        cert, key = f"{cls.folder}/{name}.cert", f"{cls.folder}/{name}.key"
        subprocess.run(
            ["openssl", "req", "-x509", *options, "-nodes", "-keyout", key, "-out", cert,
             "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
            check=True, capture_output=True)
        return cert, key

    def context(self, version=None, ciphers=None):
        context = ssl.create_default_context(cafile=self.cert)
        if version is not None:
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            context.maximum_version = version
        if ciphers is not None:
            context.set_ciphers(ciphers + ":@SECLEVEL=0")
        return context

    def connect(self, context=None, server=None):
        port = (server or self.server).port
        sock = socket.create_connection(("127.0.0.1", port), echo.PATIENCE)
        return Peer((context or self.context()).wrap_socket(sock, server_hostname="localhost"))

    # ---- serving

    def test_serves(self):
        self.assertRegex(self.server.urls[0], r"^https://127\.0\.0\.1:\d+/mcp$")
        with self.connect() as peer:
            for _ in range(3):
                self.assertEqual(peer.call("echo").body, BODY)
            self.assertEqual(len(peer.call("drip", 2, Accept=SSE).events()), 3)
            self.assertEqual(len(peer.call("big", 3000000).body), 3000002)
            peer.send(post(b"x" * 90000))
            self.assertEqual(len(peer.reply().body), 90000)
        check_leaving(self, self.connect)

    def test_refusals_are_readable(self):
        """Those that the library never sees, too."""
        long = b'{"jsonrpc":"2.0","id":7,"method":"%s"}' % (b"x" * 100000)
        for data, status, id in (
                (b"x" * 200 + b"\r\n\r\n", 400, None),
                (head(JSON), 400, None),
                (b"GET /mcp HTTP/3.0\r\nHost: localhost\r\n\r\n", 505, None),
                (post(BODY, "X-A: " + "a" * 9000), 431, None),
                (post(BODY, path="/" + "a" * 9000), 414, None),
                (head("Host: localhost", JSON, "Content-Length: 100001"), 413, None),
                (post(long), 413, 7),
                (head("Host: localhost", JSON, "Transfer-Encoding: chunked") + chunked(long), 413,
                 7),
                (head("Host: localhost", JSON, "Transfer-Encoding: chunked") + b"z\r\n", 400,
                 None)):
            with self.subTest(data[:60]), self.connect() as peer:
                peer.send(data)
                reply = peer.reply()
                self.assertEqual((reply.status, reply.closes), (status, True))
                body = json.loads(reply.body)
                self.assertEqual((body["jsonrpc"], body.get("id")), ("2.0", id))
                self.assertGreater(len(body["error"]["message"]), 20)

    def test_plain_http_gets_nothing(self):
        with self.server.connect() as peer:
            peer.send(request("echo"))
            try:
                self.assertNotIn(b"HTTP/1.1", peer.to_end())
            except AssertionError as error:
                self.assertIn("reset", str(error))

    # ---- what is agreed to

    def test_versions(self):
        warnings.simplefilter("ignore", DeprecationWarning)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.connect(self.context(version)) as peer:
                self.assertEqual(peer.sock.version(), version.name.replace("_", "."))
                self.assertEqual(peer.call("echo").body, BODY)
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                self.connect(self.context(version, "ALL"))

    def test_forward_secrecy(self):
        for cipher in FORWARD_SECRET:
            with self.connect(self.context(ssl.TLSVersion.TLSv1_2, cipher)) as peer:
                self.assertEqual(peer.sock.cipher()[0], cipher)
                self.assertEqual(peer.call("echo").body, BODY)

    def test_no_static_rsa(self):
        """Nor anything else that keeps a recording readable: one by one, and all together."""
        tried = []
        for ciphers in (*STATIC_RSA, "kRSA", "kRSA:aNULL:eNULL"):
            try:
                context = self.context(ssl.TLSVersion.TLSv1_2, ciphers)
            except ssl.SSLError:
                continue  # this OpenSSL does not know it
            tried.append(ciphers)
            with self.subTest(ciphers), self.assertRaises((ssl.SSLError, ConnectionError)):
                self.connect(context)
        self.assertIn("AES128-GCM-SHA256", tried)
        self.assertIn("AES256-SHA", tried)

    # ---- renegotiation

    def s_client(self, text):
        """What openssl s_client shows of a TLS 1.2 connection into which this is typed."""
        client = subprocess.Popen(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{self.server.port}", "-tls1_2",
             "-servername", "localhost", "-CAfile", self.cert], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            client.stdin.write(text)
            client.stdin.flush()
            shown = b""
            while (line := client.stdout.readline()) != b"":
                shown += line
                if b"HTTP/1.1 200" in line:
                    break
            return shown
        finally:
            client.stdin.close()
            client.kill()
            client.wait()
            client.stdout.close()

    def test_no_renegotiation(self):
        ask = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        self.assertIn(b"HTTP/1.1 200", self.s_client(ask))
        shown = self.s_client(b"R\n")  # and then waits: the server closes
        self.assertIn(b"RENEGOTIATING", shown)
        self.assertNotIn(b"HTTP/1.1 200", shown)
        with self.connect() as peer:  # others are served
            self.assertEqual(peer.call("echo").body, BODY)

    # ---- files

    def test_other_kinds_of_keys(self):
        cert, key = self.certificate("ec", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
        context = ssl.create_default_context(cafile=cert)
        with Server("--tcp", "127.0.0.1", "0", "--tls", cert, key) as server:
            with self.connect(context, server) as peer:
                self.assertEqual(peer.call("echo").body, BODY)

    def test_files_that_cannot_be(self):
        cert, key = self.cert, self.key
        for one, other, why in ((cert, key + "x", "cannot read"), (cert, cert, "cannot be used together"),
                                (cert + "x", key, "cannot read"), (cert, "/dev/null", "cannot read")):
            run = subprocess.run([echo.PROGRAM, "--tcp", "127.0.0.1", "0", "--tls", one, other],
                                 capture_output=True, text=True, check=False)
            self.assertEqual(run.returncode, 1)
            self.assertIn(why, run.stderr)


if __name__ == "__main__":
    echo.main()
