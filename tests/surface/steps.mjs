// The tour: one workspace from end to end, every tool in an order in which one finds what the next
// one needs. A step is [tool, arguments, what must be true of the answer]; functions get what
// earlier steps have kept in `seen`. A tool may have several steps.
import assert from 'node:assert/strict';

const match = (...patterns) => ({ text }) => patterns.forEach((each) => assert.match(text, each));
const CLUSTER = 'sandbox-terminated';
const WAREHOUSE = '1f2e3d4c5b6a7988';
const TABLE = { catalog_name: 'main', schema_name: 'sales', table_name: 'orders' };
const HOME = '/Users/ann@example.com';
const VOLUME = '/Volumes/main/default/landing';
const WAIT = { wait_s: 40 };
const TEXT = 'Grüße vom Fjord\n';

// Keeps the first group of a pattern under a name.
const keep = (name, pattern, ...patterns) => ({ text, seen }) => {
  assert.match(text, pattern);
  [, seen[name]] = pattern.exec(text);
  match(...patterns)({ text });
};

const compute = [
  ['list_clusters', { state: 'TERMINATED' }, ({ text }) => {
    assert.match(text, new RegExp(`^${CLUSTER}\\t`, 'm'));
    assert.doesNotMatch(text, /RUNNING/);
  }],
  ['get_cluster_details', { cluster_id: 'sandbox-running' }, match(/RUNNING/, /i3\.xlarge/)],
  ['start_cluster', { cluster_id: CLUSTER, ...WAIT }, match(/RUNNING/)],
  ['list_cluster_events', { cluster_id: CLUSTER }, match(/STARTING|RUNNING/)],
  ['terminate_cluster', { cluster_id: CLUSTER, ...WAIT }, match(/TERMINAT/)],
];

const data = [
  ['list_catalogs', {}, match(/^main\t/m, /^samples\t/m)],
  ['list_schemas', { catalog_name: 'main' }, match(/^sales\t/m, /^hr\t/m)],
  ['list_tables', { catalog_name: 'main', schema_name: 'sales' },
    match(/^orders\t/m, /^customers\t/m)],
  ['get_table_schema', TABLE, match(/order_id\tbigint/, /decimal\(12,2\)/)],
  ['describe_tables', { names: ['main.sales.orders', 'main.sales.customers'] },
    match(/main\.sales\.orders/, /credit_limit/)],
  ['describe_tables', { names: ['main.sales.orders'], detail: 'stats', ...WAIT },
    match(/order_id/)],
  ['preview_table', { ...TABLE, row_limit: 3 }, ({ text }) => {
    assert.match(text, /order_id/);
    assert.match(text, /\b3 rows|\b3 of /);
  }],
  ['list_sql_warehouses', {}, match(new RegExp(`^${WAREHOUSE}\\t`, 'm'))],
  ['start_sql_warehouse', { warehouse_id: WAREHOUSE, ...WAIT }, match(/RUNNING/)],
  ['stop_sql_warehouse', { warehouse_id: WAREHOUSE, ...WAIT }, match(/STOPP/)],
  ['execute_sql', { sql_query: 'SELECT :word AS word, 6 * 7 AS answer',
    parameters: { word: 'fjord' } },
  keep('statement_id', /statement_id[:=] ?([0-9a-f-]{36})/, /fjord\t42/)],
  ['execute_sql', { sql_query: 'SELECT id FROM range(250)' },
    keep('many', /statement_id=([0-9a-f-]{36})/, /100 of 250/)],
  ['get_statement_result', ({ many }) => ({ statement_id: many, row_limit: 5 }),
    match(/^0$/m, /of 250/)],
  ['get_result_page', ({ many }) => ({ statement_id: many, grep: '24' }), ({ text }) => {
    assert.match(text, /^124$/m);
    assert.doesNotMatch(text, /^125$/m);
  }],
  ['execute_sql', { sql_query: 'SELECT sleep(300)', wait_s: 0 },
    keep('sleeping', /([0-9a-f]{8}-[0-9a-f-]{27})/)],
  ['cancel_statement', ({ sleeping }) => ({ statement_id: sleeping }), match(/cancel/i)],
];

