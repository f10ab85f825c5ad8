// The contract of the surface: what the reference documents (its 42 capabilities, the names of
// their arguments, both spellings of its 19 tools, its 23 resources) and the thirteen tools that
// complete them. Nothing here may be renamed; tools may have more arguments.

// Tool: the reference's argument names.
export const CAPABILITIES = {
  compute: {
    list_clusters: [],
    get_cluster_details: ['cluster_id'],
    start_cluster: ['cluster_id'],
    terminate_cluster: ['cluster_id'],
  },
  workspace: {
    list_workspace_items: ['path'],
    get_notebook_content: ['path'],
    list_repos: [],
    get_repo_status: ['repo_id'],
    run_notebook: ['notebook_path', 'cluster_id', 'parameters'],
    execute_code: ['code', 'language', 'cluster_id'],
  },
  data: {
    list_catalogs: [],
    list_schemas: ['catalog_name'],
    list_tables: ['catalog_name', 'schema_name'],
    get_table_schema: ['catalog_name', 'schema_name', 'table_name'],
    preview_table: ['catalog_name', 'schema_name', 'table_name', 'row_limit'],
    list_sql_warehouses: [],
    start_sql_warehouse: ['warehouse_id'],
    stop_sql_warehouse: ['warehouse_id'],
    execute_sql: ['sql_query', 'warehouse_id', 'catalog', 'schema'],
    get_statement_result: ['statement_id'],
  },
  jobs: {
    list_jobs: ['name_filter', 'limit'],
    get_job_details: ['job_id'],
    list_job_runs: ['job_id', 'limit', 'status_filter'],
    run_job_now: ['job_id', 'notebook_params', 'python_params', 'jar_params',
      'spark_submit_params'],
  },
  files: {
    list_files: ['path'],
    read_file: ['path', 'offset', 'length'],
    write_file: ['path', 'content_base64', 'overwrite'],
    delete_file: ['path', 'recursive'],
    create_directory: ['path'],
  },
  ml: {
    list_mlflow_experiments: ['max_results'],
    list_mlflow_runs: ['experiment_id', 'filter_string', 'max_results'],
    get_mlflow_run_details: ['run_id'],
    list_registered_models: ['filter_string', 'max_results'],
    get_model_version_details: ['model_name', 'version'],
    query_model_serving_endpoint: ['endpoint_name', 'input_data'],
    add_to_vector_index: ['index_name', 'primary_key', 'documents'],
    query_vector_index: ['index_name', 'columns', 'query_vector', 'query_text', 'num_results',
      'filters_json', 'query_type'],
  },
  secrets: {
    list_secret_scopes: [],
    list_secrets: ['scope_name'],
    get_secret: ['scope_name', 'key'],
    put_secret: ['scope_name', 'key', 'secret_value'],
    delete_secret: ['scope_name', 'key'],
  },
};

// Without these a capability cannot be used to the end.
export const COMPLETING = ['get_server_info', 'get_result_page', 'list_cluster_events',
  'list_pipelines', 'get_workspace_item', 'describe_tables', 'cancel_statement', 'get_job_run', 'get_run_output',
  'cancel_job_run', 'get_file_info', 'list_serving_endpoints', 'list_vector_indexes'];

// The reference's tools, as it registers them and as it documents them.
const REFERENCE_TOOLS = {
  'compute-start_cluster': 'start_cluster',
  'compute-terminate_cluster': 'terminate_cluster',
  'sql-execute_statement': 'execute_sql',
  'sql-get_statement_result': 'get_statement_result',
  'sql-start_warehouse': 'start_sql_warehouse',
  'sql-stop_warehouse': 'stop_sql_warehouse',
  'jobs-run_now': 'run_job_now',
  'files-read': 'read_file',
  'files-write': 'write_file',
  'files-delete': 'delete_file',
  'files-create_directory': 'create_directory',
  'ml-query_model_serving_endpoint': 'query_model_serving_endpoint',
  'vs-add_to_index': 'add_to_vector_index',
  'vs-query_index': 'query_vector_index',
  'secrets-get_secret': 'get_secret',
  'secrets-put_secret': 'put_secret',
  'secrets-delete_secret': 'delete_secret',
  'workspace-run_notebook': 'run_notebook',
  'workspace-execute_code': 'execute_code',
};
export const TOOL_ALIASES = Object.entries(REFERENCE_TOOLS).flatMap(([name, tool]) => [
  [`databricks-${name}`, tool], [`databricks:${name.replace('-', ':')}`, tool]]);

