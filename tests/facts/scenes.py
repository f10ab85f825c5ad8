"""What each tool reads: calls with the replies that the workspace gives, by the classes of the SDK."""
from canary import DROP

CLUSTER = '0101-120000-canary{n:02d}'
WAREHOUSE = '{n:016x}'
NUMBER = '{n}77'
UC = '/api/2.1/unity-catalog'
KINDS = ['notebook_task', 'spark_python_task', 'python_wheel_task', 'python_operator_task',
         'spark_jar_task', 'spark_submit_task', 'dbt_task', 'dbt_cloud_task', 'dbt_platform_task',
         'sql_task', 'pipeline_task', 'run_job_task', 'condition_task', 'for_each_task',
         'dashboard_task', 'alert_task', 'power_bi_task', 'clean_rooms_notebook_task',
         'gen_ai_compute_task', 'ai_runtime_task', 'ai_function_task']
COMPUTE = ['existing_cluster_id', 'job_cluster_key', 'new_cluster', 'environment_key', 'compute']
OUTPUTS = ['notebook_output', 'sql_output', 'run_job_output', 'dashboard_output', 'alert_output',
           'clean_rooms_notebook_output', 'ai_function_task_output', 'ai_runtime_task_output',
           'dbt_output', 'dbt_cloud_output', 'dbt_platform_output']
PAGES = {'*next_page_token': DROP, '*prev_page_token': DROP, '*has_more': DROP}


class Scene:
    """`replies`: {(METHOD, path): (class, fixed values) or a reply as it is}. {n} in an argument or
    path is a number that no other call has: replies are cached."""

    def __init__(self, tool, arguments, replies, **options):
        self.tool, self.arguments, self.replies = tool, arguments, replies
        self.fails = options.get('fails', False)    # the answer is an error
        # places that are otherwise left out, and told where something else is missing
        self.instead = options.get('instead', ())
        self.name = f'{tool} {options.get("name", "")}'.strip()


def without(kinds, kept, below=''):
    """All but one of some fields are absent."""
    return {f'{below}{kind}': DROP for kind in kinds if kind != kept}


def clusters():
    one = ('GET', '/api/2.1/clusters/get')
    events = ('POST', '/api/2.1/clusters/events')
    for shape in 'autoscale', 'num_workers':
        other = {'autoscale': 'num_workers', 'num_workers': 'autoscale'}[shape]
        yield Scene('list_clusters', {'limit': 2}, {
            ('GET', '/api/2.1/clusters/list'): ('compute.ListClustersResponse', {
                f'clusters.*.{other}': DROP, '*prev_page_token': DROP})}, name=shape)
        yield Scene('get_cluster_details', {'cluster_id': CLUSTER}, {
            one: ('compute.ClusterDetails', {other: DROP}), events: ('compute.GetEventsResponse', PAGES)},
            name=shape)
    yield Scene('list_cluster_events', {'cluster_id': CLUSTER, 'limit': 2}, {
        events: ('compute.GetEventsResponse', {
            '*prev_page_token': DROP, 'next_page': DROP,
            '*init_scripts.*.status': ('FAILED_EXECUTION', ['FAILED_EXECUTION'])})})


def unity_catalog():
    for plural, kind in (('catalogs', 'Catalogs'), ('schemas', 'Schemas'), ('tables', 'Tables')):
        yield Scene('list_' + plural, {'limit': 2, **({} if plural == 'catalogs' else {
            'catalog_name': 'main'}), **({'schema_name': 'sales'} if plural == 'tables' else {})},
            {('GET', f'{UC}/{plural}'): (f'catalog.List{kind}Response', {})})
    table = {('GET', UC + '/tables/main.sales.t{n}'): ('catalog.TableInfo', {
        '*partition_index': (41, ['partition 42']), 'columns.*.nullable': False})}
    yield Scene('get_table_schema', {'table_name': 'main.sales.t{n}'}, table)
    yield Scene('describe_tables', {'names': ['main.sales.t{n}']}, table)


