lakehost_core(host SOURCES host.c notify.c)