// The reference's resources with every segment, and without its optional ones.
export const RESOURCE_ALIASES = [
  ['databricks:compute:list_clusters'],
  ['databricks:compute:get_cluster_details/{cluster_id}'],
  ['databricks:uc:list_catalogs'],
  ['databricks:uc:list_schemas/{catalog_name}'],
  ['databricks:uc:list_tables/{catalog_name}/{schema_name}'],
  ['databricks:uc:get_table_schema/{catalog_name}/{schema_name}/{table_name}'],
  ['databricks:uc:preview_table/{catalog_name}/{schema_name}/{table_name}/{row_limit}',
    'databricks:uc:preview_table/{catalog_name}/{schema_name}/{table_name}'],
  ['databricks:sql:list_warehouses'],
  ['databricks:files:list/{+path}'],
  ['databricks:jobs:list_jobs/{name_filter}/{limit}', 'databricks:jobs:list_jobs'],
  ['databricks:jobs:get_job_details/{job_id}'],
  ['databricks:jobs:list_job_runs/{job_id}/{limit}/{status_filter}',
    'databricks:jobs:list_job_runs/{job_id}'],
  ['databricks:mlflow:list_experiments/{max_results}', 'databricks:mlflow:list_experiments'],
  ['databricks:mlflow:list_runs/{experiment_id}/{filter_string}/{max_results}',
    'databricks:mlflow:list_runs/{experiment_id}'],
  ['databricks:mlflow:get_run_details/{run_id}'],
  ['databricks:mlflow:list_registered_models/{filter_string}/{max_results}',
    'databricks:mlflow:list_registered_models'],
  ['databricks:mlflow:get_model_version_details/{model_name}/{version}'],
  ['databricks:secrets:list_scopes'],
  ['databricks:secrets:list_secrets/{scope_name}'],
  ['databricks:workspace:list_items/{+path}'],
  ['databricks:workspace:get_notebook_content/{+path}'],
  ['databricks:repos:list'],
  ['databricks:repos:get_status/{repo_id}'],
];

// What each client sees: characters of compact JSON / 4, as a tokenizer of English text counts.
export const TOKENS_ALL = 8000;
export const TOKENS_ONE = 250;
export const DESCRIPTION_LENGTH = 300;
export const READ_TOOLS = 39;

// Where the model or a person needs no tool: canonical URIs of everything that can be read.
export const RESOURCES = ['databricks://clusters', 'databricks://repos', 'databricks://catalogs',
  'databricks://warehouses', 'databricks://jobs', 'databricks://pipelines',
  'databricks://mlflow/experiments',
  'databricks://models', 'databricks://serving-endpoints', 'databricks://vector-indexes',
  'databricks://secret-scopes', 'lakehost://server'];
export const TEMPLATES = [
  'databricks://clusters/{cluster_id}', 'databricks://clusters/{cluster_id}/events',
  'databricks://workspace{+path}', 'databricks://notebooks{+path}', 'databricks://repos/{repo_id}',
  'databricks://catalogs/{catalog_name}/schemas',
  'databricks://catalogs/{catalog_name}/schemas/{schema_name}/tables',
  'databricks://tables/{catalog_name}/{schema_name}/{table_name}',
  'databricks://tables/{catalog_name}/{schema_name}/{table_name}/preview',
  'databricks://statements/{statement_id}', 'databricks://jobs/{job_id}',
  'databricks://jobs/{job_id}/runs', 'databricks://runs/{run_id}', 'databricks://files{+path}',
  'databricks://mlflow/experiments/{experiment_id}/runs', 'databricks://mlflow/runs/{run_id}',
  'databricks://models/{model_name}/versions/{version}',
  'databricks://secret-scopes/{scope_name}/secrets'];
