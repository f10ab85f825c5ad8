# Upstreams with HTTP/2; needs Node (tests/setup --node, or the system's) and is skipped without it.
if(TARGET lakehost AND TARGET plugin-compute)
	add_test(NAME wire.http2 COMMAND Python3::Interpreter -B
		${CMAKE_CURRENT_SOURCE_DIR}/http2.py $<TARGET_FILE:lakehost>
		$<TARGET_FILE_DIR:plugin-compute> ${PROJECT_SOURCE_DIR}/build/node/bin/node)
	set_tests_properties(wire.http2 PROPERTIES LABELS wire SKIP_RETURN_CODE 77)
endif()
