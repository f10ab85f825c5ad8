// The shape of the surface: names, arguments, aliases, annotations, sizes; what is hidden when.
//
//   node shape.mjs BUILD
import assert from 'node:assert/strict';
import { check, checkEach, summary } from './check.mjs';
import * as contract from './contract.mjs';
import { end, session, workspace } from './hosts.mjs';

const HTTP = { client: 'v2', mode: 'pin', transport: 'http' };
const INVALID_PARAMS = { code: -32602 };
const [build] = process.argv.slice(2);

const names = (items) => items.map(({ name }) => name);
const capabilities = () => Object.values(contract.CAPABILITIES).flatMap((each) =>
  Object.entries(each).map(([name, args]) => ({ name, args })));

// ---- one tool ----

const tokens = (value) => JSON.stringify(value).length / 4;

// Words that some clients cannot convert, wherever they stand.
function refuseDifficult(schema, path) {
  if (schema === null || typeof schema !== 'object') return;
  for (const [key, value] of Object.entries(schema)) {
    for (const bad of ['$ref', 'oneOf', 'anyOf', 'allOf', '$defs']) assert.notEqual(key, bad, path);
    if (key === 'type') assert.equal(typeof value, 'string', `${path}: a union of types`);
    if (key !== 'properties') refuseDifficult(value, `${path}/${key}`);
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    refuseDifficult(property, `${path}/properties/${name}`);
  }
}

function wellFormed({ name, title, description, inputSchema, outputSchema }) {
  assert.match(name, /^[a-z0-9_]{1,35}$/);
  assert.ok(title?.length > 0, 'no title');
  assert.ok(description.length > 0 && description.length <= contract.DESCRIPTION_LENGTH,
    `${description.length} characters of description`);
  assert.equal(inputSchema.type, 'object');
  assert.equal(inputSchema.additionalProperties, false, 'unknown arguments would be ignored');
  refuseDifficult(inputSchema, 'inputSchema');
  refuseDifficult(outputSchema ?? {}, 'outputSchema');
  for (const [argument, { type }] of Object.entries(inputSchema.properties)) {
    if (/_id$/.test(argument)) assert.equal(type, 'string', `${argument}: ids are strings`);
  }
}

// Names of verbs that change nothing; execute_sql is judged by its statement.
const READS = /^(list|get|read|describe|preview|search|query_vector)_|^cancel_statement$/;
const DESTROYS = /^(delete|terminate|stop|cancel_job|put|write|execute|run_notebook)/;

function truthful({ name, annotations }, readOnly) {
  const { readOnlyHint = false, destructiveHint, openWorldHint } = annotations;
  assert.equal(readOnlyHint, READS.test(name), 'readOnlyHint against the verb');
  assert.equal(readOnly.includes(name), readOnlyHint || name === 'execute_sql',
    'readOnlyHint against what a read-only host lists');
  if (readOnlyHint) assert.notEqual(destructiveHint, true, 'reads and destroys');
  else assert.equal(destructiveHint, DESTROYS.test(name), 'destructiveHint against the verb');
  assert.equal(typeof openWorldHint, 'boolean', 'openWorldHint is not said');
}

// ---- sizes ----

async function sizes(tools) {
  const rows = tools.map((tool) => [tokens(tool), tool.name]).sort(([a], [b]) => b - a);
  console.log('tokens  tool');
  for (const [size, name] of rows) console.log(`${size.toFixed(1).padStart(6)}  ${name}`);
  console.log(`${tokens(tools).toFixed(1).padStart(6)}  all ${tools.length} tools`);
  await check('size of all tools', async () => assert.ok(tokens(tools) <= contract.TOKENS_ALL));
  await checkEach('size', tools, async (tool) => assert.ok(tokens(tool) <= contract.TOKENS_ONE));
}

// ---- what is listed ----

async function complete(listed, resources, templates) {
  const find = (name) => listed.find((tool) => tool.name === name);
  await check('there are 42 capabilities and 12 more tools', async () => {
    assert.equal(capabilities().length, 42);
    assert.equal(contract.COMPLETING.length, 13);
    assert.equal(contract.TOOL_ALIASES.length, 38);
    assert.equal(contract.RESOURCE_ALIASES.length, 23);
  });
  await checkEach('capability', capabilities(), async ({ name, args }) => {
    const tool = find(name);
    assert.ok(tool, 'not listed');
    for (const argument of args) {
      assert.ok(tool.inputSchema.properties[argument], `no argument ${argument}`);
    }
  });
  await checkEach('completing tool', contract.COMPLETING, async (name) => assert.ok(find(name)));
  await check('no other tools', async () => {
    const known = [...names(capabilities()), ...contract.COMPLETING];
    assert.deepEqual(names(listed).filter((name) => !known.includes(name)), []);
  });
  await checkEach('resource', contract.RESOURCES, async (uri) =>
    assert.ok(resources.some((each) => each.uri === uri), 'not listed'));
  await checkEach('template', contract.TEMPLATES, async (pattern) =>
    assert.ok(templates.some((each) => each.uriTemplate === pattern), 'not listed'));
}