def warehouses():
    yield Scene('list_sql_warehouses', {'limit': 2}, {
        ('GET', '/api/2.0/sql/warehouses'): ('sql.ListWarehousesResponse', {})})
    yield Scene('start_sql_warehouse', {'warehouse_id': WAREHOUSE, 'wait_s': 10}, {
        ('GET', '/api/2.0/sql/warehouses/' + WAREHOUSE): ('sql.GetWarehouseResponse', {
            'state': ('STOPPED', ['STOPPED'])}),
        ('POST', '/api/2.0/sql/warehouses/' + WAREHOUSE + '/start'): ('sql.StartWarehouseResponse', {})},
        fails=True)
    rows = {'result.data_array': DROP, 'status.state': ('SUCCEEDED', ['rows'])}
    sql = {'sql_query': 'SELECT {n}', 'warehouse_id': WAREHOUSE}
    yield Scene('execute_sql', sql, {
        ('POST', '/api/2.0/sql/statements'): {'statement_id': 's', 'status': {'state': 'PENDING'}},
        ('GET', '/api/2.0/sql/statements/*'): ('sql.StatementResponse', {
        '*next_chunk_index': DROP, **rows,
        'status.error': DROP, 'status.sql_state': DROP, 'manifest.truncated': (True, []),
        'result.data_array': ([['cell-one', 'cell-two']] * 2, ['cell-one']),
        'manifest.total_row_count': (2, ['2']),
        '*chunk_index': 0, '*next_chunk_internal_link': DROP,
        'manifest.total_chunk_count': 1, 'result.external_links': DROP, 'manifest.chunks': DROP,
        'result.row_count': 2, 'manifest.schema.column_count': 2, '*row_offset': 0})}, name='rows')
    yield Scene('execute_sql', sql, {('POST', '/api/2.0/sql/statements'): ('sql.StatementResponse', {
        'status.state': ('FAILED', ['failed', 'FAILED']), 'manifest': DROP, 'result': DROP})},
        fails=True, name='failed')


def files():
    yield Scene('list_files', {'path': 'dbfs:/d{n}', 'limit': 2}, {
        ('GET', '/api/2.0/dbfs/list'): ('files.ListStatusResponse', {
            'files.*.is_dir': (False, [])})})
    yield Scene('list_files', {'path': '/Volumes/main/s/v/d{n}', 'limit': 2}, {
        ('GET', '/api/2.0/fs/directories/Volumes/main/s/v/d{n}'): ('files.ListDirectoryResponse', {
            'contents.*.is_directory': (False, [])})})
    yield Scene('list_files', {'path': '/Volumes/main/s{n}', 'limit': 2}, {
        ('GET', UC + '/volumes'): ('catalog.ListVolumesResponseContent', {})})
    yield Scene('get_file_info', {'path': 'dbfs:/d{n}'}, {
        ('GET', '/api/2.0/dbfs/get-status'): ('files.FileInfo', {
            'is_dir': (False, []), 'path': '/d'})})
    yield Scene('get_file_info', {'path': '/Volumes/main/s/v/f{n}'}, {
        ('HEAD', '/api/2.0/fs/files/Volumes/main/s/v/f{n}'): ('files.GetMetadataResponse', {
            'last-modified': ('Wed, 11 Nov 2026 10:11:12 GMT', ['2026-11-11T10:11:12Z'])})},
        name='volume')
    yield Scene('read_file', {'path': 'dbfs:/d{n}'}, {
        ('GET', '/api/2.0/dbfs/get-status'): {'path': '/d{n}', 'is_dir': False, 'file_size': 11},
        ('GET', '/api/2.0/dbfs/read'): ('files.ReadResponse', {
            'bytes_read': 11, 'data': ('Y2FuYXJ5LXJlYWQ=', ['canary-read'])})})


