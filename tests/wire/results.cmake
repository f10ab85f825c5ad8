# Results in files of the host, with the local workspace.
if(TARGET lakehost AND TARGET plugin-data AND TARGET lakehost-sandbox)
	foreach(isolation none process)
		add_test(NAME wire.results.${isolation} COMMAND Python3::Interpreter -B
			${CMAKE_CURRENT_SOURCE_DIR}/results.py $<TARGET_FILE:lakehost>
			$<TARGET_FILE:lakehost-sandbox> $<TARGET_FILE_DIR:plugin-data> ${isolation})
		set_tests_properties(wire.results.${isolation} PROPERTIES LABELS wire)
		if(NOT LAKEHOST_SANITIZE AND NOT LAKEHOST_FUZZ)
			add_test(NAME wire.results.memory.${isolation} COMMAND Python3::Interpreter -B
				${CMAKE_CURRENT_SOURCE_DIR}/results.py $<TARGET_FILE:lakehost>
				$<TARGET_FILE:lakehost-sandbox> $<TARGET_FILE_DIR:plugin-data>
				${isolation} flat_memory)
			set_tests_properties(wire.results.memory.${isolation} PROPERTIES LABELS wire)
		endif()
	endforeach()
endif()
