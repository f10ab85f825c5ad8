# SPDX-License-Identifier: Apache-2.0
"""Everything that a login with Databricks talks to, on loopback: a workspace with its OAuth
endpoints, Microsoft Entra ID, the metadata services of virtual machines, the token services of
pipelines, and Google. It is one server. As a proxy (CONNECT) it answers for every host by its
certificate, so that programs can use the real names of hosts.

A fault for a path makes that service die in a chosen way."""
import base64
import http.server
import json
import socketserver
import ssl
import threading
import time
import urllib.parse

TENANT = "11111111-2222-3333-4444-555555555555"


def jwt(**claims):
    part = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode()
            for p in ({"alg": "none"}, claims)]
    return ".".join(part + ["c2lnbmF0dXJl"])


class Request:
    def __init__(self, method, host, path, headers, body):
        self.method, self.host, self.headers, self.body = method, host, headers, body
        self.path, _, self.query = path.partition("?")
        self.form = dict(urllib.parse.parse_qsl(body)) if body else {}

    def __repr__(self):
        return f"{self.method} {self.host}{self.path}?{self.query} {self.form or self.body}"


class Fake(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, certificate=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.release = threading.Event()
        self.reset()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def reset(self):
        self.seen = []         # every request
        self.faults = {}       # path: status, "garbage", "empty", "hang" or "drop"
        self.refused = set()   # tokens that the workspace does not accept
        self.metadata = None   # of /.well-known/databricks-config; None: 404
        self.life = 3600       # of tokens, in seconds
        self.minted = 0
        self.release.clear()

    def stop(self):
        self.release.set()
        self.shutdown()
        self.server_close()

    def requests(self, path):
        with self.lock:
            return [r for r in self.seen if r.path == path]

    # ---- what it answers ----

    def token(self, name, **more):
        with self.lock:
            self.minted += 1
            number = self.minted
        return {"access_token": f"{name}-{number}", "token_type": "Bearer", **more}

    def answer(self, request, base):
        path = request.path
        if path == "/.well-known/databricks-config":
            metadata = self.metadata
            if metadata == "standard":  # as a workspace of today answers
                metadata = {"oidc_endpoint": base + "/oidc", "workspace_id": "42",
                            "account_id": "a-1"}
            return (200, metadata) if metadata is not None else (404, {})
        if path.endswith("/.well-known/oauth-authorization-server"):
            root = base + path.removesuffix("/.well-known/oauth-authorization-server")
            return 200, {"authorization_endpoint": root + "/v1/authorize",
                         "token_endpoint": root + "/v1/token"}
        if path.endswith("/v1/token"):
            return 200, self.token("workspace", expires_in=self.life)
        if path == "/aad/auth":
            return 302, f"https://login.microsoftonline.com/{TENANT}/oauth2/authorize?x=y"
        if path == "/oidc/oauth2/v2.0/authorize":
            return 302, f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/authorize?x=y"
        if path == f"/{TENANT}/oauth2/token":
            return 200, self.token("entra", expires_in=str(self.life),
                                   expires_on=str(int(time.time()) + self.life))
        if path == "/metadata/identity/oauth2/token":
            return 200, self.token("msi", expires_on=str(int(time.time()) + self.life))
        if path == "/metadata-service":
            return 200, self.token("service", expires_on=int(time.time()) + self.life)
        if path == "/github":
            return 200, {"value": jwt(sub="github")}
        if path.endswith("/oidctoken"):
            return 200, {"oidcToken": jwt(sub="devops")}
        return self.google(request) or self.workspace(request)

    def google(self, request):
        path = request.path
        if path == "/computeMetadata/v1/instance/service-accounts/default/token":
            return 200, self.token("machine", expires_in=self.life)
        if path in ("/google/token", "/token"):
            claims = request.form.get("assertion", "..").split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(claims + "==") or b"{}") if claims else {}
            if "target_audience" in claims:
                return 200, {"id_token": jwt(aud=claims["target_audience"],
                                             exp=int(time.time()) + self.life)}
            return 200, self.token("google", expires_in=self.life)
        if path.endswith(":generateIdToken"):
            return 200, {"token": jwt(sub="impersonated", exp=int(time.time()) + self.life)}
        if path.endswith(":generateAccessToken"):
            end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + self.life))
            return 200, {"accessToken": "impersonated-access", "expireTime": end}
        return None

    def workspace(self, request):
        given = request.headers.get("Authorization", "")
        token = given.removeprefix("Bearer ")
        with self.lock:
            refused = not given or token in self.refused
        if refused:
            return 401, {"error_code": "UNAUTHENTICATED", "message": "Invalid access token"}
        if request.path.endswith("/api/2.0/preview/scim/v2/Me"):
            return 200, {"userName": "somebody@example.com"}
        return 200, {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    base = None

    def log_message(self, *_):
        pass

    def do_CONNECT(self):
        host = self.path.removesuffix(":443")
        self.send_response(200)
        self.end_headers()
        try:
            self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
        except (OSError, ssl.SSLError):
            self.close_connection = True
            return
        self.rfile = self.connection.makefile("rb", -1)
        self.wfile = self.connection.makefile("wb", 0)
        self.base = "https://" + host
        self.close_connection = False

    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode() if length else ""
        if self.headers.get("Transfer-Encoding") == "chunked":
            while (size := int(self.rfile.readline(), 16)) > 0:
                body += self.rfile.read(size).decode()
                self.rfile.readline()
            self.rfile.readline()
        path, base = self.path, self.base or self.server.url
        if path.startswith("http://"):  # a proxy request
            split = urllib.parse.urlsplit(path)
            path = split.path + ("?" + split.query if split.query else "")
        request = Request(self.command, base.split("://")[1], path, self.headers, body)
        with self.server.lock:
            self.server.seen.append(request)
        fault = self.server.faults.get(request.path)
        if fault == "hang":
            self.server.release.wait()
        if fault in ("hang", "drop"):
            self.close_connection = True
            return
        if fault == "garbage":
            self.reply(200, b"<html>not what you want")
        elif fault == "empty":
            self.reply(200, b"{}")
        elif fault is not None:
            self.reply(fault, b'{"error":"no","error_description":"told to fail"}')
        else:
            status, answer = self.server.answer(request, base)
            if status == 302:
                self.reply(status, b"", answer)
            else:
                self.reply(status, json.dumps(answer).encode())

    def reply(self, status, body, location=None):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any