def big_write():
    """What is longer than a block is written through a handle."""
    yield Scene('write_file', {'path': 'dbfs:/d{n}', 'content': 'x' * 1200000}, {
        ('GET', '/api/2.0/dbfs/get-status'): (404, {'error_code': 'RESOURCE_DOES_NOT_EXIST'}),
        ('POST', '/api/2.0/dbfs/create'): ('files.CreateResponse', {}),
        ('POST', '/api/2.0/dbfs/add-block'): {}, ('POST', '/api/2.0/dbfs/close'): {}})


def job_settings(kind, below):
    """Settings of a job whose tasks are all of one kind."""
    tasks = f'{below}*.'
    return {**PAGES, **without(KINDS, kind, tasks),
            **without(KINDS, 'notebook_task', tasks + 'for_each_task.task.'),
            f'*{"autoscale" if kind == "spark_python_task" else "num_workers"}': DROP,
            **({f'{tasks}{compute}': DROP for compute in COMPUTE} if kind == 'for_each_task' else {}),
            **(without(['file', 'query', 'alert', 'dashboard'], 'file', tasks + 'sql_task.')
               if kind == 'sql_task' else {})}


def jobs():
    api = '/api/2.2/jobs/'
    yield Scene('list_jobs', {'limit': 2}, {
        ('GET', api + 'list'): ('jobs.ListJobsResponse', {
            '*prev_page_token': DROP, '*has_more': DROP,
            **{f'*settings.{field}': DROP for field in ('continuous', 'trigger', 'triggers')}})})
    for kind in KINDS:
        yield Scene('get_job_details', {'job_id': NUMBER}, {
            ('GET', api + 'get'): ('jobs.Job', {
                **job_settings(kind, 'settings.tasks.'),
                'settings.tasks.*.max_retries': 3})}, name=kind)
        yield Scene('get_job_run', {'run_id': NUMBER}, {
            ('GET', api + 'runs/get'): ('jobs.Run', {
                **job_settings(kind, 'tasks.'), **job_settings(kind, 'iterations.')})}, name=kind)
    yield Scene('list_job_runs', {'limit': 2}, {
        ('GET', api + 'runs/list'): ('jobs.ListRunsResponse', {
            '*prev_page_token': DROP, '*has_more': DROP})})
    yield Scene('list_pipelines', {'max_results': 2}, {
        ('GET', '/api/2.0/pipelines'): ('pipelines.ListPipelinesResponse', {
            '*latest_updates.1': DROP})})    # newest first; the list tells that one
    for output in OUTPUTS:
        yield Scene('get_run_output', {'run_id': NUMBER}, {
            ('GET', api + 'runs/get-output'): ('jobs.RunOutput', {
                **PAGES, **without(OUTPUTS, output)})}, name=output)
    page = '<html><body><pre class="output">canary-printed</pre></body></html>'
    yield Scene('get_run_output', {'run_id': NUMBER}, {
        ('GET', api + 'runs/get-output'): {
            'metadata': {'run_id': 1, 'state': {'life_cycle_state': 'TERMINATED', 'result_state': 'SUCCESS'},
                         'tasks': [{'notebook_task': {'notebook_path': '/n'}}]},
            'notebook_output': {}},
        ('GET', api + 'runs/export'): ('jobs.ExportRunOutput', {
            'views.1': DROP, 'views.0.type': 'NOTEBOOK', 'views.0.content': (page, ['canary-printed'])})},
        name='printed')
    yield Scene('run_job_now', {'job_id': NUMBER, 'wait_s': 0}, {
        ('POST', api + 'run-now'): ('jobs.RunNowResponse', {}),
        ('GET', api + 'runs/get'): {'run_id': 1, 'state': {'life_cycle_state': 'PENDING'}}})


