# Nothing is started twice, whatever is lost between a request and its reply.
if(TARGET lakehost AND TARGET plugin-compute AND TARGET lakehost-sandbox)
	foreach(isolation none process)
		add_test(NAME wire.repeats.${isolation} COMMAND Python3::Interpreter -B
			${CMAKE_CURRENT_SOURCE_DIR}/repeats.py $<TARGET_FILE:lakehost>
			$<TARGET_FILE_DIR:plugin-compute> $<TARGET_FILE:lakehost-sandbox>
			${isolation})
		set_tests_properties(wire.repeats.${isolation} PROPERTIES LABELS wire)
	endforeach()
endif()
