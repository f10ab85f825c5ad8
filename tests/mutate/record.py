"""Records what the plugins ask the local workspace and what it replies, call by call."""
import atexit
import http.client
import http.server
import json
import os
import pathlib
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / 'facts'))
from calls import CALLS, HOME, VOLUME, keep  # noqa: E402

PATIENCE = 70    # seconds after which a missing answer is a hang
FILE = VOLUME + '/mutate.txt'
MORE_CALLS = [
    ('write_file', {'path': FILE, 'content': 'one\ntwo\n', 'overwrite': True}),
    ('execute_sql', {'sql_query': 'SELECT 1 AS one', 'format': 'json', 'wait_s': 40},
     keep('done', r'statement_id[=:] ?(\S+)')),
    ('run_job_now', {'job_id': '482915', 'wait_s': 40}, keep('ended', r'^run_id: (\d+)')),
    ('list_job_runs', {'job_id': 'flaky', 'limit': 5}),
    ('get_notebook_content', {'path': HOME + '/hello'}),
]

TABLES = 'databricks://catalogs/main/schemas/sales/tables'
TABLE = 'databricks://tables/main/sales/orders'
RESOURCES = [
    'lakehost://server', 'databricks://clusters', 'databricks://catalogs',
    'databricks://warehouses', 'databricks://jobs', 'databricks://mlflow/experiments',
    'databricks://models', 'databricks://serving-endpoints', 'databricks://vector-indexes',
    'databricks://secret-scopes', 'databricks://repos', 'databricks://clusters/sandbox-terminated',
    'databricks://clusters/sandbox-terminated/events', 'databricks://catalogs/main/schemas',
    TABLES, TABLE, TABLE + '/preview', 'databricks://statements/{statement}',
    'databricks://files' + FILE, 'databricks://files' + VOLUME, 'databricks://jobs/482915',
    'databricks://jobs/482915/runs', 'databricks://runs/{run}',
    'databricks://mlflow/experiments/{experiment}/runs', 'databricks://mlflow/runs/{ml_run}',
    'databricks://models/main.default.taxi_fare/versions/1',
    'databricks://secret-scopes/app/secrets', 'databricks://workspace' + HOME,
    'databricks://notebooks' + HOME + '/hello', 'databricks://repos/{repo}',
]

SALES = {'catalog': 'main', 'schema': 'sales', 'table': 'orders'}
PROMPTS = [
    ('analyze_table', {**SALES, 'analysis_goal': 'find outliers'}),
    ('explore_catalog', {'catalog': 'main'}),
    ('explore_catalog', {'catalog': 'main', 'schema': 'sales', 'question': 'what sells?'}),
    ('write_query', {**SALES, 'question': 'what sells?'}),
    ('write_query', {'catalog': 'main', 'schema': 'sales', 'question': 'what sells?'}),
    ('debug_job_run', {'job': '482915'}),
    ('debug_job_run', {'job': '482915', 'run_id': '{run}'}),
]

NAMES = {'catalog_name': 'main', 'schema_name': 'sales'}
MODELS = 'databricks://models/{model_name}/versions/{version}'
TEMPLATES = 'databricks://catalogs/{catalog_name}/schemas'
COMPLETIONS = [
    ('databricks://clusters/{cluster_id}', 'cluster_id', '', {}),
    (TEMPLATES, 'catalog_name', 'm', {}),
    (TEMPLATES + '/{schema_name}/tables', 'schema_name', '', NAMES),
    ('databricks://tables/{catalog_name}/{schema_name}/{table_name}', 'table_name', '', NAMES),
    ('databricks://files{+path}', 'path', VOLUME + '/', {}),
    ('databricks://files{+path}', 'path', 'dbfs:/', {}),
    ('databricks://jobs/{job_id}', 'job_id', '', {}),
    ('databricks://runs/{run_id}', 'run_id', '', {}),
    ('databricks://mlflow/experiments/{experiment_id}/runs', 'experiment_id', '', {}),
    (MODELS, 'model_name', '', {}),
    (MODELS, 'version', '', {'model_name': 'main.default.taxi_fare'}),
    ('databricks://secret-scopes/{scope_name}/secrets', 'scope_name', '', {}),
    ('databricks://workspace{+path}', 'path', '/Users/', {}),
    ('databricks://notebooks{+path}', 'path', HOME + '/', {}),
    ('databricks://repos/{repo_id}', 'repo_id', '', {}),
    ('analyze_table', 'catalog', '', {}),
    ('analyze_table', 'schema', '', SALES),
    ('analyze_table', 'table', '', SALES),
    ('debug_job_run', 'job', '', {}),
    ('debug_job_run', 'run_id', '', {'job': '482915'}),
]


class Exchange:
    """A request of the host and the reply to it."""

    def __init__(self, method, target, status, headers, body):
        self.method, self.target, self.status = method, target, status
        self.path = target.partition('?')[0]
        self.headers, self.body = headers, body
        try:
            self.tree = json.loads(body) if body else None
        except ValueError:
            self.tree = None


class Call:
    """What a client asks, and the exchanges that its answer needed."""

    def __init__(self, name, method, params, exchanges, good):
        self.name, self.method, self.params = name, method, params
        self.exchanges, self.good = exchanges, good


class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    upstream = own = None
    seen = []

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        connection = http.client.HTTPConnection(self.upstream)
        headers = {name: value for name, value in self.headers.items()
                   if name.lower() not in ('host', 'connection')}
        connection.request(self.command, self.path, body, {**headers, 'Host': self.upstream})
        reply = connection.getresponse()
        data = reply.read().replace(self.upstream.encode(), self.own.encode())
        connection.close()
        kept = [(name, value) for name, value in reply.getheaders() if name.lower() not in
                ('connection', 'transfer-encoding', 'content-length', 'date', 'server')]
        length = reply.getheader('Content-Length') if self.command == 'HEAD' else str(len(data))
        if self.command == 'HEAD':
            kept.append(('Content-Length', length or '0'))
        self.seen.append(Exchange(self.command, self.path, reply.status, kept, data))
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