def mlflow():
    api = '/api/2.0/mlflow/'
    yield Scene('list_mlflow_experiments', {'max_results': 2}, {
        ('POST', api + 'experiments/search'): ('ml.SearchExperimentsResponse', {})})
    yield Scene('list_mlflow_runs', {'experiment_id': '/Users/e{n}', 'max_results': 2}, {
        ('GET', api + 'experiments/get-by-name'): ('ml.GetExperimentByNameResponse', {}),
        ('POST', api + 'runs/search'): ('ml.SearchRunsResponse', {})})
    yield Scene('get_mlflow_run_details', {'run_id': 'canary{n}'}, {
        ('GET', api + 'runs/get'): ('ml.GetRunResponse', {}),
        ('GET', api + 'artifacts/list'): ('ml.ListArtifactsResponse', {})})
    yield Scene('list_registered_models', {'max_results': 2}, {
        ('GET', UC + '/models'): ('catalog.ListRegisteredModelsResponse', {
            'next_page_token': ('canary-next', ['ucanary-next'])})}, name='catalog')
    yield Scene('list_registered_models', {'max_results': 2, 'page_token': 'w'}, {
        ('GET', api + 'registered-models/search'): ('ml.SearchModelsResponse', {
            'next_page_token': ('canary-next', ['wcanary-next'])})}, name='workspace')
    yield Scene('get_model_version_details', {'model_name': 'main.s.m{n}', 'version': '3'}, {
        ('GET', UC + '/models/main.s.m{n}/versions/3'): ('catalog.ModelVersionInfo', {})},
        name='catalog')
    yield Scene('get_model_version_details', {'model_name': 'm{n}', 'version': '3'}, {
        ('GET', api + 'model-versions/get'): ('ml.GetModelVersionResponse', {})}, name='workspace')
    missing = {'error_code': 'RESOURCE_DOES_NOT_EXIST', 'message': 'no such version'}
    yield Scene('get_model_version_details', {'model_name': 'main.s.m{n}', 'version': '3'}, {
        ('GET', UC + '/models/main.s.m{n}/versions/3'): (404, missing),
        ('GET', UC + '/models/main.s.m{n}/versions'): ('catalog.ListModelVersionsResponse', {})},
        name='catalog, missing', fails=True)
    yield Scene('get_model_version_details', {'model_name': 'm{n}', 'version': '3'}, {
        ('GET', api + 'model-versions/get'): (404, missing),
        ('GET', api + 'model-versions/search'): ('ml.SearchModelVersionsResponse', {})},
        name='workspace, missing', fails=True)


def serving():
    served = ['external_model', 'foundation_model', 'entity_name']
    for kind in served:
        fixed = without(served, kind, '*.served_entities.*.')
        if kind != 'entity_name':
            fixed['*.entity_version'] = DROP
        yield Scene('list_serving_endpoints', {}, {
            ('GET', '/api/2.0/serving-endpoints'): ('serving.ListEndpointsResponse', fixed)}, name=kind)
    answers = ['choices', 'data', 'outputs', 'predictions']
    for kind, other in [(kind, 'text') for kind in answers] + [('choices', 'message')]:
        yield Scene('query_model_serving_endpoint', {
            'endpoint_name': 'e{n}', 'input_data': {'messages': [{'role': 'user', 'content': 'x'}]}}, {
            ('POST', '/serving-endpoints/e{n}/invocations'): ('serving.QueryEndpointResponse', {
                **without(answers, kind), f'choices.*.{other}': DROP,
                '*.embedding': ([0.5, 0.25], ['0.5', '0.5,'])})}, name=f'{kind} without {other}')


