lakehost_unit_test(registry SOURCES test_registry.c registry_helper.c CORE registry base)
lakehost_unit_test(row SOURCES test_row.c registry_helper.c CORE registry base)
lakehost_unit_test(schema SOURCES test_schema.c CORE registry base)
lakehost_unit_test(schema_message SOURCES test_schema_message.c CORE registry base)
