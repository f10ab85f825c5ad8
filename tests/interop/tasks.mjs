// Operations of our plugins, driven to their ends by official code: as tasks by the package
// ext-tasks, and as waiting calls by the clients that do not know tasks.
//
//   node tasks.mjs URL       with the local workspace behind the host
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import {
  createTaskSessionFromClient, resultFromTaskOutcome,
} from '@modelcontextprotocol/ext-tasks/client';
import { CLIENTS } from './clients.mjs';

const [url] = process.argv.slice(2);
const INFO = { name: 'lakehost-interop', version: '1.0.0' };
const EXTENSION = 'io.modelcontextprotocol/tasks';
const CAPABILITIES = { elicitation: { form: {} }, extensions: { [EXTENSION]: {} } };
const META = 'io.modelcontextprotocol/';
const HOLDS = 'SELECT count(*) AS n FROM samples.nyctaxi.trips';

// The person confirms each question of the host.
let questions = 0;
const confirms = () => {
  questions += 1;
  return { action: 'accept', content: { confirm: true } };
};

let passed = 0;
let failed = 0;
const methods = [];

async function attempt(label, work) {
  try {
    await work();
    passed += 1;
    console.log(`ok      ${label}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${label}: ${error?.stack ?? error}`);
  }
}

// The package leaves the requests to its user, because the client's own codecs do not know tasks.
async function dispatch(request, options) {
  const { method, params } = request;
  const name = params.name ?? params.taskId;
  methods.push(method);
  const response = await fetch(url, {
    method: 'POST',
    signal: options?.signal,
    headers: {
      'content-type': 'application/json', accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28', 'mcp-method': method, ...(name ? { 'mcp-name': name } : {}),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: randomUUID(), method, params }),
  });
  const text = await response.text();
  const lines = text.split('\n').filter((line) => line.startsWith('data:'));
  const message = JSON.parse(lines.length > 0 ? lines.at(-1).slice(5) : text);
  return message.error ? { kind: 'error', error: message.error } : { kind: 'result', result: message.result };
}

async function open() {
  const client = new Client(INFO, { capabilities: CAPABILITIES, versionNegotiation: { mode: { pin: '2026-07-28' } } });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  const session = createTaskSessionFromClient(client, {
    endpointId: url,
    rawDispatch: dispatch,
    onInputRequest: async () => confirms(),
    v2RequestFraming: { protocolVersion: '2026-07-28', clientInfo: INFO, clientCapabilities: CAPABILITIES },
  });
  return { client, session };
}

const textOf = (result) => result.content.map(({ text }) => text ?? '').join('\n');

async function toTheEnd(session, tool, args) {
  methods.length = 0;
  const execution = await session.callTool(tool, args);
  const { outcome } = await execution.settle();
  return resultFromTaskOutcome(outcome);
}

const { client, session } = await open();
await attempt('ext-tasks: run_job_now is polled to its end', async () => {
  const text = textOf(await toTheEnd(session, 'run_job_now', { job_id: '482915' }));
  assert.match(text, /SUCCESS/);
  assert.ok(methods.includes('tasks/get'), `not a task: ${methods}`);
});
await attempt('ext-tasks: execute_sql gives its rows', async () => {
  const result = await toTheEnd(session, 'execute_sql', { sql_query: HOLDS });
  assert.match(textOf(result), /\bn\b/);
});
await attempt('ext-tasks: an error of SQL is a result', async () => {
  const result = await toTheEnd(session, 'execute_sql', { sql_query: 'SELECT nothing_like_it' });
  assert.equal(result.isError, true);
});
await attempt('ext-tasks: a cancelled run ends as cancelled', async () => {
  const execution = await session.callTool('run_job_now', { job_id: '482915' });
  await execution.cancel();
  await assert.rejects(async () => resultFromTaskOutcome((await execution.settle()).outcome), /cancel/i);
});
await attempt('ext-tasks: close', async () => { await session.close(); await client.close(); });

for (const row of CLIENTS) {
  await attempt(`client ${row.client} mode ${row.mode}: run_job_now and execute_sql`, async () => {
    const { call, close } = await row.open({ url }, confirms);
    assert.match(textOf(await call({ name: 'run_job_now', arguments: { job_id: '482915', wait_s: 50 } })), /SUCCESS/);
    assert.match(textOf(await call({ name: 'execute_sql', arguments: { sql_query: HOLDS } })), /\bn\b/);
    await close();
  });
}
await attempt('each start of a run was confirmed', () => assert.equal(questions, 2 + CLIENTS.length));
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
