# The plugin's side of a call is a library of its own: lakehost-worker and the SDK's fake host
# have it too. Whoever links core_call gets it with it.
add_library(core_run OBJECT call/result.c call/result_block.c call/result_wire.c call/run.c
	call/ops.c call/ops_client.c call/requests.c call/table.c call/text.c
	${PROJECT_SOURCE_DIR}/sdk/src/unit.c)
target_compile_definitions(core_run PRIVATE LAKEHOST_CORE)
target_include_directories(core_run PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}
	${PROJECT_SOURCE_DIR}/sdk/include ${PROJECT_BINARY_DIR}/sdk/include
	${PROJECT_SOURCE_DIR}/sdk/src)
target_link_libraries(core_run PUBLIC PkgConfig::JSONC)

lakehost_core(call
	SOURCES call.c calls.c inprocess.c operation.c pool.c progress.c suspend.c
	LIBS m)
target_sources(core_call INTERFACE $<TARGET_OBJECTS:core_run>)
