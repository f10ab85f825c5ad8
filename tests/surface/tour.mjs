// A real client drives every tool of all plugins, every resource, template, completion and prompt
// of a host in front of a fresh workspace, and says what each answered.
//
//   node tour.mjs BUILD REPORT [CLIENT TRANSPORT ISOLATION]
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { check, summary } from './check.mjs';
import { RESOURCE_ALIASES } from './contract.mjs';
import { end, session, workspace } from './hosts.mjs';
import { COMPLETIONS, PROMPTS, QUESTION, STEPS, VARIABLES, VARIABLES_OF } from './steps.mjs';

const TOURS = [
  { client: 'v2', mode: 'pin', transport: 'http', isolation: 'none' },
  { client: 'v1', mode: 'legacy', transport: 'stdio', isolation: 'none' },
  { client: 'v2', mode: 'pin', transport: 'http', isolation: 'process' },
];
const [build, report, ...wanted] = process.argv.slice(2);
const ajv = addFormats(new Ajv2020({ strict: false }));

// ---- the report ----

const cell = (text) => text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('\t', ' ');
const shorten = (text) => (text.length > 120 ? `${text.slice(0, 119)}…` : text);
const firstLine = (text) => shorten(text.split('\n').find((line) =>
  line !== '' && !line.startsWith('<untrusted-data')) ?? '');
const write = (text) => appendFileSync(report, `${text}\n`);

function table(...titles) {
  write(`\n| ${titles.join(' | ')} |\n|${titles.map(() => '---|').join('')}`);
  return (...cells) => write(`| ${cells.map((each) => cell(shorten(each))).join(' | ')} |`);
}

// ---- tools ----

const textOf = (blocks) =>
  blocks.map((block) => block.text ?? block.resource?.text ?? '').join('\n');

function validate(tool, result) {
  if (result.isError || !tool.outputSchema) return;
  assert.ok(result.structuredContent, 'no structuredContent, though an outputSchema is declared');
  const valid = ajv.compile(tool.outputSchema);
  assert.ok(valid(result.structuredContent), ajv.errorsText(valid.errors));
}

async function takeStep({ call }, tools, row, [name, given, test, refused], seen) {
  const args = typeof given === 'function' ? given(seen) : given;
  const tool = tools.find((each) => each.name === name);
  assert.ok(tool, 'not listed');
  const result = await call({ name, arguments: args });
  const text = textOf(result.content);
  row(name, `\`${JSON.stringify(args)}\``, firstLine(text));
  assert.equal(result.isError ?? false, refused === 'refused', text);
  assert.ok(text.length > 0, 'no text');
  validate(tool, result);
  test({ text, result, seen });
}

async function tourTools(opened, label, seen) {
  const { tools } = await opened.client.listTools();
  const row = table('tool', 'call', 'first line of the answer');
  for (const step of STEPS) {
    const what = typeof step[1] === 'function' ? '' : ` ${JSON.stringify(step[1])}`;
    await check(`${label} ${step[0]}${what}`, () => takeStep(opened, tools, row, step, seen));
  }
  await check(`${label} every tool was called`, async () => {
    const called = new Set(STEPS.map(([name]) => name));
    assert.deepEqual(tools.map(({ name }) => name).filter((name) => !called.has(name)), []);
  });
}

// ---- resources ----

function expand(uri, seen) {
  const known = { ...VARIABLES, ...seen, ...VARIABLES_OF[uri] };
  if (uri.includes('mlflow') && seen.mlflow_run) known.run_id = seen.mlflow_run;
  return uri.replace(/\{(\+?)(\w+)\}/g, (_, plus, name) => {
    const value = known[name];
    assert.ok(value, `the tour knows no ${name}`);
    return plus ? encodeURI(value) : encodeURIComponent(value);
  });
}

async function readOne({ client }, row, pattern, seen) {
  const uri = expand(pattern, seen);
  const { contents } = await client.readResource({ uri });
  assert.equal(contents.length, 1);
  assert.equal(contents[0].uri, uri);
  assert.ok(contents[0].mimeType, 'no mimeType');
  const text = contents[0].text ?? Buffer.from(contents[0].blob, 'base64').toString('latin1');
  assert.ok(text.length > 0, 'empty');
  if (contents[0].mimeType === 'application/json') JSON.parse(text);
  row(pattern, uri, firstLine(text));
}

async function tourResources(opened, label, seen) {
  const { resources } = await opened.client.listResources();
  const { resourceTemplates } = await opened.client.listResourceTemplates();
  const row = table('resource', 'read', 'first line of the content');
  const all = [...resources.map(({ uri }) => uri),
    ...resourceTemplates.map(({ uriTemplate }) => uriTemplate), ...RESOURCE_ALIASES.flat()];
  for (const uri of all) await check(`${label} ${uri}`, () => readOne(opened, row, uri, seen));
  await check(`${label} what does not exist`, () => assert.rejects(
    opened.client.readResource({ uri: 'databricks://jobs/999999999999' }),
    ({ code }) => code === -32602 || code === -32002));
}

