"""What the programs of this folder share: building, starting and ending, and clients that check what
they are answered."""
import atexit
import ctypes
import json
import os
import pathlib
import platform
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = ROOT / 'build' / 'bench'
LOG = WORK / 'log'
PATIENCE = 120    # seconds after which a missing answer is a hang: valgrind and a busy machine are slow
PLUGINS = 'compute,data,files,jobs,ml,prompts,secret-values,secrets,workspace'
META = {'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientInfo': {'name': 'bench', 'version': '1.0'},
        'io.modelcontextprotocol/clientCapabilities': {}}
TEXT = {'text': 'hello from the benchmark'}


# ---- building ----

def make(name, *command, cwd=ROOT):
    """Runs a command of the build; its output is kept in a log, and shown when it fails."""
    LOG.mkdir(parents=True, exist_ok=True)
    log = LOG / (name + '.log')
    with log.open('w', encoding='utf-8') as out:
        status = subprocess.run([str(word) for word in command], cwd=cwd, stdout=out,
                                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL).returncode
    if status != 0:
        print(''.join(log.open(encoding='utf-8').readlines()[-30:]))
        sys.exit(f'{command[0]} failed; log in {log.relative_to(ROOT)}')


def flags(*libraries):
    return subprocess.run(['pkg-config', '--cflags', '--libs', *libraries], check=True,
                          capture_output=True, text=True).stdout.split()


def compiled(name, *sources, libraries=()):
    """The path of a program of this folder, built when its sources are newer."""
    program, paths = WORK / 'bin' / name, [HERE / source for source in sources]
    program.parent.mkdir(parents=True, exist_ok=True)
    newest = max(path.stat().st_mtime for path in [*paths, *HERE.glob('*.h'), *HERE.glob('*/*.h')])
    if not program.exists() or program.stat().st_mtime < newest:
        make(name, 'gcc', '-std=gnu17', '-O2', '-Wall', '-Wextra', '-Werror', f'-I{HERE}', '-o', program, *paths,
             *(flags(*libraries) if libraries else ()), '-lpthread')
    return str(program)


def release():
    """Builds and installs what a package holds, in a folder of its own; returns the prefix."""
    build, prefix = WORK / 'release', WORK / 'prefix'
    make('configure', 'cmake', '--preset', 'release', '-B', build)
    make('build', 'cmake', '--build', build, '-j', '2')
    shutil.rmtree(prefix, ignore_errors=True)
    make('install', 'cmake', '--install', build, '--prefix', prefix)
    return prefix


def add_plugin(prefix):
    """Builds the tools that are measured with the SDK that is installed at the prefix."""
    build = WORK / 'plugin'
    shutil.rmtree(build, ignore_errors=True)
    make('plugin', 'cmake', '-S', HERE / 'plugin', '-B', build, f'-DCMAKE_PREFIX_PATH={prefix}',
         '-DCMAKE_BUILD_TYPE=RelWithDebInfo', '-DCMAKE_C_FLAGS_RELWITHDEBINFO=-O2 -g1 -DNDEBUG')
    make('plugin-build', 'cmake', '--build', build)
    make('plugin-install', 'cmake', '--install', build, '--prefix', prefix)


def yardstick():
    return compiled('cref', 'yardstick/cref.c', 'yardstick/http.c',
                    libraries=('json-c', 'libcurl', 'libmicrohttpd'))


def system():
    """The release, machine and compiler that a ceiling belongs to, such as "debian12 x86_64 gcc12"."""
    said = dict(re.findall(r'^(ID|VERSION_ID)="?([^"\n]*)', open('/etc/os-release').read(), re.M))
    cache = (WORK / 'release' / 'CMakeCache.txt').read_text()
    compiler = re.search(r'^CMAKE_C_COMPILER:\w+=(.*)', cache, re.M).group(1)
    version = subprocess.run([compiler, '-dumpversion'], capture_output=True, text=True, check=True)
    family = 'clang' if 'clang' in subprocess.run([compiler, '--version'], capture_output=True,
                                                  text=True, check=True).stdout else 'gcc'
    return (f"{said.get('ID')}{said.get('VERSION_ID')} {platform.machine()} "
            f"{family}{version.stdout.split('.')[0].strip()}")


# ---- starting and ending ----

running = []


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def start(command, port=None, env=None, log='server', **pipes):
    """Starts a program that is ended with this one; waits until its port answers."""
    LOG.mkdir(parents=True, exist_ok=True)
    with (LOG / (log + '.log')).open('wb') as errors:
        given = {'stdin': subprocess.DEVNULL, 'stdout': subprocess.DEVNULL, **pipes}
        process = subprocess.Popen([str(word) for word in command], stderr=errors, env=env,
                                   cwd=WORK, preexec_fn=die_with_parent, **given)
    running.append(process)
    if port is not None:
        wait_port(port, process, log)
    return process


def output(command, env=None, log='driver'):
    """Runs a program to its end; returns what it printed."""
    process = start(command, env=env, log=log, stdout=subprocess.PIPE)
    printed = process.stdout.read().decode()
    process.stdout.close()
    process.wait()
    running.remove(process)
    if process.returncode != 0:
        raise RuntimeError(f'{command[0]} ended with {process.returncode}: '
                           f'{printed[-300:]}{(LOG / (log + ".log")).read_text()[-600:]}')
    return printed


def wait_port(port, process, log):
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(('127.0.0.1', port)).close()
            return
        except OSError:
            time.sleep(0.05)
    stop(process)
    raise RuntimeError(f'{process.args[0]} does not answer; log in {LOG / log}.log')


