lakehost_core(host SOURCES documents.c gauges.c host.c notify.c recording.c reports.c tracing.c)
