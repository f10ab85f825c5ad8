"""The servers that Lakehost is measured beside; each is optional."""
import os
import platform
import re
import shutil
import subprocess
import urllib.request

from common import HERE, ROOT, WORK, free_port, message, result_of, start, text_of

FOLDER = WORK / 'peers'
MODULES = FOLDER / 'node_modules'
GO = MODULES / 'mcp-time-linux-x64' / 'bin' / 'mcp-time'
RUST = MODULES / '@leanspec' / 'mcp-linux-x64' / 'leanspec-mcp'
SESSIONS = 16
LEGACY = {'Content-Type': 'application/json', 'Accept': 'application/json, text/event-stream'}


def node():
    ours = ROOT / 'build' / 'node' / 'bin' / 'node'
    return str(ours) if ours.exists() else shutil.which('node')


def npm():
    ours = ROOT / 'build' / 'node' / 'npm' / 'bin' / 'npm-cli.js'
    return [node(), str(ours)] if ours.exists() else [shutil.which('npm')]


def install():
    """Gets the pinned packages; returns why not, or None."""
    if platform.machine() != 'x86_64':
        return f'they are built for x86_64, this is {platform.machine()}'
    if not node() or not npm()[0]:
        return 'there is no Node: tests/setup --node'
    FOLDER.mkdir(parents=True, exist_ok=True)
    want = (HERE / 'peers' / 'package.json').read_text()
    done = FOLDER / 'installed'
    if not done.exists() or done.read_text() != want:
        for name in ('package.json', 'server.mjs'):
            shutil.copy(HERE / 'peers' / name, FOLDER / name)
        try:
            run = subprocess.run([*npm(), 'install', '--no-audit', '--no-fund', '--ignore-scripts'],
                                 cwd=FOLDER, capture_output=True, stdin=subprocess.DEVNULL,
                                 timeout=180)
        except subprocess.TimeoutExpired:
            return 'the package registry did not answer'
        if run.returncode != 0:
            return 'the package registry does not have them'
        done.write_text(want)
    shutil.copy(HERE / 'peers' / 'server.mjs', FOLDER / 'server.mjs')
    for program in (GO, RUST):
        program.chmod(0o755)
    return None


class Server:
    """What is measured on HTTP: where it is, which tool it is asked, and with which sessions."""

    def __init__(self, name, port, process, tool='echo', args='', sessions=''):
        self.name, self.port, self.process = name, port, process
        self.tool, self.args, self.sessions = tool, args, sessions


def posted(port, body, **headers):
    request = urllib.request.Request(f'http://127.0.0.1:{port}/mcp', body, {**LEGACY, **headers})
    with urllib.request.urlopen(request, timeout=20) as reply:
        return reply.headers, reply.read()


def legacy_sessions(port):
    """Opens sessions of MCP 2025-11-25, checks a call, and returns the file with their ids."""
    ids = []
    for _ in range(SESSIONS):
        headers, _ = posted(port, message(1, 'initialize', {
            'protocolVersion': '2025-11-25', 'capabilities': {},
            'clientInfo': {'name': 'bench', 'version': '1'}}))
        ids.append(headers['Mcp-Session-Id'])
    _, data = posted(port, message(2, 'tools/call', {'name': 'current_time', 'arguments': {}}),
                     **{'Mcp-Session-Id': ids[0], 'MCP-Protocol-Version': '2025-11-25'})
    if not re.search(r'\d\d:\d\d', text_of(result_of(data, 2))):
        raise RuntimeError('mcp-go does not say the time')
    path = WORK / 'sessions'
    path.write_text('\n'.join(ids) + '\n')
    return str(path)


def http_servers():
    """mcp-go and the TypeScript server, started."""
    port = free_port()
    process = start([GO, '-t', 'stream', '--address', f'http://127.0.0.1:{port}/mcp'], port,
                    log='mcp-go')
    yield Server('mcp-go', port, process, 'current_time', '{}', legacy_sessions(port))
    port = free_port()
    process = start([node(), FOLDER / 'server.mjs', 'http', port], port, log='typescript',
                    env={**os.environ, 'NODE_ENV': 'production'})
    yield Server('TypeScript', port, process)


def stdio_commands():
    """name: options of the driver and the command."""
    return {'mcp-go': (['--era', '2025', '--tool', 'current_time', '--args', '{}', '--text', ':'],
                       [GO]),
            'Rust': (['--era', '2025', '--tool', 'get_capabilities', '--args', '{}', '--text',
                      'content'], [RUST]),
            'TypeScript': ([], [node(), FOLDER / 'server.mjs', 'stdio'])}
