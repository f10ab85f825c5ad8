// Every client, mode and transport does every action; one line each.
//
//   node main.mjs --log FILE [--http URL] [--stdio COMMAND ARG…]
import assert from 'node:assert/strict';
import { ACTIONS } from './actions.mjs';
import { CLIENTS } from './clients.mjs';

const LIMIT_MS = 30000;
const counts = { passed: 0, failed: 0 };

function targetsFrom(argv) {
  const after = (option) => argv.slice(argv.indexOf(option) + 1);
  const log = after('--log')[0];
  const targets = [];
  if (argv.includes('--http')) targets.push({ transport: 'http', url: after('--http')[0] });
  if (argv.includes('--stdio')) targets.push({ transport: 'stdio', command: after('--stdio'), log });
  return targets;
}

function withinLimit(promise) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${LIMIT_MS / 1000} s`)), LIMIT_MS);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

async function attempt(label, work) {
  try {
    await withinLimit(work());
    counts.passed += 1;
    console.log(`ok      ${label}`);
    return true;
  } catch (error) {
    counts.failed += 1;
    console.log(`FAILED  ${label}: ${error?.stack ?? error}`);
    return false;
  }
}

async function exercise(target, row) {
  const label = (action) => `client ${row.client} mode ${row.mode} over ${target.transport}: ${action}`;
  let session;
  const connected = await attempt(label('connect'), async () => {
    const questions = [], changes = [];
    const elicit = (params) => {
      questions.push(params);
      return { action: 'accept', content: session.answer };
    };
    session = { ...await row.open(target, elicit, (params) => changes.push(params)),
        generation: row.client, questions, changes, url: target.url };
    assert.equal(session.revision, row.revision);
  });
  for (const [name, action] of Object.entries(ACTIONS)) {
    if (connected) {
      await attempt(label(name), () => action(session));
    } else {
      counts.failed += 1;
      console.log(`FAILED  ${label(name)}: not connected`);
    }
  }
  if (session) await attempt(label('close'), () => session.close());
}

for (const target of targetsFrom(process.argv.slice(2))) {
  for (const row of CLIENTS) await exercise(target, row);
}
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exit(counts.failed === 0 && counts.passed > 0 ? 0 : 1);
