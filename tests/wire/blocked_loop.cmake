# The whole host with a plugin's step that never returns.
if(TARGET lakehost AND TARGET plugin-crashing_plugin)
	find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
	add_test(NAME wire.blocked_loop COMMAND Python3::Interpreter -B ${CMAKE_CURRENT_SOURCE_DIR}/blocked_loop.py
		$<TARGET_FILE:lakehost> $<TARGET_FILE:plugin-crashing_plugin>)
	set_tests_properties(wire.blocked_loop PROPERTIES LABELS wire COST 27)
endif()
