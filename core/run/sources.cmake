# The plugin's side of a call: lakehost-worker and the SDK's fake host have it too.
lakehost_core(run SOURCES result.c result_block.c result_wire.c run.c ops.c ops_client.c requests.c
	table.c table_compact.c table_csv.c table_format.c table_json.c table_last.c table_markdown.c text.c)
target_sources(core_run PRIVATE ${PROJECT_SOURCE_DIR}/sdk/src/unit.c)
set_source_files_properties(${PROJECT_SOURCE_DIR}/sdk/src/unit.c PROPERTIES
	SKIP_UNITY_BUILD_INCLUSION ON)
