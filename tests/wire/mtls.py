#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Client certificates: who is accepted, as whom, and who is not.

    tests/wire/mtls.py LAKEHOST FIXTURE.so [unittest options]
"""
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

PATIENCE = 60  # seconds until a test gives up; nothing is timed
LAKEHOST = FIXTURE = None
ASK = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                  "params": {"name": "get_server_info", "arguments": {}, "_meta": {
                      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                      "io.modelcontextprotocol/clientCapabilities": {}}}}).encode()
HEADERS = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
           "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call",
           "Mcp-Name": "get_server_info"}
FOR_CLIENTS = "extendedKeyUsage=clientAuth"


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, capture_output=True)


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.cert, self.key = f"{folder}/{name}.pem", f"{folder}/{name}.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", self.key, "-out", self.cert, "-days", "2", "-subj", f"/CN={name}",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def issue(self, name, subject, *extensions, days="2"):
        """Returns the files of a new certificate and its key."""
        cert, key = f"{self.folder}/{name}.pem", f"{self.folder}/{name}.key"
        request, conf = f"{self.folder}/{name}.csr", pathlib.Path(f"{self.folder}/{name}.ext")
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", key, "-out", request, "-subj", subject)
        conf.write_text("\n".join(("subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid",
                                   *extensions)) + "\n")
        openssl("x509", "-req", "-in", request, "-CA", self.cert, "-CAkey", self.key, "-out", cert,
                "-days", days, "-extfile", str(conf))
        return cert, key


class Host:
    def __init__(self, test, listener, auth, more=""):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="lakehost-mtls-"))
        test.addCleanup(shutil.rmtree, self.home)
        conf = self.home / "lakehost.conf"
        conf.write_text(f"server = {{ listeners = ( {{ tcp = \"127.0.0.1:0\"; {listener} }} ); }};\n"
                        f"auth = {{ {auth} }};\n{more}\n")
        self.conf, self.env = conf, {**os.environ, "XDG_STATE_HOME": str(self.home),
                                     "XDG_CONFIG_HOME": str(self.home)}

    def command(self, *words):
        return subprocess.run([LAKEHOST, "--config", self.conf, *words], capture_output=True,
                              text=True, env=self.env, timeout=PATIENCE, check=False)

    def start(self, test):
        self.log = open(self.home / "log", "w+b")
        self.process = subprocess.Popen(
            [LAKEHOST, "--config", self.conf, "--set",
             "plugins.directories=" + os.path.dirname(FIXTURE), "--set", "plugins.enabled=fixture",
             "--set", "plugins.name_length=64", "--set", "limits.drain_ms=0"],
            stdin=subprocess.DEVNULL, stderr=self.log, env=self.env)
        test.addCleanup(self.end)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            found = re.search(r'"url":"https://[\d.]+:(\d+)', self.text())
            if found:
                self.port = int(found[1])
                return self
            time.sleep(0.02)
        raise AssertionError(self.text())

    def text(self):
        return (self.home / "log").read_text(errors="replace")

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE)
        self.log.close()
        if status != 0:
            raise AssertionError(f"the host ended with {status}:\n{self.text()}")


class Certificates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="lakehost-ca-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.ca, cls.other = Authority(cls.folder, "ca"), Authority(cls.folder, "other")
        cls.server = cls.ca.issue("server", "/CN=localhost", "subjectAltName=DNS:localhost")
        cls.listener = (f'tls_certificate = "{cls.server[0]}"; tls_key = "{cls.server[1]}"; '
                        f'tls_client_ca = "{cls.ca.cert}";')

    def host(self, auth='inbound = "mtls";', more='policy = { default_access = "read"; };'):
        return Host(self, self.listener, auth, more).start(self)

    def connect(self, host, pair, version=None):
        context = ssl.create_default_context(cafile=self.ca.cert)
        if version is not None:
            context.minimum_version = context.maximum_version = version
        if pair is not None:
            context.load_cert_chain(*pair)
        connection = http.client.HTTPSConnection("localhost", host.port, timeout=PATIENCE,
                                                 context=context)
        self.addCleanup(connection.close)
        return connection

    def ask(self, host, pair, headers=None, **options):
        connection = self.connect(host, pair, **options)
        connection.request("POST", "/mcp", ASK, {**HEADERS, **(headers or {})})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    def is_principal(self, host, pair, name, **options):
        status, message = self.ask(host, pair, **options)
        self.assertEqual(status, 200, message)
        self.assertEqual(message["result"]["structuredContent"]["principal"], name)

    def refused(self, host, pair, part, **options):
        status, message = self.ask(host, pair, **options)
        self.assertEqual(status, 403, message)
        self.assertIn(part, message["error"]["message"])

    def test_common_name(self):
        host = self.host()
        ann = self.ca.issue("ann", "/O=Example/CN=ann", FOR_CLIENTS)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            self.is_principal(host, ann, "ann", version=version)
        self.is_principal(host, self.ca.issue("any", "/CN=bob"), "bob")  # for any purpose

    def test_refused(self):
        host = self.host()
        self.refused(host, None, "no certificate")
        for name, subject, extensions, part in (
                ("servers", "/CN=ann", ("extendedKeyUsage=serverAuth",), "not for clients"),
                ("nameless", "/O=Example", (FOR_CLIENTS,), "does not have the field"),
                ("two", "/CN=ann/CN=root", (FOR_CLIENTS,), "more than once"),
                ("local", "/CN=local", (FOR_CLIENTS,), "no valid name"),
                ("comma", "/CN=ann,root", (FOR_CLIENTS,), "no valid name"),
                ("long", "/CN=" + "n" * 64 + "/OU=x", (FOR_CLIENTS,), None)):
            with self.subTest(name):
                pair = self.ca.issue(name, subject, *extensions)
                if part is None:
                    self.is_principal(host, pair, "n" * 64)
                else:
                    self.refused(host, pair, part)

    def test_chain(self):
        host = self.host()
        self.refused(host, self.other.issue("ann2", "/CN=ann", FOR_CLIENTS), "not from an authority")
        forged = Authority(self.folder, "ca-forged")  # has the name of the authority, not its key
        openssl("req", "-x509", "-key", forged.key, "-out", forged.cert, "-days", "2", "-subj",
                "/CN=ca")
        self.refused(host, forged.issue("ann3", "/CN=ann", FOR_CLIENTS), "not from an authority")
        ann = self.ca.issue("leaf", "/CN=ann", FOR_CLIENTS)
        leaf = Authority(self.folder, "by-leaf")
        leaf.cert, leaf.key = ann  # a certificate that must not sign others
        eve = leaf.issue("eve", "/CN=root", FOR_CLIENTS)
        chain = pathlib.Path(f"{self.folder}/chain.pem")
        chain.write_text(pathlib.Path(eve[0]).read_text() + pathlib.Path(ann[0]).read_text())
        self.refused(host, (str(chain), eve[1]), "not from an authority")

    def test_alternative_names(self):
        names = ("subjectAltName=email:ann@example.com,DNS:ann.example.com,"
                 "URI:spiffe://example.com/ann", FOR_CLIENTS)
        pair = self.ca.issue("san", "/CN=ann", *names)
        double = self.ca.issue("double", "/CN=ann", "subjectAltName=email:a@b.c,email:d@e.f",
                               FOR_CLIENTS)
        for field, name in (("email", "ann@example.com"), ("dns", "ann.example.com"),
                            ("uri", "spiffe://example.com/ann")):
            with self.subTest(field):
                host = self.host(f'inbound = "mtls"; certificate_name = "{field}";')
                self.is_principal(host, pair, name)
                self.refused(host, double, "more than once" if field == "email" else
                             "does not have the field")

    def test_access(self):
        host = self.host(more='principals = ( { name = "ann"; access = "read"; } );')
        self.is_principal(host, self.ca.issue("a", "/CN=ann", FOR_CLIENTS), "ann")
        self.refused(host, self.ca.issue("b", "/CN=bob", FOR_CLIENTS), "no access")

    def test_every_request_and_the_open_paths(self):
        host = self.host()
        ann = self.ca.issue("again", "/CN=ann", FOR_CLIENTS)
        connection = self.connect(host, ann)
        for _ in range(3):
            connection.request("POST", "/mcp", ASK, HEADERS)
            answer = connection.getresponse()
            self.assertEqual(answer.status, 200, answer.read())
            answer.read()
        connection = self.connect(host, None)
        for path, status in (("/healthz", 200), ("/mcp", 403), ("/readyz", 200), ("/mcp", 403)):
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            self.assertEqual(answer.status, status)

    def test_in_addition_to_a_token(self):
        host = Host(self, self.listener, 'inbound = "token";')
        token = host.command("token", "new", "bob").stdout.strip()
        host.start(self)
        who = {"Authorization": f"Bearer {token}"}
        ann = self.ca.issue("plus", "/CN=ann", FOR_CLIENTS)
        status, message = self.ask(host, ann, who)
        self.assertEqual(message["result"]["structuredContent"]["principal"], "bob")
        self.assertEqual(self.ask(host, ann)[0], 401)
        self.assertEqual(self.ask(host, None, who)[0], 403)

    def test_configuration(self):
        tls = f'tls_certificate = "{self.server[0]}"; tls_key = "{self.server[1]}";'
        empty = pathlib.Path(f"{self.folder}/empty.pem")
        empty.write_text("no certificate\n")
        for listener, auth, part in (
                (tls, 'inbound = "mtls";', "lakehost.conf:1: server.listeners.tcp: needs "
                                           "tls_client_ca"),
                (self.listener, 'inbound = "none";', 'but auth.inbound is "none"'),
                (f'tls_client_ca = "{self.ca.cert}";', 'inbound = "token";',
                 "lakehost.conf:1: server.listeners.tls_client_ca: needs tls_certificate"),
                (tls + 'tls_client_ca = "/nonexistent";', 'inbound = "mtls";',
                 "lakehost.conf:1: server.listeners.tls_client_ca: cannot read /nonexistent"),
                (tls + f'tls_client_ca = "{empty}";', 'inbound = "mtls";',
                 "empty.pem does not contain certificates in PEM format"),
                (self.listener, 'inbound = "mtls"; certificate_name = "ou";',
                 'lakehost.conf:2: auth.certificate_name: "ou" must be one of'),
                (self.listener, 'inbound = "token"; certificate_name = "email";',
                 "lakehost.conf:2: auth.certificate_name: has an effect only with")):
            with self.subTest(part):
                run = Host(self, listener, auth).command("check")
                self.assertEqual(run.returncode, 1)
                self.assertIn(part, run.stdout + run.stderr)


if __name__ == "__main__":
    LAKEHOST, FIXTURE = sys.argv[1:3]
    del sys.argv[1:3]
    unittest.main()
