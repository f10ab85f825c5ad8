"""The pieces of work that tests/bench/run measures. Each is a function of a Bench that adds figures,
and is run once a round: figures of one name are lists, one entry for each round."""
import collections
import json
import shutil
import threading
import time

import peers
from bulk import Bulk
from common import (HERE, PLUGINS, TEXT, WORK, Connection, Lines, compiled, environment, free_port,
                    host, output, start, stop, text_of, yardstick)

CONNECTIONS = (16, 64, 256)
COUNTS = {
    'full': dict(rounds=5, seconds=3, one=60000, flight=300000, part=3, starts=30, idle=1000,
                 held=1000, many=10000, hold_ms=8000, many_rounds=2, file=2 << 30, rows=1_000_000),
    'quick': dict(rounds=2, seconds=1, one=20000, flight=60000, part=0.6, starts=8, idle=1000,
                  held=1000, many=10000, hold_ms=5000, many_rounds=1, file=1 << 30, rows=1_000_000),
    'smoke': dict(rounds=1, seconds=1, one=50, flight=200, part=1, starts=1, idle=20,
                  held=20, many=50, hold_ms=500, many_rounds=1, file=8 << 20, rows=100_000),
}
WRK = ('requests_per_s', 'p50_us', 'p99_us', 'max_us', 'requests', 'not_200', 'broken', 'timeouts')


def pairs(printed):
    return {name: float(value) for name, value in
            (line.split() for line in printed.splitlines())}


def resident_mb(process):
    with open(f'/proc/{process.pid}/smaps_rollup', encoding='ascii') as file:
        return next(int(line.split()[1]) for line in file if line.startswith('Rss:')) / 1024


class Bench:
    def __init__(self, prefix, counts, with_peers):
        self.prefix, self.counts = prefix, counts
        self.figures, self.of_round = collections.defaultdict(list), {}
        self.cref, self.stdio, self.hold = (yardstick(), compiled('stdio', 'drive/stdio.c'),
                                            compiled('hold', 'drive/hold.c'))
        self.fake = compiled('upstream', 'yardstick/upstream.c')
        self.with_peers = with_peers
        self.upstream, self.slow = self.start_upstream(0), self.start_upstream(50)
        self.servers = [self.ours('ours'), self.ours('worker', isolation='process'),
                        self.start_cref('cref', 1), self.start_cref('cref2', 2)]
        self.slow_server = self.ours('slow', upstream=self.slow)
        if with_peers:
            self.servers += peers.http_servers()
        for server in [*self.servers, self.slow_server]:
            check(server)

    # ---- servers ----

    def start_upstream(self, delay_ms):
        port = free_port()
        start([self.fake, port, delay_ms], port, log='upstream')
        return port

    def ours(self, name, *settings, upstream=None, plugins='bench', isolation='none'):
        port = free_port()
        command = host(self.prefix, 'server.max_connections=12000', *settings, port=port,
                       plugins=plugins, isolation=isolation)
        return peers.Server(name, port, start(command, port, environment(upstream or self.upstream),
                                              log='http-' + name))

    def start_cref(self, name, loops):
        port = free_port()
        command = [self.cref, 'http', port, loops, f'http://127.0.0.1:{self.upstream}/']
        return peers.Server(name, port, start(command, port, log=name))

    # ---- figures ----

    def add(self, name, value):
        self.of_round[name] = value

    def run(self, work):
        """Does one piece of work; its figures count only when all of them came, so that the lists of
        rounds stay beside each other."""
        self.of_round = {}
        work(self)
        for name, value in self.of_round.items():
            self.figures[name].append(value)

    def wrk(self, server, connections, tool=None, path='/mcp'):
        """One run of wrk; every reply must be 200."""
        words = [f'tool={tool or server.tool}']
        if tool == 'upstream':
            words.append('numbered=1')
        elif server.args:
            words.append('args={}')
        if server.sessions:
            words.append(f'sessions={server.sessions}')
        printed = output(['wrk', '-t1', f'-c{connections}', f"-d{self.counts['seconds']}s", '--timeout',
                          '20s', '--latency', '-s', HERE / 'drive' / 'mcp.lua',
                          f'http://127.0.0.1:{server.port}{path}', '--', *words], log='wrk')
        line = next(line for line in printed.splitlines() if line.startswith('FIGURES '))
        told = dict(zip(WRK, (float(word) for word in line.split()[1:])))
        if told['requests'] == 0 or told['not_200'] or told['broken'] or told['timeouts']:
            raise RuntimeError(f'{server.name} at {connections} connections: {line}')
        return told