def vectors():
    api = '/api/2.0/vector-search/'
    for kind in 'delta_sync_index_spec', 'direct_access_index_spec':
        fixed = {'status.ready': (False, []), 'direct_access_index_spec.schema_json':
                 ('{"canary-column": "string"}', ['canary-column']),
                 '*.embedding_source_columns.1': DROP, '*.embedding_vector_columns.1': DROP,
                 **without(['delta_sync_index_spec', 'direct_access_index_spec'], kind)}
        yield Scene('list_vector_indexes', {'limit': 2}, {
            ('GET', api + 'endpoints'): ('vectorsearch.ListEndpointResponse', {'endpoints.1': DROP}),
            ('GET', api + 'indexes'): ('vectorsearch.ListVectorIndexesResponse', {
                'vector_indexes.1': DROP}),
            ('GET', api + 'indexes/*'): ('vectorsearch.VectorIndex', fixed)}, name=kind)
    yield Scene('query_vector_index', {'index_name': 'main.s.i{n}', 'query_text': 'x',
                                       'columns': ['a', 'b'], 'num_results': 2}, {
        ('POST', api + 'indexes/main.s.i{n}/query'): ('vectorsearch.QueryVectorIndexResponse', {})})
    for status in 'SUCCESS', 'FAILURE':
        failed = {'result.failed_primary_keys': DROP} if status == 'SUCCESS' else {}
        yield Scene('add_to_vector_index', {'index_name': 'main.s.i{n}', 'primary_key': 'a',
                                            'documents': [{'a': 1}]}, {
            ('POST', api + 'indexes/main.s.i{n}/upsert-data'): ('vectorsearch.UpsertDataVectorIndexResponse', {
                'status': (status, ['did not go', 'not', 'went']), **failed})},
            fails=status == 'FAILURE', name=status)


def secrets():
    api = '/api/2.0/secrets/'
    yield Scene('list_secret_scopes', {}, {
        ('GET', api + 'scopes/list'): ('workspace.ListScopesResponse', {})})
    yield Scene('list_secrets', {'scope_name': 's{n}'}, {
        ('GET', api + 'list'): ('workspace.ListSecretsResponse', {})})
    yield Scene('get_secret', {'scope_name': 'app', 'key': 'k{n}'}, {
        ('GET', api + 'get'): ('workspace.GetSecretResponse', {
            'value': ('Y2FuYXJ5LXNlY3JldA==', ['canary-secret'])})})


def workspace():
    api = '/api/2.0/workspace/'
    yield Scene('list_workspace_items', {'path': '/d{n}', 'limit': 2}, {
        ('GET', api + 'list'): ('workspace.ListResponse', {})})
    yield Scene('get_workspace_item', {'path': '/d{n}'}, {
        ('GET', api + 'get-status'): ('workspace.ObjectInfo', {})})
    yield Scene('list_repos', {'path_prefix': '/Repos/d{n}'}, {
        ('GET', '/api/2.0/repos'): ('workspace.ListReposResponse', PAGES)})
    yield Scene('get_repo_status', {'repo_id': NUMBER}, {
        ('GET', '/api/2.0/repos/' + NUMBER): ('workspace.GetRepoResponse', {})})


def code():
    api = '/api/1.2/'
    for kind in 'text', 'table', 'image', 'images', 'error':
        fixed = {'results.resultType': kind, 'status': 'Finished', 'results.schema': DROP,
                 'results.truncated': False}
        if kind == 'table':
            fixed.update({'results.schema': ([{'name': 'canary-column'}], ['canary-column']),
                          'results.data': ([['canary-cell']], ['canary-cell']),
                          'results.truncated': (True, [])})
        yield Scene('execute_code', {'code': 'x', 'cluster_id': CLUSTER, 'keep_context': True,
                                     'wait_s': 10}, {
            ('POST', api + 'contexts/create'): ('compute.Created', {}),
            ('GET', api + 'contexts/status'): ('compute.ContextStatusResponse', {'status': 'Running'}),
            ('POST', api + 'commands/execute'): {'id': 'command'},
            ('GET', api + 'commands/status'): ('compute.CommandStatusResponse', fixed),
            ('GET', '/api/2.1/clusters/get'): {'cluster_id': 'x', 'state': 'RUNNING'},
            ('POST', api + 'contexts/destroy'): {}}, name=kind, fails=kind == 'error')
    yield Scene('run_notebook', {'notebook_path': '/n{n}', 'wait_s': 0}, {
        ('GET', '/api/2.0/workspace/get-status'): {'path': '/n', 'object_type': 'NOTEBOOK'},
        ('POST', '/api/2.2/jobs/runs/submit'): ('jobs.SubmitRunResponse', {}),
        ('GET', '/api/2.2/jobs/runs/get'): {'run_id': 1, 'state': {'life_cycle_state': 'PENDING'}}})


