# The whole host with a plugin's step that never returns.
if(TARGET lakehost AND TARGET plugin-mortal)
	find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
	add_test(NAME wire.stuck COMMAND Python3::Interpreter -B ${CMAKE_CURRENT_SOURCE_DIR}/stuck.py
		$<TARGET_FILE:lakehost> $<TARGET_FILE:plugin-mortal>)
	set_tests_properties(wire.stuck PROPERTIES LABELS wire)
endif()