const jobs = [
  ['list_jobs', { name_filter: 'hello' }, ({ text, seen }) => {
    assert.match(text, /hello-parameters/);
    assert.doesNotMatch(text, /nightly-etl/);
    [, seen.job_id] = /^(\d+)\thello-parameters/m.exec(text);
  }],
  ['get_job_details', ({ job_id }) => ({ job_id }), match(/name=world/, /\/hello/)],
  ['run_job_now', ({ job_id }) => ({ job_id, job_parameters: { name: 'Ada' }, ...WAIT }),
    keep('job_run', /^run_id: (\d+)/m, /state: SUCCESS/, /Hello, Ada!/)],
  ['get_run_output', ({ job_run }) => ({ run_id: job_run }), match(/Hello, Ada!/)],
  ['list_job_runs', ({ job_id }) => ({ job_id, limit: 5 }), keep('run_id', /^(\d+)\tSUCCESS/m)],
  ['get_job_run', ({ run_id }) => ({ run_id }), match(/SUCCESS/)],
  ['list_job_runs', { job_id: 'long-running', active_only: true },
    keep('long', /^(\d+)\tRUNNING/m)],
  ['list_pipelines', { max_results: 1 }, match(/^1 pipeline shown; there are more/m)],
  ['cancel_job_run', ({ long }) => ({ run_id: long, ...WAIT }), match(/cancel/i)],
];

