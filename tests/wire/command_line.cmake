# The command line, on a pipe and on a terminal.
if(TARGET lakehost AND TARGET lakehost-sandbox AND TARGET plugin-fixture AND TARGET plugin-compute)
	find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)
	add_test(NAME wire.command_line COMMAND Python3::Interpreter -B
		${CMAKE_CURRENT_SOURCE_DIR}/command_line.py $<TARGET_FILE:lakehost>
		$<TARGET_FILE:plugin-fixture> $<TARGET_FILE_DIR:plugin-compute>
		$<TARGET_FILE:lakehost-sandbox> ${PROJECT_SOURCE_DIR}/etc)
	set_tests_properties(wire.command_line PROPERTIES LABELS wire)
endif()

# Broken set-ups: what check says, beside what serve says.
if(TARGET lakehost AND TARGET plugin-compute AND TARGET plugin-bad_row)
	add_test(NAME wire.check COMMAND Python3::Interpreter -B
		${CMAKE_CURRENT_SOURCE_DIR}/check.py $<TARGET_FILE:lakehost>
		$<TARGET_FILE_DIR:plugin-compute> $<TARGET_FILE_DIR:plugin-bad_row>)
	set_tests_properties(wire.check PROPERTIES LABELS wire)
endif()
