# The plugin layer over real registry, calls and egress, with plugins of this build.
set(plugin_core plugin registry call egress upstream config base)
lakehost_unit_test(manifest SOURCES test_manifest.c plugin_files.c CORE ${plugin_core})
lakehost_unit_test(channel SOURCES test_channel.c CORE ${plugin_core} LABELS concurrency)
lakehost_unit_test(loader SOURCES test_loader.c plugin_files.c CORE ${plugin_core})
lakehost_unit_test(prompt_files SOURCES test_prompt_files.c folder.c CORE ${plugin_core})
lakehost_unit_test(worker SOURCES test_worker.c worker_bench.c plugin_files.c CORE ${plugin_core}
	LABELS concurrency)

# A worker that lies, in the ways of its names.
add_executable(lying-worker lying_worker.c)
target_compile_definitions(lying-worker PRIVATE LAKEHOST_CORE)
target_include_directories(lying-worker PRIVATE ${PROJECT_SOURCE_DIR}/core
	${PROJECT_SOURCE_DIR}/sdk/include)
foreach(lie garbage type length mixed early version host result outcome fetch quit)
	add_custom_command(TARGET lying-worker POST_BUILD COMMAND ${CMAKE_COMMAND} -E create_symlink
		lying-worker $<TARGET_FILE:lying-worker>-${lie} VERBATIM)
endforeach()

foreach(name manifest loader worker)
	if(TARGET test_${name})
		target_compile_definitions(test_${name} PRIVATE
			PLUGINS="${PROJECT_BINARY_DIR}/tests/plugins"
			WORKER="$<TARGET_FILE:lakehost-worker>"
			LIAR="$<TARGET_FILE:lying-worker>")
		add_dependencies(test_${name} lakehost-worker lying-worker bad-plugins plugin-fixture
			plugin-mortal)
	endif()
endforeach()
