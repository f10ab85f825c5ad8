# The plugin layer over real registry, calls and egress, with plugins of this build.
set(plugin_core plugin worker module call registry egress upstream config base)
lakehost_unit_test(manifest SOURCES test_manifest.c plugin_files.c CORE ${plugin_core})
lakehost_unit_test(channel SOURCES test_channel.c CORE ${plugin_core} LABELS concurrency)
lakehost_unit_test(facts SOURCES test_facts.c plugin_files.c CORE ${plugin_core})
lakehost_unit_test(loader SOURCES test_loader.c plugin_files.c CORE ${plugin_core})
lakehost_unit_test(prompt_files SOURCES test_prompt_files.c folder.c CORE ${plugin_core})
lakehost_unit_test(worker SOURCES test_worker.c worker_rig.c plugin_files.c CORE ${plugin_core}
	LABELS concurrency)

# A worker that breaks one rule of the wire: the one that its name ends in.
add_executable(malicious-worker malicious_worker.c)
target_compile_definitions(malicious-worker PRIVATE LAKEHOST_CORE)
target_include_directories(malicious-worker PRIVATE ${PROJECT_SOURCE_DIR}/core
	${PROJECT_SOURCE_DIR}/sdk/src ${PROJECT_SOURCE_DIR}/sdk/include)
foreach(fault garbage type length mixed early version host result outcome fetch quit)
	add_custom_command(TARGET malicious-worker POST_BUILD COMMAND ${CMAKE_COMMAND} -E create_symlink
		malicious-worker $<TARGET_FILE:malicious-worker>-${fault} VERBATIM)
endforeach()

foreach(name facts manifest loader worker)
	if(TARGET test_${name})
		target_compile_definitions(test_${name} PRIVATE
			PLUGINS="${PROJECT_BINARY_DIR}/tests/plugins"
			WORKER="$<TARGET_FILE:lakehost-worker>"
			MALICIOUS_WORKER="$<TARGET_FILE:malicious-worker>")
		add_dependencies(test_${name} lakehost-worker malicious-worker bad-plugins plugin-fixture
			plugin-crashing_plugin)
	endif()
endforeach()
