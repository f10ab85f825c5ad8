# The plugin layer over real registry, calls and egress, with plugins of this build.
set(plugin_core plugin registry call egress config auth base)
lakehost_unit_test(manifest SOURCES test_manifest.c plugin_files.c CORE ${plugin_core})
lakehost_unit_test(loader SOURCES test_loader.c plugin_files.c CORE ${plugin_core})
lakehost_unit_test(worker SOURCES test_worker.c worker_bench.c plugin_files.c CORE ${plugin_core}
	LABELS concurrency)
foreach(name manifest loader worker)
	if(TARGET test_${name})
		target_compile_definitions(test_${name} PRIVATE
			PLUGINS="${PROJECT_BINARY_DIR}/tests/plugins"
			WORKER="$<TARGET_FILE:lakehost-worker>")
		add_dependencies(test_${name} lakehost-worker bad-plugins plugin-fixture
			plugin-mortal)
	endif()
endforeach()
