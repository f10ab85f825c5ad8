# How each operation ends, for each state of the platform.
if(TARGET lakehost AND TARGET plugin-compute)
	foreach(isolation none process)
		add_test(NAME wire.operations.${isolation} COMMAND Python3::Interpreter -B
			${CMAKE_CURRENT_SOURCE_DIR}/operations.py $<TARGET_FILE:lakehost>
			$<TARGET_FILE_DIR:plugin-compute> ${isolation})
		set_tests_properties(wire.operations.${isolation} PROPERTIES LABELS wire)
	endforeach()
endif()
