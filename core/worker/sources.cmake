# What host and lakehost-worker say to each other; then the host's side.
lakehost_core(wire FOLDER worker SOURCES channel.c wire.c wire_http.c wire_step.c LIBS m)
lakehost_core(worker SOURCES output.c process.c remote.c replies.c worker.c)
target_sources(core_worker INTERFACE $<TARGET_OBJECTS:core_wire>)
set_property(SOURCE worker/worker.c worker/process.c APPEND PROPERTY COMPILE_DEFINITIONS
	LAKEHOST_WORKER_PROGRAM="${CMAKE_INSTALL_FULL_LIBEXECDIR}/lakehost/lakehost-worker")
