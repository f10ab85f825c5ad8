// A fresh local workspace, and hosts in front of it: each with the plugins of one build folder and
// none of the caller's own settings.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync }
  from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CLIENTS } from '../interop/clients.mjs';

const START_MS = 30000;

const children = new Set();
const folders = new Set();

function start(command, args, env, log) {
  const fd = openSync(log, 'a');
  const child = spawn(command, args, { env, stdio: ['ignore', fd, fd] });
  closeSync(fd);
  children.add(child);
  child.on('exit', () => children.delete(child));
  return child;
}

async function said(child, log, pattern) {
  for (const end = Date.now() + START_MS; Date.now() < end; await pause(50)) {
    const found = pattern.exec(readFileSync(log, 'utf8'));
    if (found) return found;
    if (child.exitCode !== null || child.signalCode !== null) break;
  }
  throw new Error(`${child.spawnfile} did not start:\n${readFileSync(log, 'utf8')}`);
}

function environment(settings) {
  const own = /^(DATABRICKS_|LAKEHOST_|XDG_)|^(LOG_LEVEL|ENABLE_GET_SECRET)$/;
  const kept = Object.entries(process.env).filter(([name]) => !own.test(name));
  return { ...Object.fromEntries(kept), ...settings };
}

// Two configurations: one says nothing, the other enables get_secret for one scope.
function configure(folder) {
  for (const name of ['plain', 'values/plugins-enabled']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  writeFileSync(join(folder, 'plain/lakehost.conf'), '');
  writeFileSync(join(folder, 'values/lakehost.conf'), 'policy = { access = "admin"; };\n');
  writeFileSync(join(folder, 'values/plugins-enabled/secret-values.conf'),
    'options = { scopes = [ "app" ]; };\n');
}

// A workspace in a folder of its own: { folder, env }, env being how a host reaches it.
export async function workspace(build, { delay = 200 } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'lakehost-surface-'));
  folders.add(folder);
  const log = join(folder, 'sandbox.log');
  const args = ['--listen', '127.0.0.1:0', '--data', join(folder, 'data'),
    '--delay-ms', String(delay)];
  const child = start(join(build, 'sdk/sandbox/lakehost-sandbox'), args, environment({}), log);
  const [, token] = await said(child, log, /^DATABRICKS_TOKEN=(.*)$/m);
  const [, url] = await said(child, log, /^DATABRICKS_HOST=(.*)$/m);
  configure(folder);
  return {
    folder,
    env: environment({
      DATABRICKS_HOST: url, DATABRICKS_TOKEN: token,
      XDG_STATE_HOME: join(folder, 'state'),
    }),
  };
}

// `values`: with plugin secret-values, and access to it.
function hostCommand(build, space, { values = false, isolation = 'none', options = [] } = {}) {
  return [join(build, 'core/lakehost'),
    '--config', join(space.folder, values ? 'values' : 'plain', 'lakehost.conf'),
    '--set', `plugins.directories=${join(build, 'lib/lakehost/plugins')}`,
    '--set', 'plugins.enabled=all', '--set', `plugins.isolation=${isolation}`, ...options];
}

// A host that serves HTTP; its log is told when it does not start.
async function serve(build, space, how) {
  const log = join(space.folder, `host-${Math.random().toString(36).slice(2)}.log`);
  const [command, ...args] = hostCommand(build, space, how);
  const child = start(command, [...args, '--http', '127.0.0.1:0'], space.env, log);
  const [, url] = await said(child, log, /(http:\/\/127\.0\.0\.1:[1-9]\d*\/mcp)/);
  return url;
}

// One of tests/interop's clients, connected: over HTTP to a host of its own, or over stdio.
// Questions of the server are answered with yes.
export async function session(build, space, { client, mode, transport }, how) {
  const row = CLIENTS.find((each) => each.client === client && each.mode === mode);
  const target = { log: join(space.folder, 'stdio.log') };
  if (transport === 'http') target.url = await serve(build, space, how);
  else target.command = ['env', '-i', ...variables(space.env), ...hostCommand(build, space, how)];
  const questions = [];
  const opened = await row.open(target, (params) => {
    questions.push(params);
    return { action: 'accept', content: answers(params) };
  });
  return { ...opened, questions };
}

const variables = (env) => Object.entries(env).map(([name, value]) => `${name}=${value}`);

// The content of a form's answer: yes to everything.
function answers({ requestedSchema }) {
  const fields = Object.entries(requestedSchema?.properties ?? {});
  return Object.fromEntries(fields.map(([name, { type, enum: values }]) =>
    [name, values?.[0] ?? (type === 'boolean' ? true : 'yes')]));
}

export async function end() {
  const gone = [...children].map((child) => new Promise((done) => child.on('exit', done)));
  for (const child of children) child.kill('SIGTERM');
  const late = setTimeout(() => { for (const child of children) child.kill('SIGKILL'); }, 5000);
  await Promise.all(gone);
  clearTimeout(late);
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}
