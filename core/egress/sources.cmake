# libcurl is loaded at the first request (curl_api.c), so only its header is needed here.
lakehost_core(egress
	SOURCES attempt.c authorize.c body.c budget.c cache.c crossing.c curl_api.c disk.c egress.c flight.c handle.c multi.c pace.c reply.c
		request.c retry.c secrets.c transfer_file.c parts.c parts_place.c rows.c rows_fast.c file_task.c
		users.c)
target_include_directories(core_egress PRIVATE ${CURL_INCLUDE_DIRS})
