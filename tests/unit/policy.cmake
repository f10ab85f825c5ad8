lakehost_unit_test(sql SOURCES test_sql.c CORE sql base)
lakehost_unit_test(sql_names SOURCES test_sql_names.c CORE sql base)
# The plugin layer is the test's.
lakehost_unit_test(policy SOURCES test_policy.c registry_helper.c CORE policy registry config base)
lakehost_unit_test(policy_rules SOURCES test_policy_rules.c config_rig.c registry_helper.c
	CORE policy registry upstream config base)
lakehost_unit_test(objects SOURCES test_objects.c CORE upstream config base)
