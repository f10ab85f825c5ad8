# The plugin layer over real registry, calls and egress, with plugins of this build.
set(plugin_core plugin worker module call registry egress upstream config base)
lakehost_unit_test(manifest SOURCES test_manifest.c plugin_files.c CORE ${plugin_core})
lakehost_unit_test(channel SOURCES test_channel.c CORE ${plugin_core} LABELS concurrency)
lakehost_unit_test(facts SOURCES test_facts.c plugin_files.c CORE ${plugin_core})
foreach(name loader loader_files loader_config)
	lakehost_unit_test(${name} SOURCES test_${name}.c loader_rig.c plugin_files.c
		CORE ${plugin_core})
endforeach()
lakehost_unit_test(prompt_files SOURCES test_prompt_files.c folder.c CORE ${plugin_core})
foreach(name worker worker_trust)
	lakehost_unit_test(${name} SOURCES test_${name}.c worker_rig.c plugin_files.c
		CORE ${plugin_core} LABELS concurrency)
endforeach()

# A worker that breaks one rule of the wire: the one that its name ends in.
add_executable(malicious-worker malicious_worker.c)
target_compile_definitions(malicious-worker PRIVATE LAKEHOST_CORE)
target_include_directories(malicious-worker PRIVATE ${PROJECT_SOURCE_DIR}/core
	${PROJECT_SOURCE_DIR}/sdk/src ${PROJECT_SOURCE_DIR}/sdk/include)
foreach(fault garbage type length mixed early version host result outcome fetch quit)
	add_custom_command(TARGET malicious-worker POST_BUILD COMMAND ${CMAKE_COMMAND} -E create_symlink
		malicious-worker $<TARGET_FILE:malicious-worker>-${fault} VERBATIM)
endforeach()

foreach(name facts manifest loader loader_files loader_config worker worker_trust)
	if(TARGET test_${name})
		target_compile_definitions(test_${name} PRIVATE
			PLUGINS="${PROJECT_BINARY_DIR}/tests/plugins"
			WORKER="$<TARGET_FILE:lakehost-worker>"
			MALICIOUS_WORKER="$<TARGET_FILE:malicious-worker>")
		add_dependencies(test_${name} lakehost-worker malicious-worker bad-plugins plugin-fixture
			plugin-crashing_plugin)
	endif()
endforeach()
