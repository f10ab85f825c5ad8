# Queries of kept results, compared with SQLite and Python's decimal numbers.
if(TARGET lakehost AND TARGET plugin-data)
	find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
	foreach(isolation none process)
		add_test(NAME wire.queries.${isolation} COMMAND Python3::Interpreter -B
			${CMAKE_CURRENT_SOURCE_DIR}/queries.py $<TARGET_FILE:lakehost>
			$<TARGET_FILE_DIR:plugin-data> ${isolation})
		set_tests_properties(wire.queries.${isolation} PROPERTIES LABELS wire)
	endforeach()
endif()
