# The policy, and principals over HTTP. The commands of the page are run by tests/docs.
if(TARGET lakehost AND TARGET plugin-compute)
	find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)
	add_library(clock_shift MODULE clock_shift.c)
	add_test(NAME wire.confirm COMMAND Python3::Interpreter -B
		${CMAKE_CURRENT_SOURCE_DIR}/confirm.py $<TARGET_FILE:lakehost>
		$<TARGET_FILE_DIR:plugin-compute> $<TARGET_FILE:clock_shift>)
	add_test(NAME wire.ops COMMAND Python3::Interpreter -B
		${CMAKE_CURRENT_SOURCE_DIR}/ops.py ${PROJECT_BINARY_DIR}
		${PROJECT_SOURCE_DIR}/packaging/doc/policy.md)
	set_tests_properties(wire.confirm wire.ops PROPERTIES LABELS wire)
endif()
