"""An installed Lakehost that is asked over stdio, the local workspace behind it, and a proxy between
the two that notes what the host asks."""
import atexit
import http.client
import http.server
import json
import os
import subprocess
import sys
import threading

PATIENCE = 70    # seconds after which a missing answer is a hang


def command(prefix, work, *more):
    return [prefix + '/bin/lakehost', '--set', 'plugins.enabled=all,secret-values', '--set',
            'policy.access=admin', '--set', 'plugins.secret-values.options.scopes=app', '--set',
            f'plugins.transfer_dirs={work}', *more]


def environment(work, url, token):
    kept = {name: value for name, value in os.environ.items() if name.endswith('SAN_OPTIONS')}
    return {**kept, 'PATH': os.environ['PATH'], 'HOME': work, 'DATABRICKS_HOST': url,
            'DATABRICKS_TOKEN': token, 'LANG': 'C.UTF-8', 'TMP_SECRET': 'canary-value'}


class Host:
    def __init__(self, prefix, work, url, token):
        self.process = subprocess.Popen(
            command(prefix, work, '--log-level', 'error'), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, env=environment(work, url, token), text=True)
        self.number = 0
        self.ask('initialize', {'protocolVersion': '2025-11-25', 'capabilities': {},
                                'clientInfo': {'name': 'tests', 'version': '1'}})

    def ask(self, method, params):
        self.number += 1
        self.process.stdin.write(json.dumps({'jsonrpc': '2.0', 'id': self.number,
                                             'method': method, 'params': params}) + '\n')
        self.process.stdin.flush()
        alarm = threading.Timer(PATIENCE, self.process.kill)
        alarm.start()
        try:
            return self.answer()
        finally:
            alarm.cancel()

    def answer(self):
        for line in self.process.stdout:
            answer = json.loads(line)
            if answer.get('id') == self.number:
                return answer
        sys.exit('the host ended')

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Exchange:
    """A request of the host and the reply to it."""

    def __init__(self, method, target, sent, status, headers, body):
        self.method, self.target, self.sent, self.status = method, target, sent, status
        self.path = target.partition('?')[0]
        self.headers, self.body = headers, body
        try:
            self.tree = json.loads(body) if body else None
        except ValueError:
            self.tree = None


class Proxy(http.server.BaseHTTPRequestHandler):
    """Passes requests on to `upstream`, HOST:PORT, and replies back, in which its own address takes
    the place of that one."""
    protocol_version = 'HTTP/1.1'
    upstream = own = None
    seen = []

    def pass_on(self):
        sent = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        connection = http.client.HTTPConnection(self.upstream)
        headers = {name: value for name, value in self.headers.items()
                   if name.lower() not in ('host', 'connection')}
        connection.request(self.command, self.path, sent, {**headers, 'Host': self.upstream})
        reply = connection.getresponse()
        data = reply.read().replace(self.upstream.encode(), self.own.encode())
        connection.close()
        kept = [(name, value) for name, value in reply.getheaders() if name.lower() not in
                ('connection', 'transfer-encoding', 'content-length', 'date', 'server')]
        length = reply.getheader('Content-Length') if self.command == 'HEAD' else str(len(data))
        if self.command == 'HEAD':
            kept.append(('Content-Length', length or '0'))
        self.seen.append(Exchange(self.command, self.path, sent, reply.status, kept, data))
        self.send_response_only(reply.status)
        for name, value in kept:
            self.send_header(name, value)
        if self.command != 'HEAD':
            self.send_header('Content-Length', length)
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = pass_on

    def log_message(self, *args):
        pass


class Workspace:
    """The local workspace with the proxy before it: `url` is the proxy's, `token` opens it."""

    def __init__(self, prefix, work):
        self.sandbox = subprocess.Popen(
            [prefix + '/bin/lakehost-sandbox', '--listen', '127.0.0.1:0', '--data',
             work + '/workspace', '--delay-ms', '200'], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)
        atexit.register(self.sandbox.kill)
        said = dict(self.sandbox.stdout.readline().strip().split('=', 1) for _ in range(2))
        Proxy.upstream = said['DATABRICKS_HOST'].removeprefix('http://')
        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Proxy)
        Proxy.own = f'127.0.0.1:{self.server.server_port}'
        self.url, self.token = 'http://' + Proxy.own, said['DATABRICKS_TOKEN']
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def end(self):
        self.sandbox.terminate()
        self.sandbox.wait()
        self.server.shutdown()