const workspace = [
  ['list_workspace_items', { path: HOME }, match(/NOTEBOOK\t.*\/hello/, /notes\.txt/)],
  ['get_workspace_item', { path: `${HOME}/hello` }, match(/NOTEBOOK/, /PYTHON/)],
  ['get_notebook_content', { path: `${HOME}/hello` }, match(/dbutils\.widgets/, /untrusted/)],
  ['list_repos', {}, keep('repo_id', /^(\d+)\t\/Repos\/ann@/m)],
  ['get_repo_status', ({ repo_id }) => ({ repo_id }), match(/main/, /a4188717a97f/)],
  ['run_notebook', { notebook_path: `${HOME}/hello`, parameters: { name: 'Grace' }, ...WAIT },
    keep('notebook_run', /^run_id: (\d+)/m, /state: SUCCESS/)],
  ['get_run_output', ({ notebook_run }) => ({ run_id: notebook_run }), match(/Hello, Grace!/)],
  ['execute_code', { code: 'x = 6 * 7\nprint(x)', language: 'python',
    cluster_id: 'sandbox-running', keep_context: true },
  keep('context_id', /context_id[=:] ?"?([\w-]+)/, /^42$/m)],
  ['execute_code', ({ context_id }) => ({ code: 'print(x + 1)', language: 'python',
    cluster_id: 'sandbox-running', context_id }), match(/^43$/m)],
];

const files = [
  ['create_directory', { path: `${VOLUME}/tour` }, match(/tour/)],
  ['write_file', { path: `${VOLUME}/tour/hello.txt`,
    content_base64: Buffer.from(TEXT).toString('base64') }, match(/hello\.txt/)],
  ['write_file', { path: `${VOLUME}/tour/hello.txt`,
    content_base64: Buffer.from(TEXT).toString('base64') },
  ({ result }) => assert.equal(result.isError, true), 'refused'],
  ['list_files', { path: `${VOLUME}/tour` }, match(/hello\.txt/)],
  ['get_file_info', { path: `${VOLUME}/tour/hello.txt` },
    match(new RegExp(`\\b${Buffer.byteLength(TEXT)}\\b`))],
  ['read_file', { path: `${VOLUME}/tour/hello.txt` }, match(/Grüße vom Fjord/)],
  ['read_file', { path: `${VOLUME}/tour/hello.txt`, offset: 8, length: 3 }, ({ text }) => {
    assert.match(text, /\bvom\b/);
    assert.doesNotMatch(text, /Fjord\n/);
  }],
  ['delete_file', { path: `${VOLUME}/tour`, recursive: true }, match(/tour/)],
  ['list_files', { path: 'dbfs:/' }, match(/\t|empty|0 /)],
];

const INDEX = 'main.default.docs_index';
const ml = [
  ['list_mlflow_experiments', {}, keep('experiment_id', /^(\d+)\t\S*taxi-fare/m)],
  ['list_mlflow_runs', ({ experiment_id }) => ({ experiment_id, max_results: 3,
    filter_string: "status = 'FINISHED'" }), keep('mlflow_run', /^([0-9a-f]{32})\t/m, /rmse/)],
  ['get_mlflow_run_details', ({ mlflow_run }) => ({ run_id: mlflow_run }),
    match(/rmse/, /max_depth/)],
  ['list_registered_models', {}, match(/main\.default\.taxi_fare/)],
  ['get_model_version_details', { model_name: 'main.default.taxi_fare', version: '1' },
    match(/main\.default\.taxi_fare/)],
  ['list_serving_endpoints', {}, match(/taxi-fare\tREADY/)],
  ['query_model_serving_endpoint', { endpoint_name: 'taxi-fare', input_data:
    { dataframe_records: [{ trip_distance: 2, passengers: 1 }] } }, match(/\d+\.\d+/)],
  ['query_model_serving_endpoint', { endpoint_name: 'sandbox-chat', input_data:
    { messages: [{ role: 'user', content: 'a word: fjord' }] } }, match(/fjord/)],
  ['list_vector_indexes', {}, match(/main\.default\.docs_index/)],
  ['add_to_vector_index', ({ document }) => ({ index_name: INDEX, primary_key: 'id',
    documents: [document] }), match(/\b1 row/)],
  ['query_vector_index', ({ document }) => ({ index_name: INDEX, columns: ['id'],
    query_vector: document.vector, num_results: 2 }), match(/^9001\b/m)],
];

const secrets = [
  ['put_secret', { scope_name: 'app', key: 'tour', secret_value: 'correct horse battery' },
    ({ text }) => assert.doesNotMatch(text, /horse/)],
  ['list_secret_scopes', {}, match(/^app\t/m)],
  ['list_secrets', { scope_name: 'app' }, match(/^tour\t/m)],
  ['get_secret', { scope_name: 'app', key: 'tour' }, match(/correct horse battery/)],
  ['get_secret', { scope_name: 'app', key: 'tour' }, match(/correct horse battery/)],
  ['execute_sql', { sql_query: "SELECT 'correct horse' || ' battery' AS secret" },
    ({ text }) => assert.doesNotMatch(text, /correct horse battery/)],
  ['delete_secret', { scope_name: 'app', key: 'tour' }, match(/tour/)],
];

const host = [['get_server_info', {}, ({ text, result }) => {
  assert.match(text, /identity: ann@example\.com/);
  assert.equal(result.structuredContent.identity, 'ann@example.com');
}]];

export const STEPS = [...host, ...compute, ...data, ...jobs, ...workspace, ...files, ...ml,
  ...secrets];

// Values for the variables of templates and the arguments of prompts; what the steps have kept goes
// before.
export const VARIABLES = { cluster_id: 'sandbox-running', path: HOME, ...TABLE, scope_name: 'app',
  model_name: 'main.default.taxi_fare', version: '1', row_limit: '5', limit: '5',
  max_results: '5', name_filter: 'hello', status_filter: 'SUCCESS', catalog: 'main',
  schema: 'sales', table: 'orders', job: 'hello-parameters' };

// Where one variable has another meaning.
export const VARIABLES_OF = {
  'databricks://notebooks{+path}': { path: `${HOME}/hello` },
  'databricks:workspace:get_notebook_content/{+path}': { path: `${HOME}/hello` },
  'databricks://files{+path}': { path: `${VOLUME}/readme.md` },
  'databricks:files:list/{+path}': { path: VOLUME },
  'databricks:mlflow:list_runs/{experiment_id}/{filter_string}/{max_results}':
    { filter_string: "status = 'FINISHED'" },
  'databricks:mlflow:list_registered_models/{filter_string}/{max_results}':
    { filter_string: "name LIKE '%fare%'" },
};
// What a completion of an empty value must offer; null: a free value, which has no completion.
export const COMPLETIONS = { cluster_id: /^sandbox-running$/, catalog_name: /^main$/,
  schema_name: /^sales$/, table_name: /^orders$/, job_id: /^\d+$/, run_id: /./,
  experiment_id: /^\d+$/, model_name: /taxi_fare/, version: /^\d+$/, scope_name: /^app$/,
  repo_id: /^\d+$/, path: /^\//, statement_id: null, catalog: /^main$/, schema: /^sales$/,
  table: /^orders$/, job: /./ };

// What the messages of each prompt must say, given the values above or else this question.
export const QUESTION = 'How much did each country buy in 2025?';
export const PROMPTS = {
  analyze_table: [/orders/, /order_id/],
  debug_job_run: [/run/i],
  explore_catalog: [/main/, /sales/],
  write_query: [/sales|orders/],
};