def stop(process):
    """Ends a program as its user would, and after a while by force."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process in running:
        running.remove(process)


def stop_all():
    for process in running[:]:
        process.kill()
        process.wait()
    running.clear()


def end_by_signal(number, _):
    stop_all()
    os._exit(128 + number)


def begin():
    """For each program here: whatever it starts ends with it, however it ends."""
    atexit.register(stop_all)
    signal.signal(signal.SIGTERM, end_by_signal)
    signal.signal(signal.SIGINT, end_by_signal)


def free_port():
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(('127.0.0.1', 0))
        return taken.getsockname()[1]


def environment(upstream_port=9, **more):
    home = WORK / 'home'
    home.mkdir(parents=True, exist_ok=True)
    return {'PATH': os.environ['PATH'], 'HOME': str(home), 'LANG': 'C.UTF-8',
            'DATABRICKS_HOST': f'http://127.0.0.1:{upstream_port}', 'DATABRICKS_TOKEN': 'dapi-of-the-benchmark', **more}


def host(prefix, *settings, port=None, plugins='bench', isolation='none'):
    """The command that starts the host on stdio, or on a port."""
    command = [prefix / 'bin' / 'lakehost', *(('--http', f'127.0.0.1:{port}') if port else ())]
    for setting in (f'plugins.enabled={plugins}', f'plugins.isolation={isolation}',
                    'policy.access=admin', *settings):
        command += ['--set', setting]
    return command


# ---- messages and clients ----

def message(number, method, params=None):
    return json.dumps({'jsonrpc': '2.0', 'id': number, 'method': method,
                       'params': {**(params or {}), '_meta': META}}, separators=(',', ':')).encode()


def call(number, tool, arguments):
    return message(number, 'tools/call', {'name': tool, 'arguments': arguments})


def post(port, data, method='tools/call', name=None):
    """The bytes of an HTTP request, to be sent in one piece."""
    named = f'Mcp-Name: {name}\r\n' if name else ''
    return (f'POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n'
            'Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\n'
            f'User-Agent: bench\r\nContent-Length: {len(data)}\r\nMcp-Method: {method}\r\n{named}\r\n'
            ).encode() + data


def result_of(data, number):
    """The result of a reply; raises when it is none, or the reply to something else."""
    reply = json.loads(data)
    if reply.get('id') != number or 'result' not in reply or reply['result'].get('isError'):
        raise RuntimeError(f'not a good answer to {number}: {data[:300]!r}')
    return reply['result']


def text_of(result):
    return result['content'][0]['text']


class Lines:
    """A client of a server on stdio."""

    def __init__(self, command, env=None, log='server'):
        self.process = start(command, env=env, log=log, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE)
        self.out, self.data = self.process.stdout.fileno(), bytearray()

    def send(self, *messages):
        self.process.stdin.write(b''.join(one + b'\n' for one in messages))
        self.process.stdin.flush()

    def line(self):
        """The next reply; notifications are left out."""
        begun = 0
        while (end := self.data.find(b'\n', begun)) < 0:
            begun = len(self.data)
            if not select.select([self.out], [], [], PATIENCE)[0]:
                raise RuntimeError(f'no answer within {PATIENCE} s')
            piece = os.read(self.out, 1 << 20)
            if not piece:
                raise RuntimeError('the server ended')
            self.data += piece
        line = bytes(self.data[:end])
        del self.data[:end + 1]
        return line if b'"id"' in line else self.line()

    def ask(self, number, method, params=None):
        self.send(message(number, method, params))
        return result_of(self.line(), number)

    def call(self, number, tool, arguments):
        return self.ask(number, 'tools/call', {'name': tool, 'arguments': arguments})

    def end(self):
        """Closes the input, after which a server ends by itself."""
        self.process.stdin.close()
        self.process.wait(PATIENCE)
        self.process.stdout.close()
        running.remove(self.process)


class Connection:
    """A client of a server on HTTP, on one connection."""

    def __init__(self, port):
        self.port, self.data = port, bytearray()
        self.socket = socket.create_connection(('127.0.0.1', port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def more(self):
        piece = self.socket.recv(1 << 20)
        if not piece:
            raise RuntimeError('the server closed the connection')
        self.data += piece

    def take(self, length):
        while len(self.data) < length:
            self.more()
        taken = bytes(self.data[:length])
        del self.data[:length]
        return taken

    def until(self, mark):
        while (end := self.data.find(mark)) < 0:
            self.more()
        return self.take(end + len(mark))

    def chunks(self):
        whole = b''
        while size := int(self.until(b'\r\n').split(b';')[0], 16):
            whole += self.take(size)
            self.take(2)
        self.take(2)
        return whole

    def reply(self, number):
        head = self.until(b'\r\n\r\n').decode('latin-1').lower()
        length = re.search(r'\ncontent-length: *(\d+)', head)
        body = self.take(int(length.group(1))) if length else self.chunks()
        if not head.startswith('http/1.1 200 '):
            raise RuntimeError(f'{head.splitlines()[0]}: {body[:300]!r}')
        if 'text/event-stream' in head:
            body = [line[5:] for line in body.splitlines()
                    if line.startswith(b'data:') and b'"id"' in line][-1]
        return result_of(body, number)

    def ask(self, number, method, params=None, name=None):
        self.socket.sendall(post(self.port, message(number, method, params), method, name))
        return self.reply(number)

    def call(self, number, tool, arguments):
        return self.ask(number, 'tools/call', {'name': tool, 'arguments': arguments}, tool)

    def end(self):
        self.socket.close()
