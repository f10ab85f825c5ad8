# The whole host under load, told to end.
if(TARGET lakehost AND TARGET lakehost-sandbox AND TARGET plugin-fixture AND TARGET plugin-compute)
	find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
	add_test(NAME wire.drain COMMAND Python3::Interpreter -B ${CMAKE_CURRENT_SOURCE_DIR}/drain.py
		$<TARGET_FILE:lakehost> $<TARGET_FILE:plugin-fixture> $<TARGET_FILE:plugin-compute>
		$<TARGET_FILE:lakehost-sandbox>)
	set_tests_properties(wire.drain PROPERTIES LABELS "wire;concurrency" COST 10)
endif()
