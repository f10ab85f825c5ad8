// What every client does with the fixture plugin over every transport. Each action gets a session
// from clients.mjs and throws when the host did not do exactly what it should.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

const isModern = (session) => session.revision === '2026-07-28';
const names = (items) => items.map((item) => item.name);

function textOf(result) {
  assert.equal(result.isError ?? false, false, `a tool error: ${JSON.stringify(result.content)}`);
  assert.equal(result.content.length, 1);
  assert.equal(result.content[0].type, 'text');
  return result.content[0].text;
}

async function list({ client }) {
  const { tools } = await client.listTools();
  for (const wanted of ['test_simple_text', 'test_tool_with_progress', 'sleep', 'last_cancelled']) {
    assert.ok(names(tools).includes(wanted), `${wanted} is not listed`);
  }
  for (const tool of tools) assert.equal(tool.inputSchema.type, 'object', tool.name);
  const { resources } = await client.listResources();
  assert.ok(resources.some(({ uri }) => uri === 'test://static-text'));
  const { resourceTemplates } = await client.listResourceTemplates();
  assert.ok(resourceTemplates.some(({ uriTemplate }) => uriTemplate === 'test://template/{id}/data'));
  const { prompts } = await client.listPrompts();
  assert.ok(names(prompts).includes('test_prompt_with_arguments'));
}

async function call({ call }) {
  const good = await call({ name: 'test_simple_text', arguments: {} });
  assert.equal(textOf(good), 'This is a simple text response for testing.');
  const bad = await call({ name: 'test_error_handling', arguments: {} });
  assert.equal(bad.isError, true);
  assert.equal(bad.content[0].text, 'This tool intentionally returns an error for testing');
  await assert.rejects(call({ name: 'no_such_tool', arguments: {} }), { code: -32602 });
}

async function progress({ call }) {
  const seen = [];
  const onprogress = (step) => seen.push(step);
  textOf(await call({ name: 'test_tool_with_progress', arguments: {} }, { onprogress }));
  assert.deepEqual(seen.map((step) => step.progress), [0, 50, 100]);
  for (const step of seen) assert.equal(step.total, 100);
}

// The host asks in the client's own era: a request of its own before 2026-07-28, a result that
// asks for input since.
async function elicit(session) {
  const modern = isModern(session);
  session.answer = modern ? { name: 'Ada' } : { username: 'ada', email: 'ada@example.org' };
  const text = textOf(await session.call(modern
    ? { name: 'test_input_required_result_elicitation', arguments: {} }
    : { name: 'test_elicitation', arguments: { message: 'Who are you?' } }));
  assert.equal(session.questions.length, 1);
  if (modern) {
    assert.equal(text, 'Hello, Ada!');
  } else {
    assert.equal(session.questions[0].message, 'Who are you?');
    assert.match(text, /^User response: .*ada@example\.org/s);
  }
}

async function read(session) {
  const { client } = session;
  const { contents } = await client.readResource({ uri: 'test://static-text' });
  assert.equal(contents.length, 1);
  assert.equal(contents[0].mimeType, 'text/plain');
  assert.equal(contents[0].text, 'This is the content of the static text resource.');
  const made = await client.readResource({ uri: 'test://template/4711/data' });
  assert.match(made.contents[0].text, /4711/);
  const missing = client.readResource({ uri: 'test://nonexistent' });
  // The code of the older revisions; client v2 shows it as today's.
  await assert.rejects(missing, { code: session.generation === 'v1' ? -32002 : -32602 });
}

async function prompt({ client }) {
  const name = 'test_prompt_with_arguments';
  const { messages } = await client.getPrompt({ name, arguments: { arg1: 'one', arg2: "it's" } });
  assert.equal(messages.length, 1);
  assert.equal(messages[0].role, 'user');
  assert.equal(messages[0].content.text, "Prompt with arguments: arg1='one', arg2='it's'");
}

async function complete({ client }) {
  const ref = { type: 'ref/prompt', name: 'test_prompt_with_arguments' };
  const { completion } = await client.complete({ ref, argument: { name: 'arg1', value: '' } });
  assert.ok(Array.isArray(completion.values));
  for (const value of completion.values) assert.equal(typeof value, 'string');
  assert.ok(completion.values.length <= 100);
}

// Withdraws a call once its progress shows that it runs, and waits until the plugin itself tells
// that the withdrawal reached it.
async function cancel({ call }) {
  const label = randomUUID();
  const control = new AbortController();
  const options = { signal: control.signal, onprogress: () => control.abort('no longer needed') };
  const sleeping = call({ name: 'sleep', arguments: { ms: 60000, label } }, options);
  await assert.rejects(sleeping, (error) => control.signal.aborted && !/timed out/i.test(error.message));
  for (;;) {
    const last = textOf(await call({ name: 'last_cancelled', arguments: {} }));
    if (last.includes(label)) return;
    await pause(50);
  }
}

// Changes of a list and of a resource that nobody asked for in a request: on the stream that GET
// opens over HTTP, on the pipe over stdio, or in answer to a listen.
async function changes(session) {
  const { client, call } = session;
  const uri = 'test://watched-resource';
  const until = async (condition) => {
    while (!session.changes.some(condition)) await pause(20);
    session.changes.length = 0;
  };
  const isUpdate = (params) => params?.uri === uri;
  const isList = (params) => params?.uri === undefined;
  session.changes.length = 0;
  const listen = isModern(session)
    ? await client.listen({ toolsListChanged: true, resourceSubscriptions: [uri] }) : null;
  await call({ name: 'test_trigger_tool_change', arguments: {} });
  await until(isList);
  if (!listen) await client.subscribeResource({ uri });
  await call({ name: 'thread_speaks', arguments: {} });
  await until(isUpdate);
  if (session.url && !listen) {
    // another stream takes the place of the client's, which comes back with the last id it has
    const headers = { accept: 'text/event-stream', 'mcp-session-id': session.transport.sessionId };
    const other = await fetch(session.url, { headers });
    assert.equal(other.status, 200);
    await other.body.cancel();
    await call({ name: 'test_trigger_tool_change', arguments: {} });
    await until(isList);
  }
  if (listen) await listen.close();
  else await client.unsubscribeResource({ uri });
}

export const ACTIONS = {
  list, call, progress, elicit, read, prompt, complete, cancel, changes,
};
