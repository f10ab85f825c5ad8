# Every long operation, and every way that its call can end.
if(TARGET lakehost AND TARGET plugin-compute AND TARGET lakehost-sandbox)
	set(words_none)
	set(words_process cancel restart stop)
	foreach(isolation none process)
		add_test(NAME wire.endings.${isolation} COMMAND Python3::Interpreter -B
			${CMAKE_CURRENT_SOURCE_DIR}/endings.py $<TARGET_FILE:lakehost>
			$<TARGET_FILE_DIR:plugin-compute> $<TARGET_FILE:lakehost-sandbox>
			${isolation} ${words_${isolation}})
		set_tests_properties(wire.endings.${isolation} PROPERTIES LABELS wire COST 13)
	endforeach()
endif()
