# nginx and Caddy in front of a host, as administrators.md shows them. tests/setup installs both; one
# that is not installed is skipped.
if(TARGET lakehost AND TARGET plugin-fixture)
	find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
	add_test(NAME wire.proxies COMMAND Python3::Interpreter -B ${CMAKE_CURRENT_SOURCE_DIR}/proxies.py
		$<TARGET_FILE:lakehost> $<TARGET_FILE:plugin-fixture>
		${PROJECT_SOURCE_DIR}/packaging/doc/administrators.md)
	set_tests_properties(wire.proxies PROPERTIES LABELS wire)
endif()
