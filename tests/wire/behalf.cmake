# Requests on behalf of users, against the local workspace.
if(TARGET lakehost AND TARGET plugin-compute AND TARGET lakehost-sandbox)
	add_test(NAME wire.behalf COMMAND Python3::Interpreter -B
		${CMAKE_CURRENT_SOURCE_DIR}/behalf.py $<TARGET_FILE:lakehost>
		$<TARGET_FILE_DIR:plugin-compute> $<TARGET_FILE:lakehost-sandbox>)
	set_tests_properties(wire.behalf PROPERTIES LABELS wire COST 15)
endif()
