lakehost_core(transport
	SOURCES hangup.c http.c http_accept.c http_access.c http_answer.c http_head.c
		http_request.c linger.c listen.c sse.c stdio.c
	LIBS PkgConfig::MHD)
