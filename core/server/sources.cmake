set(manifest ${PROJECT_BINARY_DIR}/core/server/manifest.json)
file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/server/*.json
	${CMAKE_CURRENT_SOURCE_DIR}/server/tools/*.json)
add_custom_command(OUTPUT ${manifest}
	COMMAND ${manifest_tool} --version ${PROJECT_VERSION} ${CMAKE_CURRENT_SOURCE_DIR}/server
		${manifest}
	DEPENDS ${files} ${manifest_tool} COMMENT "Manifest of the host's own tools" VERBATIM)
configure_file(server/manifest.S.in ${PROJECT_BINARY_DIR}/core/server/manifest.S @ONLY)
set_source_files_properties(${PROJECT_BINARY_DIR}/core/server/manifest.S
	PROPERTIES OBJECT_DEPENDS ${manifest})
lakehost_core(server SOURCES server.c LIBS lakehost-sdk)
target_sources(core_server PRIVATE ${PROJECT_BINARY_DIR}/core/server/manifest.S)
target_compile_definitions(core_server PRIVATE LAKEHOST_PLUGIN_VERSION="${PROJECT_VERSION}")
