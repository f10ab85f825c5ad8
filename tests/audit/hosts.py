"""Hosts for the tests of the audit log, the metrics and the traces: started over HTTP in a folder of
their own, asked, and ended."""
import argparse
import contextlib
import http.client
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PATIENCE = 60
META = {'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientInfo': {'name': 'audit-test', 'version': '3.1'},
        'io.modelcontextprotocol/clientCapabilities': {}}
HEADERS = {'Content-Type': 'application/json', 'Accept': 'application/json, text/event-stream',
           'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': 'tools/call'}


given_ports = set()


def free_port():
    """A port below those that the kernel gives to outgoing connections: between this and the start of a
    host, many connections may begin."""
    while True:
        port = random.randrange(10000, 32000)
        with socket.socket() as tried, contextlib.suppress(OSError):
            tried.bind(('127.0.0.1', port))
            if port not in given_ports:
                given_ports.add(port)
                return port


class Host:
    """A host over HTTP, in a folder of its own."""

    def __init__(self, folder, build, *settings, limit=None, workspace='http://127.0.0.1:9',
                 retries=0, config=None, program='lakehost', words=()):
        self.folder, self.build, self.log = folder, build, folder / 'host.log'
        self.workspace = workspace
        self.program = build / 'core' / program
        self.settings = [word for one in (*settings, f'upstreams.workspace.max_retries={retries}')
                         for word in ('--set', one)]
        if config is not None:
            self.settings += ['--config', str(config)]
        self.settings += words
        self.port = free_port()

        def limited():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        with self.log.open('ab') as out:
            self.process = subprocess.Popen(
                [str(self.program), *self.settings, '--http', f'127.0.0.1:{self.port}'],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=out, env=self.environment(),
                preexec_fn=limited)

    def environment(self):
        return {'PATH': os.environ['PATH'], 'HOME': str(self.folder),
                'XDG_STATE_HOME': str(self.folder / 'state'),
                'DATABRICKS_HOST': self.workspace, 'DATABRICKS_TOKEN': 'dapi-of-the-test'}

    def wait(self):
        for _ in range(PATIENCE * 20):
            with contextlib.suppress(OSError):
                socket.create_connection(('127.0.0.1', self.port)).close()
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError('the host does not answer: ' + self.log.read_text()[-2000:])

    def post(self, method, params, token=None, meta=()):
        """The status and the body of the answer to one message."""
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE)
        message = {'jsonrpc': '2.0', 'id': 1, 'method': method, 'params': {**params, '_meta': {**META, **dict(meta)}}}
        sent = {**HEADERS, 'Mcp-Method': method}
        for key in ('name', 'uri', 'taskId'):
            if key in params:
                sent['Mcp-Name'] = params[key]
        if token is not None:
            sent['Authorization'] = f'Bearer {token}'
        connection.request('POST', '/mcp', json.dumps(message), sent)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body

    def listen(self, notifications, token=None):
        """The response of subscriptions/listen: an open stream of events."""
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE)
        message = {'jsonrpc': '2.0', 'id': 1, 'method': 'subscriptions/listen',
                   'params': {'notifications': notifications, '_meta': META}}
        sent = {**HEADERS, 'Mcp-Method': 'subscriptions/listen'}
        if token is not None:
            sent['Authorization'] = f'Bearer {token}'
        connection.request('POST', '/mcp', json.dumps(message), sent)
        return connection.getresponse()

    def call(self, tool, arguments=None, token=None, meta=()):
        status, body = self.post('tools/call', {'name': tool, 'arguments': arguments or {}}, token, meta)
        return status, json.loads(body) if body else None

    def get(self, path, headers=()):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE)
        connection.request('GET', path, headers=dict(headers))
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, body

    def command(self, *words):
        done = subprocess.run([str(self.program), *self.settings, *map(str, words)], text=True,
                              capture_output=True, env=self.environment(), timeout=PATIENCE)
        return done.returncode, done.stdout + done.stderr

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.wait(PATIENCE)


def until(condition, what):
    for _ in range(PATIENCE * 20):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f'{what}: not within {PATIENCE} s')


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def run_one(test, build):
    folder = pathlib.Path(tempfile.mkdtemp(prefix='lakehost-test-'))
    try:
        why = test(folder, build)
        print(f'skipped: {test.__name__}: {why}' if why else f'ok       {test.__name__}')
        return 'skipped' if why else 'passed'
    except Exception as error:  # each test is reported, whatever it met
        print(f'FAILED   {test.__name__}: {error}')
        return 'failed'
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_all(tests, about):
    """The main program of a folder of tests: each returns why it was skipped, or nothing."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('build', nargs='?', type=pathlib.Path, default=ROOT / 'build' / 'dev')
    parser.add_argument('--only', default='', help='the tests with this in their name')
    chosen = parser.parse_args()
    ends = [run_one(test, chosen.build.resolve()) for test in tests if chosen.only in test.__name__]
    print(', '.join(f'{ends.count(end)} {end}' for end in ('passed', 'failed', 'skipped')))
    return 1 if 'failed' in ends else 0
