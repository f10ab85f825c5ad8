// The host under test, with the fixture plugin and auth.inbound = "oauth".
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';

const PATIENCE_MS = 60000; // until a test gives up; nothing is timed

export async function until(what, check) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await check();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`not within ${PATIENCE_MS / 1000} s: ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}

const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

// `more` goes into the group auth.oauth.
export async function startHost({ host, fixture, out }, issuer, more = '') {
  const folder = mkdtempSync(join(out, 'host-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/mcp`;
  const conf = join(folder, 'lakehost.conf');
  const log = join(folder, 'log');
  writeFileSync(conf, `auth = { inbound = "oauth"; oauth = {
    issuer = "${issuer}"; resource = "${url}"; skew_s = 0; ${more}
    scopes = ( { scope = "lake.read"; access = "read"; },
               { scope = "lake.write"; access = "write"; } );
  }; };\n`);
  const fd = openSync(log, 'w');
  const child = spawn(host, ['--config', conf, '--http', `127.0.0.1:${port}`,
    '--set', `plugins.directories=${dirname(fixture)}`, '--set', 'plugins.enabled=fixture',
    '--set', 'plugins.name_length=64', '--set', 'limits.drain_ms=0'],
  { stdio: ['ignore', 'ignore', fd], env: { ...process.env, XDG_STATE_HOME: folder, XDG_CONFIG_HOME: folder } });
  closeSync(fd);
  const ended = new Promise((resolve) => { child.on('exit', resolve); });
  const text = () => readFileSync(log, 'utf8');
  await until('the host listens', () => {
    if (child.exitCode !== null) throw new Error(`the host ended:\n${text()}`);
    return text().includes('"listening"');
  });
  const ready = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`);
    return { status: response.status, text: await response.text() };
  };
  return {
    url, text, ready,
    isReady: () => until('the host is ready', async () => (await ready()).status === 200),
    // The status of one request with this token, and its answer.
    ask: async (token, headers = {}) => {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json', accept: 'application/json, text/event-stream',
          ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers,
        },
        body: JSON.stringify({
          jsonrpc: '2.0', id: 1, method: 'initialize',
          params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } },
        }),
      });
      return { status: response.status, headers: response.headers, text: await response.text() };
    },
    stop: async () => { child.kill('SIGTERM'); return ended; },
  };
}
