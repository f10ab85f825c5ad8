# The era layer over real registry and calls; the transports and the plugin layer are the test's.
foreach(name era rounds session subscriptions tasks)
	lakehost_unit_test(${name} SOURCES test_${name}.c era_rig.c era_plugin.c
		CORE era rpc policy registry call egress upstream config base LIBS lakehost-sdk)
endforeach()

# A handle that has expired is one whose clock has gone on.
if(TARGET test_tasks)
	target_link_options(test_tasks PRIVATE -Wl,--wrap=clock_wall_ms)
endif()
