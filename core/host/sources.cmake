lakehost_core(host SOURCES host.c)
