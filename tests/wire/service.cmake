# The whole host under a service manager: sockets, messages and credentials that it passes.
if(TARGET lakehost AND TARGET plugin-data)
	find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
	add_test(NAME wire.service COMMAND Python3::Interpreter -B
		${CMAKE_CURRENT_SOURCE_DIR}/service.py $<TARGET_FILE:lakehost> $<TARGET_FILE:plugin-data>)
	set_tests_properties(wire.service PROPERTIES LABELS wire)
endif()
