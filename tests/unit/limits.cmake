lakehost_unit_test(limits SOURCES test_limits.c config_rig.c CORE limits upstream config base)
