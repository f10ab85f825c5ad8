"""Records what the plugins ask the local workspace and what it replies, call by call."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / 'facts'))
from calls import CALLS, HOME, VOLUME, keep  # noqa: E402
from host import Host, Proxy, Workspace  # noqa: E402

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


class Call:
    """What a client asks, and the exchanges that its answer needed."""

    def __init__(self, name, method, params, exchanges, good):
        self.name, self.method, self.params = name, method, params
        self.exchanges, self.good = exchanges, good


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
        host.end()
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
        if name != 'read_file' and {'to_file', 'to_path'} & set(arguments):
            self.calls.pop()  # what it does depends on the files that earlier calls have begun
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


def record(prefix, work):
    """The calls, the tools by name, and the address that stands in the replies."""
    workspace = Workspace(prefix, work)
    recorder = Recorder(prefix, work, workspace.url, workspace.token)
    recorder.everything()
    workspace.end()
    return recorder.calls, recorder.tools, Proxy.own
