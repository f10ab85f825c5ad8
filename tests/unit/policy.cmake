lakehost_unit_test(sql SOURCES test_sql.c CORE sql base)
# The plugin layer is the test's.
lakehost_unit_test(policy SOURCES test_policy.c registry_helper.c CORE policy registry base)
