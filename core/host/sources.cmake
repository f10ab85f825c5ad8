lakehost_core(host SOURCES documents.c gauges.c host.c limiting.c notify.c recording.c reports.c tracing.c)
