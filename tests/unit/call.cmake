lakehost_unit_test(sdk SOURCES test_sdk.c LIBS lakehost-sdk lakehost-fakehost)
lakehost_unit_test(sdk_json SOURCES test_sdk_json.c LIBS lakehost-sdk lakehost-fakehost)
foreach(part result result_table result_wire result_text result_cells)
	lakehost_unit_test(${part} SOURCES test_${part}.c result_rig.c CORE run base)
endforeach()
lakehost_unit_test(pool SOURCES test_pool.c call_rig.c CORE call base LABELS concurrency)
foreach(part call call_end)
	lakehost_unit_test(${part} SOURCES test_${part}.c call_steps.c call_rig.c CORE call base
		LABELS concurrency LIBS lakehost-sdk)
endforeach()
lakehost_unit_test(operation SOURCES test_operation.c call_rig.c CORE call base LABELS concurrency
	LIBS lakehost-sdk)
lakehost_unit_test(turns SOURCES test_turns.c call_rig.c CORE call base LIBS lakehost-sdk)
lakehost_unit_test(left SOURCES test_left.c call_rig.c CORE call base LIBS lakehost-sdk)
lakehost_unit_test(life SOURCES test_life.c call_rig.c child.c CORE call base LIBS lakehost-sdk)
foreach(part run run_mistakes)
	lakehost_unit_test(${part} SOURCES test_${part}.c run_rig.c CORE run base LIBS lakehost-sdk)
endforeach()

# The rig owns the clock: time goes by only while nobody works.
foreach(name pool call call_end operation turns left life)
	if(TARGET test_${name})
		target_link_options(test_${name} PRIVATE -Wl,--wrap=clock_ms -Wl,--wrap=clock_us
			-Wl,--wrap=epoll_wait)
	endif()
endforeach()

# Counts how much of a long text is searched.
if(TARGET test_result_cells)
	target_link_options(test_result_cells PRIVATE -Wl,--wrap=mask_apply)
endif()