def check(server):
    """A server is asked once before it is timed."""
    if server.sessions:
        return    # peers.py has looked
    client = Connection(server.port)
    if text_of(client.call(1, 'echo', TEXT)) != TEXT['text']:
        raise RuntimeError(f'{server.name} does not echo')
    client.end()


# ---- the work ----

def http_echo(bench):
    for connections in CONNECTIONS:
        for server in bench.servers:
            if server.name in ('worker', 'TypeScript') and connections != 64:
                continue
            told = bench.wrk(server, connections)
            bench.add(f'http {connections} {server.name}', told['requests_per_s'])
            bench.add(f'http {connections} {server.name} p99', told['p99_us'])


def stdio_echo(bench):
    counts = bench.counts
    commands = {'ours': ([], host(bench.prefix)), 'cref': ([], [bench.cref, 'stdio']),
                'worker': ([], host(bench.prefix, isolation='process'))}
    if bench.with_peers:
        commands.update(peers.stdio_commands())
    for name, (options, command) in commands.items():
        told = pairs(output([bench.stdio, '--one', counts['one'], '--flight', counts['flight'],
                             '--seconds', counts['part'], *options, '--', *command],
                            environment(bench.upstream), log='stdio-' + name))
        for figure in ('one_per_s', 'one_p50_us', 'flight_per_s'):
            bench.add(f'stdio {figure} {name}', told[figure])


def starts(bench):
    commands = {'ours': ([], host(bench.prefix, plugins=PLUGINS)), 'cref': ([], [bench.cref, 'stdio'])}
    if bench.with_peers:
        commands.update(peers.stdio_commands())
    for name, (options, command) in commands.items():
        told = pairs(output([bench.stdio, '--starts', bench.counts['starts'], *options, '--', *command],
                            environment(bench.upstream), log='start-' + name))
        bench.add(f'start {name}', told['start_ms'])
        bench.add(f'idle {name}', told['idle_mb'])


def on_hold(bench, server, n, how):
    try:
        return pairs(output([bench.hold, server.port, server.process.pid, n, how], log='hold'))
    finally:
        stop(server.process)


