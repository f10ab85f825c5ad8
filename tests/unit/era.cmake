# The era layer over real registry and calls; the transports and the plugin layer are the test's.
foreach(name era era_methods rounds repeats session streams subscriptions task_ids tasks)
	lakehost_unit_test(${name} SOURCES test_${name}.c era_rig.c era_plugin.c
		CORE era rpc policy registry call egress upstream config base LIBS lakehost-sdk)
endforeach()

# A handle that has expired is one whose clock has gone on.
foreach(name streams task_ids tasks)
	if(TARGET test_${name})
		target_sources(test_${name} PRIVATE later.c)
		target_link_options(test_${name} PRIVATE -Wl,--wrap=clock_wall_ms)
	endif()
endforeach()
