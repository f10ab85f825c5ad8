# Subscriptions on the local workspace: what is polled, and for how many.
if(TARGET lakehost AND TARGET plugin-compute AND TARGET lakehost-sandbox)
	add_test(NAME wire.watches COMMAND Python3::Interpreter -B
		${CMAKE_CURRENT_SOURCE_DIR}/watches.py $<TARGET_FILE:lakehost>
		$<TARGET_FILE_DIR:plugin-compute> $<TARGET_FILE:lakehost-sandbox>)
	set_tests_properties(wire.watches PROPERTIES LABELS wire)
endif()
