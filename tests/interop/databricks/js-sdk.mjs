// SPDX-License-Identifier: Apache-2.0
// Drives the local workspace with the official Databricks SDK for JavaScript: lists through its
// pagers, waits with its waiters, reads and writes, and meets its errors. One line for each check.
//
// DATABRICKS_HOST and DATABRICKS_TOKEN name the workspace, as for any client.
import assert from 'node:assert/strict';
import sdk from '@databricks/sdk-experimental';

const client = new sdk.WorkspaceClient({});
const LIMIT_MS = 60000;
const counts = { passed: 0, failed: 0 };

async function check(name, work) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${LIMIT_MS / 1000} s`)), LIMIT_MS);
  });
  try {
    await Promise.race([work(), limit]);
    counts.passed += 1;
    console.log(`ok      ${name}`);
  } catch (error) {
    counts.failed += 1;
    console.log(`FAILED  ${name}: ${error?.stack ?? error}`);
  } finally {
    clearTimeout(timer);
  }
}

async function all(pages) {
  const items = [];
  for await (const item of pages) items.push(item);
  return items;
}

const names = (items, member = 'name') => items.map((item) => item[member]);
const refused = (promise, status, code) => assert.rejects(promise, (error) => {
  assert.equal(error.statusCode, status, String(error));
  if (code) assert.equal(error.errorCode, code);
  return true;
});

async function text(stream) {
  let whole = '';
  for await (const part of stream) whole += Buffer.from(part).toString('utf8');
  return whole;
}

// ---- who, compute ----

await check('iam: me', async () => {
  assert.equal((await client.currentUser.me()).userName, 'ann@example.com');
});
await check('clusters: list', async () => {
  assert.ok(names(await all(client.clusters.list({ page_size: 3 })), 'cluster_name')
    .includes('sandbox-running'));
});
await check('clusters: start, wait, stop', async () => {
  const id = '1108-140000-dev0b0b1'; // the other SDK's checks leave this one alone
  const started = await (await client.clusters.start({ cluster_id: id })).wait();
  assert.equal(started.state, 'RUNNING');
  const ended = await (await client.clusters.delete({ cluster_id: id })).wait();
  assert.equal(ended.state, 'TERMINATED');
});
await check('clusters: unknown', () =>
  refused(client.clusters.get({ cluster_id: 'nope' }), 400, 'INVALID_PARAMETER_VALUE'));
await check('clusters: events', async () => {
  const events = await all(client.clusters.events({ cluster_id: 'sandbox-running', limit: 2 }));
  assert.ok(events.length > 0);
});
await check('commands: sql in a context', async () => {
  const context = await (await client.commandExecution.create(
    { clusterId: 'sandbox-running', language: 'sql' })).wait();
  const done = await (await client.commandExecution.execute({
    clusterId: 'sandbox-running', contextId: context.id, language: 'sql',
    command: 'SELECT count(*) AS n FROM main.sales.customers',
  })).wait();
  assert.equal(done.status, 'Finished');
  assert.equal(String(done.results.data[0][0]), '500');
  await client.commandExecution.destroy({ clusterId: 'sandbox-running', contextId: context.id });
});

// ---- SQL and Unity Catalog ----

const warehouse_id = '8e1c0a2b3c4d5e6f';
await check('warehouses: list and get', async () => {
  assert.ok((await all(client.warehouses.list({}))).length >= 2);
  assert.equal((await client.warehouses.get({ id: warehouse_id })).state, 'RUNNING');
});
await check('warehouses: start and stop', async () => {
  const id = '1f2e3d4c5b6a7988';
  assert.equal((await (await client.warehouses.start({ id })).wait()).state, 'RUNNING');
  assert.equal((await (await client.warehouses.stop({ id })).wait()).state, 'STOPPED');
});
await check('statements: rows', async () => {
  const done = await client.statementExecution.executeStatement({
    warehouse_id, statement: 'SELECT customer_id, name FROM main.sales.customers ORDER BY 1 LIMIT 2',
    wait_timeout: '30s',
  });
  assert.equal(done.status.state, 'SUCCEEDED');
  assert.equal(done.result.data_array.length, 2);
});
await check('statements: submit, then get', async () => {
  const sent = await client.statementExecution.executeStatement({
    warehouse_id, statement: 'SELECT :x + 1 AS y', wait_timeout: '0s',
    parameters: [{ name: 'x', value: '41', type: 'INT' }],
  });
  let got = sent;
  while (['PENDING', 'RUNNING'].includes(got.status.state)) {
    got = await client.statementExecution.getStatement({ statement_id: sent.statement_id });
  }
  assert.equal(got.result.data_array[0][0], '42');
});
await check('statements: a failure', async () => {
  const done = await client.statementExecution.executeStatement({
    warehouse_id, statement: 'SELECT * FROM main.sales.nothing', wait_timeout: '30s',
  });
  assert.equal(done.status.state, 'FAILED');
  assert.match(done.status.error.message, /TABLE_OR_VIEW_NOT_FOUND/);
});
await check('catalog: catalogs, schemas, tables', async () => {
  assert.deepEqual(names(await all(client.catalogs.list({}))), ['main', 'samples', 'system']);
  assert.ok(names(await all(client.schemas.list({ catalog_name: 'main' }))).includes('sales'));
  const tables = await all(client.tables.list(
    { catalog_name: 'main', schema_name: 'sales', max_results: 2 }));
  assert.ok(names(tables).includes('orders'));
  const table = await client.tables.get({ full_name: 'main.sales.orders' });
  assert.equal(table.columns[0].name, 'order_id');
  await refused(client.tables.get({ full_name: 'main.sales.nope' }), 404);
});
await check('catalog: volumes', async () => {
  const volumes = await all(client.volumes.list({ catalog_name: 'main', schema_name: 'default' }));
  assert.ok(names(volumes).includes('landing'));
});

// ---- workspace, files, secrets ----

await check('workspace: write, list, read, delete', async () => {
  const path = '/Users/ann@example.com/js-sdk';
  await client.workspace.mkdirs({ path });
  await client.workspace.import({
    path: `${path}/note`, language: 'PYTHON', format: 'SOURCE', overwrite: true,
    content: Buffer.from('# Databricks notebook source\nprint(1)\n').toString('base64'),
  });
  assert.deepEqual(names(await all(client.workspace.list({ path })), 'path'), [`${path}/note`]);
  const back = await client.workspace.export({ path: `${path}/note`, format: 'SOURCE' });
  assert.match(Buffer.from(back.content, 'base64').toString(), /print\(1\)/);
  await client.workspace.delete({ path, recursive: true });
  await refused(client.workspace.getStatus({ path }), 404, 'RESOURCE_DOES_NOT_EXIST');
});
await check('repos: list', async () => {
  assert.ok((await all(client.repos.list({}))).length > 0);
});
await check('files: write, list, read, delete', async () => {
  const folder = '/Volumes/main/default/landing/js';
  const file_path = `${folder}/a b.txt`;
  await client.files.createDirectory({ directory_path: folder });
  // This SDK makes the file but sends none of its contents (0.17.0), so these go by themselves.
  await client.files.upload({ file_path, overwrite: true });
  const stored = await fetch(`${process.env.DATABRICKS_HOST}/api/2.0/fs/files${encodeURI(file_path)}`
    + '?overwrite=true', {
    method: 'PUT', body: 'hello from js',
    headers: { authorization: `Bearer ${process.env.DATABRICKS_TOKEN}` },
  });
  assert.equal(stored.status, 204);
  assert.deepEqual(names(await all(client.files.listDirectoryContents(
    { directory_path: folder })), 'path'), [file_path]);
  const got = await client.files.download({ file_path });
  assert.equal(await text(got.contents), 'hello from js');
  await client.files.delete({ file_path });
  await client.files.deleteDirectory({ directory_path: folder });
});
await check('dbfs: write, read, delete', async () => {
  const path = '/tmp/js-sdk.txt';
  await client.dbfs.put({ path, overwrite: true, contents: Buffer.from('abc').toString('base64') });
  const got = await client.dbfs.read({ path });
  assert.equal(Buffer.from(got.data, 'base64').toString(), 'abc');
  await client.dbfs.delete({ path });
  await refused(client.dbfs.getStatus({ path }), 404, 'RESOURCE_DOES_NOT_EXIST');
});
await check('secrets: put, list, get, delete', async () => {
  const scope = 'js-sdk';
  await client.secrets.createScope({ scope });
  await client.secrets.putSecret({ scope, key: 'k', string_value: 'v' });
  assert.deepEqual(names(await all(client.secrets.listSecrets({ scope })), 'key'), ['k']);
  assert.equal(Buffer.from((await client.secrets.getSecret({ scope, key: 'k' })).value, 'base64')
    .toString(), 'v');
  await client.secrets.deleteScope({ scope });
});

// ---- jobs ----

await check('jobs: list, run, wait', async () => {
  const jobs = await all(client.jobs.list({ limit: 2 }));
  assert.ok(jobs.length > 2);
  const path = '/Users/ann@example.com/js-job';
  await client.workspace.import({
    path, language: 'SQL', format: 'SOURCE', overwrite: true,
    content: Buffer.from('-- Databricks notebook source\nSELECT 1\n').toString('base64'),
  });
  const { job_id } = await client.jobs.create({
    name: 'js-sdk', tasks: [{ task_key: 'only', notebook_task: { notebook_path: path },
      existing_cluster_id: 'sandbox-running' }],
  });
  const run = await (await client.jobs.runNow({ job_id })).wait();
  assert.equal(run.state.result_state, 'SUCCESS');
  assert.equal((await client.jobs.get({ job_id })).settings.name, 'js-sdk');
  assert.ok((await all(client.jobs.listRuns({ job_id }))).length === 1);
  await client.jobs.delete({ job_id });
  await refused(client.jobs.get({ job_id }), 400, 'INVALID_PARAMETER_VALUE');
});

// ---- MLflow ----

await check('mlflow: experiments', async () => {
  const found = await all(client.experiments.searchExperiments(
    { filter: "name LIKE '%taxi%'", max_results: 1 }));
  assert.deepEqual(names(found), ['/Users/ann@example.com/taxi-fare']);
  assert.ok((await all(client.experiments.listExperiments({ max_results: 2 }))).length >= 3);
  const one = await client.experiments.getByName(
    { experiment_name: '/Users/ann@example.com/churn' });
  assert.equal(one.experiment.lifecycle_stage, 'active');
  await refused(client.experiments.getExperiment({ experiment_id: '1' }), 404,
    'RESOURCE_DOES_NOT_EXIST');
});
await check('mlflow: search of runs', async () => {
  const { experiment } = await client.experiments.getByName(
    { experiment_name: '/Users/ann@example.com/taxi-fare' });
  const runs = await all(client.experiments.searchRuns({
    experiment_ids: [experiment.experiment_id], max_results: 3, order_by: ['metrics.rmse ASC'],
    filter: "metrics.rmse < 3 and params.model != 'linear' and attributes.status = 'FINISHED'",
  }));
  const values = runs.map((run) => run.data.metrics.find((m) => m.key === 'rmse').value);
  assert.ok(values.length > 3 && values.every((value) => value < 3));
  assert.deepEqual(values, [...values].sort((a, b) => a - b));
  await refused(all(client.experiments.searchRuns(
    { experiment_ids: [experiment.experiment_id], filter: 'rmse <' })), 400,
  'INVALID_PARAMETER_VALUE');
});
await check('mlflow: a run of our own', async () => {
  const { experiment_id } = await client.experiments.createExperiment({ name: '/Shared/js-sdk' });
  const { run } = await client.experiments.createRun({ experiment_id, run_name: 'one' });
  const { run_id } = run.info;
  for (let step = 0; step < 3; step += 1) {
    await client.experiments.logMetric(
      { run_id, key: 'loss', value: 1 / (step + 1), timestamp: 1000 + step, step });
  }
  await client.experiments.logParam({ run_id, key: 'lr', value: '0.1' });
  await refused(client.experiments.logParam({ run_id, key: 'lr', value: '0.2' }), 400,
    'INVALID_PARAMETER_VALUE');
  await client.experiments.setTag({ run_id, key: 'team', value: 'js' });
  await client.experiments.updateRun({ run_id, status: 'FINISHED', end_time: 2000 });
  const back = (await client.experiments.getRun({ run_id })).run;
  assert.equal(back.info.status, 'FINISHED');
  assert.equal(back.data.params[0].value, '0.1');
  const history = await all(client.experiments.getHistory({ run_id, metric_key: 'loss' }));
  assert.deepEqual(history.map((point) => point.step), [0, 1, 2]);
});
await check('mlflow: artifacts', async () => {
  const { experiment } = await client.experiments.getByName({ experiment_name: '/Shared/forecast' });
  const [run] = await all(client.experiments.searchRuns(
    { experiment_ids: [experiment.experiment_id], filter: "status = 'FINISHED'" }));
  const { run_id } = run.info;
  assert.ok(names(await all(client.experiments.listArtifacts({ run_id })), 'path')
    .includes('model'));
  assert.ok(names(await all(client.experiments.listArtifacts({ run_id, path: 'model' })), 'path')
    .includes('model/MLmodel'));
});
await check('registry: models and versions', async () => {
  const models = await all(client.modelRegistry.searchModels({ max_results: 1 }));
  assert.ok(names(models).includes('churn-classifier'));
  await client.modelRegistry.createModel({ name: 'js-model' });
  const made = await client.modelRegistry.createModelVersion(
    { name: 'js-model', source: 'dbfs:/models/js' });
  assert.equal(made.model_version.version, '1');
  const got = await client.modelRegistry.getModelVersion({ name: 'js-model', version: '1' });
  assert.equal(got.model_version.status, 'READY');
  assert.equal((await all(client.modelRegistry.searchModelVersions(
    { filter: "name='churn-classifier'" }))).length, 3);
  await refused(client.modelRegistry.getModel({ name: 'nope' }), 404, 'RESOURCE_DOES_NOT_EXIST');
});
await check('catalog: models, versions, aliases', async () => {
  const models = await all(client.registeredModels.list({ max_results: 2 }));
  assert.ok(names(models, 'full_name').includes('main.default.taxi_fare'));
  const full_name = 'main.default.taxi_fare';
  assert.equal((await all(client.modelVersions.list({ full_name, max_results: 3 }))).length, 4);
  assert.equal((await client.modelVersions.get({ full_name, version: 2 })).version, 2);
  assert.equal((await client.modelVersions.getByAlias({ full_name, alias: 'champion' })).version, 3);
  await client.registeredModels.setAlias({ full_name, alias: 'champion', version_num: 4 });
  assert.equal((await client.modelVersions.getByAlias({ full_name, alias: 'champion' })).version, 4);
});

// ---- serving and vector search ----

await check('serving: list and get', async () => {
  assert.ok(names(await all(client.servingEndpoints.list())).includes('taxi-fare'));
  const cold = await client.servingEndpoints.get({ name: 'credit-risk' });
  assert.equal(cold.state.ready, 'NOT_READY');
});
await check('serving: a model, a chat, an embedder', async () => {
  const fare = await client.servingEndpoints.query({
    name: 'taxi-fare', dataframe_records: [{ trip_distance: 10, passengers: 1 }] });
  assert.deepEqual(fare.predictions, [29.04]);
  const chat = await client.servingEndpoints.query({
    name: 'sandbox-chat', messages: [{ role: 'user', content: 'hello' }] });
  assert.equal(chat.choices[0].message.content, 'You said: hello');
  assert.equal(chat.usage.prompt_tokens, 1);
  const embedded = await client.servingEndpoints.query({ name: 'sandbox-embedder', input: ['a b'] });
  assert.equal(embedded.data[0].embedding.length, 64);
  await refused(client.servingEndpoints.query({ name: 'taxi-fare', dataframe_records: [{}] }), 400,
    'BAD_REQUEST');
});
await check('vector search: endpoints and indexes', async () => {
  const endpoints = await all(client.vectorSearchEndpoints.listEndpoints({}));
  assert.ok(names(endpoints).includes('sandbox-vectors'));
  const indexes = await all(client.vectorSearchIndexes.listIndexes(
    { endpoint_name: 'sandbox-vectors' }));
  assert.equal(indexes.length, 3);
  const index = await client.vectorSearchIndexes.getIndex(
    { index_name: 'main.sales.products_index' });
  assert.equal(index.status.indexed_row_count, 60);
});
await check('vector search: query and its pages', async () => {
  const found = await client.vectorSearchIndexes.queryIndex({
    index_name: 'main.sales.products_index', columns: ['product_id', 'price'],
    query_text: 'steel lamp', num_results: 5, filters_json: '{"price <": 300, "category NOT": "x"}',
  });
  assert.ok(found.result.data_array.every((row) => row[1] < 300));
  const index_name = 'main.default.docs_index';
  const first = await client.vectorSearchIndexes.queryIndex(
    { index_name, columns: ['id'], query_vector: [1, 0, 0, 0], num_results: 1100 });
  assert.equal(first.result.row_count, 1000);
  const second = await client.vectorSearchIndexes.queryNextPage(
    { index_name, endpoint_name: 'sandbox-vectors', page_token: first.next_page_token });
  assert.equal(second.result.row_count, 100);
  assert.ok(!second.next_page_token);
});
await check('vector search: rows in and out', async () => {
  const index_name = 'main.default.notes_index';
  const put = await client.vectorSearchIndexes.upsertDataVectorIndex({
    index_name, inputs_json: JSON.stringify([{ note_id: 'js', text: 'zebra crossing' },
      { note_id: 'bad', text: 7 }]),
  });
  assert.equal(put.status, 'PARTIAL_SUCCESS');
  assert.deepEqual(put.result.failed_primary_keys, ['bad']);
  const found = await client.vectorSearchIndexes.queryIndex(
    { index_name, columns: ['note_id'], query_text: 'zebra crossing', num_results: 1 });
  assert.equal(found.result.data_array[0][0], 'js');
  const gone = await client.vectorSearchIndexes.deleteDataVectorIndex(
    { index_name, primary_keys: ['js'] });
  assert.equal(gone.status, 'SUCCESS');
});

console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exit(counts.failed === 0 && counts.passed > 0 ? 0 : 1);
