# The transport alone, byte by byte: a server that only echoes, and scripts that talk to it.
if(TARGET core_transport AND TARGET core_base)
	find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
	add_executable(echo_server echo_server.c)
	target_compile_definitions(echo_server PRIVATE LAKEHOST_CORE)
	target_include_directories(echo_server PRIVATE ${PROJECT_SOURCE_DIR}/core
		${PROJECT_SOURCE_DIR}/sdk/src)
	target_link_libraries(echo_server PRIVATE core_transport core_auth core_rpc core_config core_base)
	foreach(name raw_http raw_http_cors raw_http_life raw_http_peers raw_http_tls raw_stdio)
		add_test(NAME wire.${name} COMMAND Python3::Interpreter -B
			${CMAKE_CURRENT_SOURCE_DIR}/${name}.py $<TARGET_FILE:echo_server>)
		set_tests_properties(wire.${name} PROPERTIES LABELS wire)
	endforeach()
endif()
