lakehost_core(plugin
	SOURCES channel.c code.c configure.c elf.c enabled.c loader.c manifest.c offer.c open.c prompt_files.c
		read.c rename.c trust.c wire.c wire_http.c wire_step.c worker.c worker_output.c worker_replies.c
		worker_runner.c worker_spawn.c
	LIBS ${CMAKE_DL_LIBS})
set_property(SOURCE plugin/worker.c plugin/worker_spawn.c APPEND PROPERTY COMPILE_DEFINITIONS
	LAKEHOST_WORKER_PROGRAM="${CMAKE_INSTALL_FULL_LIBEXECDIR}/lakehost/lakehost-worker")
add_subdirectory(manifest)
