lakehost_core(call SOURCES call.c calls.c inprocess.c left.c life.c operation.c progress.c report.c spend.c suspend.c turns.c
	LIBS m)
# Whoever links core_call gets the plugin's side of a call with it.
target_sources(core_call INTERFACE $<TARGET_OBJECTS:core_run>)
