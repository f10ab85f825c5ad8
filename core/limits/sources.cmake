# libhiredis is loaded when a store is configured (hiredis_api.c), so only its header is needed here.
lakehost_core(limits SOURCES account.c hiredis_api.c limits.c lookup.c reader.c remote.c rule.c shared.c
		store.c ticket.c tls.c
	LIBS ${CMAKE_DL_LIBS} PkgConfig::CRYPTO)
target_include_directories(core_limits SYSTEM PRIVATE ${HIREDIS_INCLUDE})
# Whoever links one of these gets the limits with it.
foreach(user call config)
	target_sources(core_${user} INTERFACE $<TARGET_OBJECTS:core_limits>)
	target_link_libraries(core_${user} PUBLIC ${CMAKE_DL_LIBS})
endforeach()