def command(prefix, work, *more):
    return [prefix + '/bin/lakehost', '--set', 'plugins.enabled=all,secret-values', '--set',
            'policy.access=admin', '--set', 'plugins.secret-values.options.scopes=app', '--set',
            f'plugins.transfer_dirs={work}', *more]


def environment(work, url, token):
    kept = {name: value for name, value in os.environ.items() if name.endswith('SAN_OPTIONS')}
    return {**kept, 'PATH': os.environ['PATH'], 'HOME': work, 'DATABRICKS_HOST': url,
            'DATABRICKS_TOKEN': token, 'LANG': 'C.UTF-8'}


class Host:
    def __init__(self, prefix, work, url, token):
        self.process = subprocess.Popen(
            command(prefix, work, '--log-level', 'error'), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, env=environment(work, url, token), text=True)
        self.number = 0
        self.ask('initialize', {'protocolVersion': '2025-11-25', 'capabilities': {},
                                'clientInfo': {'name': 'mutate', 'version': '1'}})

    def ask(self, method, params):
        self.number += 1
        self.process.stdin.write(json.dumps({'jsonrpc': '2.0', 'id': self.number,
                                             'method': method, 'params': params}) + '\n')
        self.process.stdin.flush()
        alarm = threading.Timer(PATIENCE, self.process.kill)
        alarm.start()
        try:
            for line in self.process.stdout:
                answer = json.loads(line)
                if answer.get('id') == self.number:
                    return answer
        finally:
            alarm.cancel()
        sys.exit('the host ended while recording')


def is_good(answer):
    return 'result' in answer and not answer['result'].get('isError')


def without_repeated_polls(exchanges):
    """Of requests that repeat the one before, the last: what the operation came to."""
    kept = []
    for exchange in exchanges:
        if kept and exchange.method == 'GET' and (exchange.method, exchange.target) == (
                kept[-1].method, kept[-1].target):
            kept.pop()
        kept.append(exchange)
    return kept


class Recorder:
    """Makes the calls, each with a host of its own: one could answer from its cache."""

    def __init__(self, *host):
        self.host, self.calls, self.kept = host, [], {}
        tools = self.ask('tools/list', {})['result']['tools']
        self.tools = {tool['name']: tool for tool in tools}

    def ask(self, method, params):
        host = Host(*self.host)
        answer = host.ask(method, params)
        host.process.stdin.close()
        host.process.wait()
        return answer

    def note(self, name, method, params, replayed=None):
        Proxy.seen.clear()
        answer = self.ask(method, params)
        self.calls.append(Call(name, method, replayed or params,
                               without_repeated_polls(list(Proxy.seen)), is_good(answer)))
        return answer

    def tool(self, name, arguments, *kinds):
        arguments = arguments(self.kept) if callable(arguments) else arguments
        short = dict(arguments)
        if 'wait_s' in self.tools[name]['inputSchema'].get('properties', {}):
            short['wait_s'] = min(1, arguments.get('wait_s', 1))
        answer = self.note(name, 'tools/call', {'name': name, 'arguments': arguments},
                           {'name': name, 'arguments': short})
        text = ''.join(block.get('text', '') for block in answer['result']['content'])
        for kind in kinds:
            if isinstance(kind, keep):
                faults = []
                kind.take(text, self.kept, faults)
                if faults:
                    sys.exit(f'{name}: {faults[0]}')

    def filled(self, text):
        return text.format_map(self.kept) if '{' in text else text

    def everything(self):
        for name, arguments, *kinds in CALLS + MORE_CALLS:
            self.tool(name, arguments, *kinds)
        for uri in RESOURCES:
            self.note(uri, 'resources/read', {'uri': self.filled(uri)})
        for name, arguments in PROMPTS:
            filled = {key: self.filled(value) for key, value in arguments.items()}
            self.note('prompt:' + name, 'prompts/get', {'name': name, 'arguments': filled})
        for ref, argument, value, context in COMPLETIONS:
            kind = ({'type': 'ref/resource', 'uri': ref} if '://' in ref else
                    {'type': 'ref/prompt', 'name': ref})
            self.note(f'complete:{ref}:{argument}', 'completion/complete', {
                'ref': kind, 'argument': {'name': argument, 'value': value},
                'context': {'arguments': context}})


def start_sandbox(prefix, work):
    sandbox = subprocess.Popen([prefix + '/bin/lakehost-sandbox', '--listen', '127.0.0.1:0',
                                '--data', work + '/workspace', '--delay-ms', '200'],
                               env={**os.environ, 'PATH': '/usr/local/bin:/usr/bin:/bin'},
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    atexit.register(sandbox.kill)
    said = dict(sandbox.stdout.readline().strip().split('=', 1) for _ in range(2))
    return sandbox, said['DATABRICKS_HOST'].removeprefix('http://'), said['DATABRICKS_TOKEN']


def record(prefix, work):
    """The calls, the tools by name, and the address that stands in the replies."""
    sandbox, Proxy.upstream, token = start_sandbox(prefix, work)
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Proxy)
    Proxy.own = f'127.0.0.1:{server.server_port}'
    threading.Thread(target=server.serve_forever, daemon=True).start()
    recorder = Recorder(prefix, work, 'http://' + Proxy.own, token)
    recorder.everything()
    sandbox.terminate()
    sandbox.wait()
    server.shutdown()
    return recorder.calls, recorder.tools, Proxy.own