def connections(bench):
    """Idle connections and waiting calls, each on a server of its own."""
    for name, begin in (('ours', lambda: bench.ours('fresh')), ('cref', lambda: bench.start_cref('fresh', 1))):
        bench.add(f'idle-connection {name}', on_hold(bench, begin(), bench.counts['idle'], 'idle')['kb_each'])
        told = on_hold(bench, begin(), bench.counts['held'], bench.counts['hold_ms'] // 2)
        bench.add(f'waiting {name}', told['kb_each'])


def many_waiting(bench):
    if len(bench.figures['many http mb']) == bench.counts['many_rounds']:
        return    # it takes as long as the calls wait
    many, ms = bench.counts['many'], bench.counts['hold_ms']
    told = on_hold(bench, bench.ours('fresh'), many, ms)
    for figure in ('before_mb', 'mb', 'after_mb', 'late_s'):
        bench.add(f'many http {figure}', told[figure])
    told = pairs(output([bench.stdio, '--hold', many, '--hold-ms', ms, '--',
                         *host(bench.prefix)],
                        environment(bench.upstream), log='stdio-hold'))
    for figure in ('hold_mb', 'hold_after_mb', 'hold_late_s', 'hold_kb_each'):
        bench.add(f'many stdio {figure}', told[figure])


def one_upstream_request(bench):
    direct = peers.Server('direct', bench.upstream, None)
    for server in (direct, *(s for s in bench.servers if s.name in ('ours', 'cref', 'cref2'))):
        if server is not direct:
            answer = text_of(Connection(server.port).call(1, 'upstream', {}))
            if 'somebody@example.com' not in answer:
                raise RuntimeError(f'{server.name} does not answer what the upstream says')
        for connections in (1, 64):
            told = bench.wrk(server, connections, 'upstream')
            bench.add(f'upstream {connections} {server.name}', told['requests_per_s'])
            bench.add(f'upstream {connections} {server.name} p50', told['p50_us'])
    bench.add('slow direct', bench.wrk(peers.Server('slow', bench.slow, None), 256, 'upstream')['requests_per_s'])
    bench.add('slow ours', bench.wrk(bench.slow_server, 256, 'upstream')['requests_per_s'])


def many_rows(bench):
    """All rows of a statement behind links, searched."""
    bulk = Bulk(WORK, 1, bench.counts['rows'])
    client = Lines(host(bench.prefix, plugins='data'), environment(bulk.port), log='rows')
    try:
        client.call(1, 'execute_sql', {'sql_query': 'SELECT * FROM t', 'warehouse_id': 'a1', 'row_limit': 1})
        before, most, began = resident_mb(client.process), [0], time.monotonic()
        done = threading.Event()

        def watch():
            while not done.wait(0.02):
                most[0] = max(most[0], resident_mb(client.process))

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            said = text_of(client.call(2, 'get_result_page', {'statement_id': 'bulk', 'grep': 'nowhere'}))
        finally:
            took = time.monotonic() - began
            done.set()
            watcher.join()
        if '0 matching rows' not in said:
            raise RuntimeError(f'not all rows were searched: {said[:300]}')
        bench.add('rows MB/s', bulk.bytes_of_rows / 1e6 / took)
        bench.add('rows MB', max(0, most[0] - before))
        client.end()
    finally:
        bulk.end()


def rows_to_file(bench):
    """All rows of a statement behind links, written to a file of the host as CSV."""
    bulk, folder = Bulk(WORK, 1, bench.counts['rows']), WORK / 'rows'
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    client = Lines(host(bench.prefix, f'plugins.transfer_dirs={folder}', plugins='data'),
                   environment(bulk.port), log='rows')
    try:
        began = time.monotonic()
        said = text_of(client.call(1, 'get_statement_result', {
            'statement_id': 'bulk', 'to_file': 'rows.csv', 'wait_s': 50}))
        took = time.monotonic() - began
        if f'Wrote {bulk.rows} rows' not in said:
            raise RuntimeError(f'not all rows were written: {said[:300]}')
        bench.add('rows to a file', bulk.bytes_of_rows / 1e6 / took)
        client.end()
    finally:
        bulk.end()
        shutil.rmtree(folder)


# ---- another client meanwhile ----

def downloads(client, bulk, folder, done):
    number = 0
    while not done.is_set():
        number += 1
        path = folder / f'file-{number}'
        said = text_of(client.call(number, 'read_file', {'path': '/Volumes/main/default/v/file',
                                                         'to_file': str(path)}))
        if f'Saved all {bulk.file_bytes} bytes' not in said:
            raise RuntimeError(said)
        path.unlink()


def big_results(client, done):
    number = 0
    while not done.is_set():
        number += 1
        if len(text_of(client.call(number, 'big', {'bytes': 10_000_000}))) != 10_000_000:
            raise RuntimeError('the result is cut')


def big_arguments(client, done):
    text, number = 'x' * 4_000_000, 0
    while not done.is_set():
        number += 1
        if text_of(client.call(number, 'echo', {'text': text})) != text:
            raise RuntimeError('the echo is not what was said')


def beside(bench, server, work, *args):
    """The 99th percentile of an echo on one connection, in ms, while `work` goes on."""
    done, failed = threading.Event(), []
    client = Connection(server.port)

    def go():
        try:
            work(client, *args, done)
        except Exception as error:    # it belongs to the thread that measures
            failed.append(error)

    thread = threading.Thread(target=go)
    thread.start()
    try:
        time.sleep(0.2)
        p99 = bench.wrk(server, 1)['p99_us'] / 1e3
    finally:
        done.set()
        thread.join()
        client.end()
    if failed:
        raise failed[0]
    return p99


def neighbours(bench):
    folder = WORK / 'downloads'
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    bulk = Bulk(WORK, bench.counts['file'], 1)
    server = bench.ours('neighbours', f'plugins.transfer_dirs={folder}', 'results.text=10485760',
                        'limits.body=16777216', upstream=bulk.port, plugins='bench,files')
    try:
        bench.add('beside nothing', bench.wrk(server, 1)['p99_us'] / 1e3)
        bench.add('beside a download', beside(bench, server, downloads, bulk, folder))
        bench.add('beside 10 MB results', beside(bench, server, big_results))
        bench.add('beside 4 MB arguments', beside(bench, server, big_arguments))
    finally:
        stop(server.process)
        bulk.end()
        shutil.rmtree(folder, ignore_errors=True)


WORKS = (http_echo, stdio_echo, starts, connections, many_waiting, one_upstream_request, many_rows,
         rows_to_file, neighbours)


def save(figures, path):
    path.write_text(json.dumps(figures, indent=1) + '\n')
