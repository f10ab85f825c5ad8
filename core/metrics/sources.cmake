lakehost_core(metrics SOURCES metrics.c prometheus.c trace.c )
# Whoever links one of these gets the metrics with it.
foreach(user auth call egress)
	target_sources(core_${user} INTERFACE $<TARGET_OBJECTS:core_metrics>)
endforeach()
