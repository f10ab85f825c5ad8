# Reads that share a request, and replies that are given again, on the local workspace.
if(TARGET lakehost AND TARGET plugin-compute AND TARGET plugin-data AND TARGET plugin-secrets
   AND TARGET lakehost-sandbox)
	add_test(NAME wire.reuse COMMAND Python3::Interpreter -B
		${CMAKE_CURRENT_SOURCE_DIR}/reuse.py $<TARGET_FILE:lakehost>
		$<TARGET_FILE_DIR:plugin-compute> $<TARGET_FILE:lakehost-sandbox>)
	set_tests_properties(wire.reuse PROPERTIES LABELS wire)
endif()
