lakehost_core(transport
	SOURCES accept.c descriptors.c hangup.c http.c http_access.c http_answer.c http_certificate.c http_connection.c http_exchange.c
		http_gate.c http_head.c http_listener.c http_request.c http_tls.c linger.c listen.c mhd.c
		sse.c stdio.c
	LIBS PkgConfig::MHD)
# Compiled alone: <linux/tcp.h> and <netinet/tcp.h> exclude each other.
set_source_files_properties(transport/http_connection.c PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
