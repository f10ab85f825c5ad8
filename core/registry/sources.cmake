lakehost_core(registry
	SOURCES arguments.c list.c near.c registry.c revision.c row.c row_header.c row_other.c row_task.c row_tool.c
		schema.c schema_check.c schema_fault.c schema_keyword.c schema_pattern.c
		schema_prepare.c schema_time.c schema_value.c
	LIBS m)
