lakehost_unit_test(sql SOURCES test_sql.c CORE config auth upstream egress base)
