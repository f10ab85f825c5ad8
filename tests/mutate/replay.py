"""Serves recorded replies with one thing changed, and asks a host many calls at once."""
import asyncio
import collections
import json
import re
import signal
import time

from check import Fail, check, parse
from host import command, environment
from record import is_good
from values import HEADERS, WHOLE, rendered

ANSWER_WITHIN_S = 10
AT_ONCE = 48             # calls in flight of one host
NOT_FOUND = b'{"error_code":"ENDPOINT_NOT_FOUND","message":"No such thing."}'
ID = re.compile('[0-9a-f]{8}[0-9a-f-]*|[0-9]{4,}')
BODY, HEADER, UNCHANGED = '(body)', '(header) ', '(unchanged)'    # instead of a pointer


class Case:
    """One call, one of its exchanges, and what is changed in the reply."""

    def __init__(self, call, exchange, pointer, value):
        self.call, self.exchange, self.pointer, self.value = call, exchange, pointer, value

    @property
    def key(self):
        """What counts as distinct, whatever ids the local workspace gave this time."""
        path = ID.sub('*', self.exchange.path)
        return self.call.name, f'{self.exchange.method} {path} {self.pointer}', self.value

    @property
    def title(self):
        return ' '.join(self.key)

    def reply(self):
        """Status, headers and bytes of the changed reply."""
        status, body = self.exchange.status, self.exchange.body
        headers = dict(self.exchange.headers)
        if self.pointer == BODY:
            other, changed, data = WHOLE[self.value]
            headers.update(changed)
            if data == b'half':
                data = body[:len(body) // 2]
            return other or status, headers, body if data is None else data
        if self.pointer.startswith(HEADER):
            headers[self.pointer.removeprefix(HEADER)] = HEADERS[self.value]
            return status, headers, body
        return status, headers, rendered(self.exchange.tree, self.pointer, self.value)


class Flight:
    """A case under way: which of its replies went out."""

    def __init__(self, case):
        self.case, self.begun, self.read = case, time.monotonic(), False
        self.ended = asyncio.get_running_loop().create_future()
        self.asked = collections.Counter()
        self.exact, self.alike = {}, {}
        for exchange in case.call.exchanges:
            self.exact.setdefault((exchange.method, exchange.target), []).append(exchange)
            self.alike.setdefault((exchange.method, exchange.path), []).append(exchange)

    def reply(self, method, target):
        key = (method, target)
        known = self.exact.get(key) or self.alike.get((method, target.partition('?')[0]))
        if not known:
            return 404, {'Content-Type': 'application/json'}, NOT_FOUND
        exchange = known[min(self.asked[key], len(known) - 1)]
        self.asked[key] += 1
        if exchange is self.case.exchange:
            self.read = True
            if self.case.pointer != UNCHANGED:
                return self.case.reply()
        return exchange.status, dict(exchange.headers), exchange.body


class Connection(asyncio.Protocol):
    """HTTP/1.1, as far as the host speaks it."""

    def __init__(self, workspace):
        self.workspace, self.data = workspace, b''

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.data += data
        while self.one_request():
            pass

    def one_request(self):
        head, found, rest = self.data.partition(b'\r\n\r\n')
        if not found:
            return False
        first, *lines = head.decode('latin-1').split('\r\n')
        headers = {name.lower(): value.strip() for name, _, value in
                   (line.partition(':') for line in lines)}
        length = int(headers.get('content-length', 0))
        if len(rest) < length:
            if headers.get('expect') and not rest:
                self.transport.write(b'HTTP/1.1 100 Continue\r\n\r\n')
            return False
        self.data = rest[length:]
        method, target, _ = first.split(' ')
        self.answer(method, *self.workspace.reply(method, target, headers))
        return True

    def answer(self, method, status, headers, body):
        bare = method == 'HEAD' or status in (204, 304)
        lines = [f'HTTP/1.1 {status} X']
        lines += [f'{name}: {value}' for name, value in headers.items() if value is not None]
        if method != 'HEAD':
            lines.append(f'Content-Length: {len(body)}')
        head = ('\r\n'.join(lines) + '\r\n\r\n').encode('latin-1')
        self.transport.write(head if bare else head + body)


class Workspace:
    def __init__(self, recorded_at):
        self.flights, self.recorded_at = {}, recorded_at.encode()

    async def start(self):
        self.server = await asyncio.get_running_loop().create_server(
            lambda: Connection(self), '127.0.0.1', 0)
        self.address = f'127.0.0.1:{self.server.sockets[0].getsockname()[1]}'

    def reply(self, method, target, headers):
        trace = headers.get('traceparent', '00-0-0-0').split('-')[1]
        flight = self.flights.get(int(trace, 16))
        if flight is None:
            return 404, {}, NOT_FOUND
        status, headers, body = flight.reply(method, target)
        return status, headers, body.replace(self.recorded_at, self.address.encode())


class Host:
    """A host and the calls it has not answered yet."""

    def __init__(self, prefix, work, options, workspace):
        self.prefix, self.work, self.workspace = prefix, work, workspace
        self.options = [*options, '--log-level', 'error', '--set', 'limits.call_ms=9000', '--set',
                        'upstreams.workspace.max_retries=0']
        self.number, self.waiting, self.process = 0, {}, None

    async def start(self):
        url = 'http://' + self.workspace.address
        self.process = await asyncio.create_subprocess_exec(
            *command(self.prefix, self.work, *self.options), stdin=-1, stdout=-1,
            stderr=open(self.work + '/stderr', 'ab'), limit=1 << 26,
            env=environment(self.work, url, 'dapi-mutate'))
        self.reader = asyncio.ensure_future(self.read())
        await self.ask('initialize', {'protocolVersion': '2025-11-25', 'capabilities': {},
                                      'clientInfo': {'name': 'mutate', 'version': '1'}}, 30)

    async def read(self):
        while line := await self.process.stdout.readline():
            try:
                number = parse(line).get('id')
            except Fail as fail:
                number = int(line.partition(b'"id":')[2].partition(b',')[0].strip(b' }\n') or 0)
                line = fail
            if number in self.waiting and not self.waiting[number].done():
                self.waiting.pop(number).set_result(line)
        status = await self.process.wait()
        why = f'signal {signal.Signals(-status).name}' if status < 0 else f'status {status}'
        for future in self.waiting.values():
            if not future.done():
                future.set_exception(Gone(f'the host ended, {why}'))
        self.waiting.clear()

    async def ask(self, method, params, within, number=None):
        if number is None:
            self.number += 1
            number = -self.number
        future = self.waiting[number] = asyncio.get_running_loop().create_future()
        try:
            self.process.stdin.write(json.dumps({'jsonrpc': '2.0', 'id': number, 'method': method,
                                                 'params': params}).encode() + b'\n')
        except OSError:
            raise Gone('the host ended') from None
        try:
            line = await asyncio.wait_for(future, within)
        except asyncio.TimeoutError:
            self.waiting.pop(number, None)
            raise Fail(f'no answer to {method} within {within} s') from None
        if isinstance(line, Fail):
            raise line
        return line

    async def stop(self):
        if self.process.returncode is None:
            self.process.stdin.close()
            try:
                await asyncio.wait_for(self.process.wait(), 15)
            except asyncio.TimeoutError:
                self.process.kill()
        await self.reader


class Gone(Exception):
    """The host is no more."""


def params_of(call, number):
    """What the client sends; requests of the call tell its number to the workspace."""
    params = {**call.params, '_meta': {'traceparent': f'00-{number:032x}-{number:016x}-01'}}
    if 'to_file' in params.get('arguments', {}):
        params['arguments'] = {**params['arguments'], 'to_file': f'copy-{number}'}
    return params


class Player:
    """Plays cases, many at once; what fails among others is played again alone."""

    def __init__(self, prefix, work, options, tools, recorded_at, slower=1):
        self.workspace, self.work = Workspace(recorded_at), work
        self.make = lambda: Host(prefix, work, options, self.workspace)
        self.tools, self.within = tools, ANSWER_WITHIN_S * slower
        self.number, self.passed, self.unread, self.failures = 0, 0, [], []
        self.keys = set()

    async def one(self, host, case):
        """None, or why the case failed."""
        self.number += 1
        number, flight = self.number, Flight(case)
        self.workspace.flights[number] = flight
        try:
            params = params_of(case.call, number)
            line = self.answer = await host.ask(case.call.method, params, self.within, number)
            check(case.call, line, self.tools)
            if case.pointer == UNCHANGED and is_good(parse(line)) != case.call.good:
                return 'another answer than when it was recorded: ' + repr(line[:300])
            await host.ask('ping', {}, self.within)
        except Fail as fail:
            return str(fail)
        finally:
            del self.workspace.flights[number]
        self.passed += flight.read
        if not flight.read:
            self.unread.append(case)
        elif case.pointer != UNCHANGED:
            self.keys.add(case.key)
        return None

    async def batch(self, host, queue, again):
        while queue and host.process.returncode is None:
            case = queue.popleft()
            try:
                if await self.one(host, case) is not None:
                    again.append(case)
            except Gone:
                again.append(case)

    async def play(self, cases):
        """All of them; those whose reply came out of a cache of the host a second time."""
        await self.workspace.start()
        await self.play_once(cases)
        unread, self.unread = self.unread, []
        await self.play_once(unread)

    async def play_once(self, cases):
        queue, again = collections.deque(cases), []
        while queue:
            host = self.make()
            await host.start()
            await asyncio.gather(*(self.batch(host, queue, again) for _ in range(AT_ONCE)))
            await self.stop(host)
        await self.alone(again)

    async def alone(self, cases):
        host = None
        for case in cases:
            if host is None:
                host = self.make()
                await host.start()
            try:
                why = await self.one(host, case)
            except Gone as gone:
                why = str(gone)
            if why is not None:
                self.failures.append((case.title, why))
            if host.process.returncode is not None or why is not None and 'no answer' in why:
                await self.stop(host)
                host = None
        if host is not None:
            await self.stop(host)

    async def stop(self, host):
        """However it ended, that it did so badly is a failure, whichever case made it."""
        await host.stop()
        if host.process.returncode != 0:
            said = open(self.work + '/stderr', errors='replace').read()[-3000:]
            self.failures.append(('(host)', f'ended with {host.process.returncode}: {said}'))
