# The reload of a whole host. "tests/run --suite reload" makes a thousand reloads.
if(TARGET lakehost AND TARGET plugin-fixture AND TARGET plugin-secrets)
	find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
	add_test(NAME wire.reload COMMAND Python3::Interpreter -B ${CMAKE_CURRENT_SOURCE_DIR}/reload.py
		$<TARGET_FILE:lakehost> $<TARGET_FILE:plugin-fixture> $<TARGET_FILE:plugin-secrets>)
	set_tests_properties(wire.reload PROPERTIES LABELS "wire;concurrency")
endif()
