# Inbound authentication over HTTP: tokens, and the header of a proxy.
if(TARGET lakehost AND TARGET plugin-fixture)
	find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)
	add_test(NAME wire.auth COMMAND Python3::Interpreter -B
		${CMAKE_CURRENT_SOURCE_DIR}/auth.py $<TARGET_FILE:lakehost>
		$<TARGET_FILE:plugin-fixture>)
	set_tests_properties(wire.auth PROPERTIES LABELS wire COST 10)
endif()

# Client certificates.
if(TARGET lakehost AND TARGET plugin-fixture)
	add_test(NAME wire.mtls COMMAND Python3::Interpreter -B
		${CMAKE_CURRENT_SOURCE_DIR}/mtls.py $<TARGET_FILE:lakehost>
		$<TARGET_FILE:plugin-fixture>)
	set_tests_properties(wire.mtls PROPERTIES LABELS wire)
endif()

# Streams that stay open when their token is revoked.
if(TARGET lakehost AND TARGET plugin-fixture)
	add_test(NAME wire.open_streams COMMAND Python3::Interpreter -B
		${CMAKE_CURRENT_SOURCE_DIR}/open_streams.py $<TARGET_FILE:lakehost>
		$<TARGET_FILE:plugin-fixture>)
	set_tests_properties(wire.open_streams PROPERTIES LABELS wire)
endif()
