# libcurl is loaded at the first request (curl_api.c), so only its header is needed here.
lakehost_core(egress
	SOURCES permission.c)
target_include_directories(core_egress PRIVATE ${CURL_INCLUDE_DIRS})