// ---- completions ----

async function completeOne({ client }, row, ref, name, known) {
  const { completion } = await client.complete({ ref, argument: { name, value: '' },
    context: { arguments: known } });
  row(ref.uri ?? ref.name, name, completion.values.join(', '));
  assert.ok(completion.values.length > 0 && completion.values.length <= 100, 'no values');
  const expected = COMPLETIONS[name];
  assert.ok(expected, `the tour expects nothing of ${name}`);
  assert.ok(completion.values.some((value) => expected.test(value)), completion.values.join(', '));
}

const variablesOf = (pattern) => [...pattern.matchAll(/\{\+?(\w+)\}/g)].map(([, name]) => name);

async function tourCompletions(opened, label) {
  const { resourceTemplates } = await opened.client.listResourceTemplates();
  const { prompts } = await opened.client.listPrompts();
  const row = table('completion of', 'argument', 'values');
  const all = [
    ...resourceTemplates.map(({ uriTemplate: uri }) =>
      [{ type: 'ref/resource', uri }, variablesOf(uri)]),
    ...prompts.map(({ name, arguments: args = [] }) =>
      [{ type: 'ref/prompt', name },
        args.map((each) => each.name).filter((each) => COMPLETIONS[each])]),
  ];
  for (const [ref, names] of all) {
    for (const name of names.filter((each) => COMPLETIONS[each] !== null)) {
      const known = Object.fromEntries(names.filter((each) => each !== name && VARIABLES[each])
        .map((each) => [each, VARIABLES[each]]));
      await check(`${label} completion of ${ref.uri ?? ref.name} ${name}`, () =>
        completeOne(opened, row, ref, name, known));
    }
  }
}

// ---- prompts ----

async function getPrompt({ client }, row, prompt, seen) {
  const expected = PROMPTS[prompt.name];
  assert.ok(expected, 'the tour knows no such prompt');
  const values = Object.fromEntries((prompt.arguments ?? []).map(({ name }) =>
    [name, seen[name] ?? VARIABLES[name] ?? QUESTION]));
  const { messages } = await client.getPrompt({ name: prompt.name, arguments: values });
  const text = messages.map(({ content }) => textOf([content])).join('\n');
  row(prompt.name, JSON.stringify(values), firstLine(text));
  for (const pattern of expected) assert.match(text, pattern);
}

async function tourPrompts(opened, label, seen) {
  const { prompts } = await opened.client.listPrompts();
  const row = table('prompt', 'arguments', 'first line of its messages');
  for (const prompt of prompts) {
    await check(`${label} prompt ${prompt.name}`, () => getPrompt(opened, row, prompt, seen));
  }
  const known = existsSync(join(build, 'lib/lakehost/plugins/prompts.so')) ? PROMPTS : {};
  await check(`${label} the prompts are those that the tour knows`, async () =>
    assert.deepEqual(prompts.map(({ name }) => name).sort(), Object.keys(known).sort()));
}

// ---- one tour ----

async function tour(how) {
  const isolated = how.isolation === 'process' ? ', plugins in worker processes' : '';
  const label = `${how.client} over ${how.transport}${isolated}:`;
  const space = await workspace(build);
  const opened = await check(`${label} connect`, () => session(build, space, how,
    { values: true, isolation: how.isolation }));
  if (!opened) return;
  // The vector that add_to_vector_index stores and query_vector_index must find.
  const seen = { document: { id: 9001, title: 'Tour', topic: 'maps', year: 2026, score_hint: 0.5,
    vector: [9, -9, 9, -9] } };
  write(`\n## Client ${how.client}, revision ${opened.revision}, over ${how.transport}${isolated}`);
  await tourTools(opened, label, seen);
  // The client's user is asked before a destructive call, and the session answers with yes.
  await check(`${label} confirmation`, () => {
    const asked = opened.questions.map(({ message }) => message);
    assert.ok(asked.some((message) => message.startsWith('Terminate the cluster ')), asked.join());
  });
  await tourResources(opened, label, seen);
  await tourCompletions(opened, label);
  await tourPrompts(opened, label, seen);
  await check(`${label} close`, () => opened.close());
}

try {
  writeFileSync(report, '# Every tool, resource, completion and prompt, called by a real client\n');
  for (const how of TOURS) {
    const chosen = [how.client, how.transport, how.isolation];
    if (wanted.every((value, i) => value === chosen[i])) await tour(how);
  }
} finally {
  await end();
}
process.exit(summary());
