lakehost_core(auth SOURCES sql.c)
