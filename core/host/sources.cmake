lakehost_core(host SOURCES documents.c host.c notify.c)
