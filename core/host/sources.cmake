lakehost_core(host SOURCES apply.c documents.c faults.c fixed.c gauges.c generation.c host.c limiting.c notify.c recording.c
	reload.c reports.c running.c tracing.c)