def run_without(missing, told, beside=(), api='/api/2.2/jobs/'):
    """Older and newer replies say the state in two ways, and each may be missing. `beside`: what one
    run tells, and lists do not."""
    name = 'without ' + ', '.join(missing)
    for below in '', 'tasks.*.':
        yield Scene('get_job_run', {'run_id': NUMBER}, {('GET', api + 'runs/get'): ('jobs.Run', {
            **job_settings('notebook_task', 'tasks.'), **job_settings('notebook_task', 'iterations.'),
            **{below + field: DROP for field in missing}})},
            instead=[below + field for field in [*told, *beside]], name=f'{below}{name}')
    yield Scene('list_job_runs', {'limit': 2}, {('GET', api + 'runs/list'): ('jobs.ListRunsResponse', {
        **PAGES, **{'runs.*.' + field: DROP for field in missing}})},
        instead=['runs.*.' + field for field in told], name=name)
    yield Scene('get_run_output', {'run_id': NUMBER}, {
        ('GET', api + 'runs/get-output'): ('jobs.RunOutput', {
            **PAGES, **{'metadata.' + field: DROP for field in missing}, **without(OUTPUTS, 'sql_output')})},
        instead=['metadata.' + field for field in told], name=name)


def stand_ins():
    """What is told only where something better is missing."""
    end = 'status.termination_details'
    yield from run_without(['state'], [end + '.code', end + '.message'],
                           ['status.queue_details.message'])
    yield from run_without(['state', end], ['status.state', 'status.queue_details.message'])
    yield from run_without(['state', end, 'status.queue_details.message'],
                           ['status.state', 'status.queue_details.code'])
    yield from run_without(['state.result_state', 'status', 'state.state_message'],
                           ['state.life_cycle_state', 'state.queue_reason'])
    yield Scene('get_job_run', {'run_id': NUMBER}, {('GET', '/api/2.2/jobs/runs/get'): ('jobs.Run', {
        **job_settings('notebook_task', 'tasks.'), 'iterations': DROP, 'job_parameters.*.value': DROP})},
        instead=['job_parameters.*.default'], name='without value')
    yield Scene('list_sql_warehouses', {'limit': 2}, {
        ('GET', '/api/2.0/sql/warehouses'): ('sql.ListWarehousesResponse', {
            '*.health.summary': DROP, '*.health.details': DROP, '*.health.failure_reason': DROP})},
        instead=['warehouses.*.health.message'], name='without summary')
    yield Scene('get_table_schema', {'table_name': 'main.sales.t{n}'}, {
        ('GET', UC + '/tables/main.sales.t{n}'): ('catalog.TableInfo', {'columns.*.type_text': DROP})},
        instead=['columns.*.type_name'], name='without type_text')
    served = 'endpoints.*.config.served_entities.*.'
    for missing, told in (
            (['entity_name', 'entity_version', 'external_model', 'foundation_model.name'],
             served + 'foundation_model.display_name'),
            (['entity_name', 'entity_version', 'external_model', 'foundation_model'], served + 'name')):
        yield Scene('list_serving_endpoints', {}, {
            ('GET', '/api/2.0/serving-endpoints'): ('serving.ListEndpointsResponse', {
                served + field: DROP for field in missing})}, instead=[told], name='without ' + missing[-1])
    yield Scene('list_serving_endpoints', {}, {
        ('GET', '/api/2.0/serving-endpoints'): ('serving.ListEndpointsResponse', {
            '*.served_entities': DROP})}, instead=[
            f'endpoints.*.config.served_models.*.model_{word}' for word in ('name', 'version')],
        name='without served_entities')


def all_scenes():
    for part in (clusters, unity_catalog, warehouses, files, big_write, jobs, mlflow, serving, vectors, secrets,
                 workspace, code, stand_ins):
        yield from part()