// ---- aliases ----

const NOT_ALLOWED = 'no such argument as this one';

// An argument that no tool has is refused by the tool that the name leads to; the text names what
// that tool takes. A name that leads nowhere is a protocol error.
async function sameTool({ call }, alias, tool) {
  const wrong = { [NOT_ALLOWED]: true };
  const [byAlias, byName] = await Promise.all([alias, tool].map((name) =>
    call({ name, arguments: wrong })));
  assert.equal(byAlias.isError, true);
  assert.deepEqual(byAlias.content, byName.content);
}

async function aliases(everything) {
  for (const [alias, tool] of contract.TOOL_ALIASES) {
    await check(`alias ${alias}`, () => sameTool(everything, alias, tool));
  }
  await check('an unknown URI of the same form', () =>
    assert.rejects(everything.client.readResource({ uri: 'databricks:compute:no_such' })));
}

// ---- what is hidden ----

// Neither listed nor callable nor named: as if get_secret did not exist.
async function withoutSecretValues(hidden) {
  const { client, call } = hidden;
  const everywhere = async () => JSON.stringify([
    await client.listTools(), await client.listResources(), await client.listResourceTemplates(),
    await client.listPrompts(), await call({ name: 'get_server_info', arguments: {} }),
    await client.readResource({ uri: 'lakehost://server' }),
    client.getInstructions?.() ?? '', client.getServerVersion?.() ?? '']);
  await check('get_secret is mentioned nowhere', async () =>
    assert.doesNotMatch(await everywhere(), /get_secret|secret.values/i));
  for (const name of ['get_secret', 'databricks-secrets-get_secret',
    'databricks:secrets:get_secret']) {
    await check(`${name} is unknown`, async () => {
      const missing = (called) => call({ name: called,
        arguments: { scope_name: 'app', key: 'api-key' } });
      const [told, other] = await Promise.all([name, 'no_such_tool'].map((called) =>
        missing(called).then(() => assert.fail('it was called'), (error) => error)));
      assert.equal(told.code, INVALID_PARAMS.code);
      const bare = (message) => message.replace(/; did you mean .*/, '');
      assert.equal(bare(told.message).replace(name, ''),
        bare(other.message).replace('no_such_tool', ''));
      assert.doesNotMatch(told.message, /put_secret|delete_secret/);
    });
  }
}

async function readOnly(reader, listed) {
  const tools = (await reader.client.listTools()).tools;
  const expected = names(listed.filter(({ name, annotations }) => name !== 'get_secret'
    && (annotations.readOnlyHint || name === 'execute_sql')));
  await check('a read-only host lists exactly the tools that read', async () =>
    assert.deepEqual(names(tools), expected));
  await check(`they are ${contract.READ_TOOLS}`, async () =>
    assert.equal(tools.length, contract.READ_TOOLS));
  const changing = names(listed).filter((name) => !expected.includes(name));
  await checkEach('a read-only host knows no', changing, async (name) =>
    assert.rejects(reader.call({ name, arguments: {} }), INVALID_PARAMS));
  await check('a read-only host runs a SELECT', async () => {
    const sql_query = 'SELECT 41 + 1';
    const result = await reader.call({ name: 'execute_sql', arguments: { sql_query } });
    assert.notEqual(result.isError, true, result.content[0].text);
  });
  await check('a read-only host refuses to change data by SQL', async () => {
    const sql_query = 'CREATE TABLE main.default.forbidden (a INT)';
    const result = await reader.call({ name: 'execute_sql', arguments: { sql_query } });
    assert.equal(result.isError, true);
    assert.match(result.content[0].text, /read/i);
  });
}

// ---- all of it ----

async function main() {
  const space = await workspace(build);
  const everything = await session(build, space, HTTP, { values: true });
  const usual = await session(build, space, HTTP);
  const reader = await session(build, space, HTTP, { options: ['--read-only'] });
  const listed = (await everything.client.listTools()).tools;
  const { resources } = await everything.client.listResources();
  const { resourceTemplates } = await everything.client.listResourceTemplates();
  const reading = names((await reader.client.listTools()).tools);

  await sizes((await usual.client.listTools()).tools);
  await complete(listed, resources, resourceTemplates);
  await checkEach('form', listed, async (tool) => wellFormed(tool));
  await checkEach('annotations', listed, async (tool) => {
    if (tool.name !== 'get_secret') truthful(tool, reading);
  });
  await aliases(everything);
  await withoutSecretValues(usual);
  await readOnly(reader, listed);
  await Promise.all([everything, usual, reader].map((each) => each.close()));
}

try {
  await main();
} finally {
  await end();
}
process.exit(summary());
