/* SPDX-License-Identifier: Apache-2.0 */
/* The functions that MHD calls for a request, from its request line to its delivery. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_HTTP_REQUEST_H
#define CORE_TRANSPORT_HTTP_REQUEST_H

#include <microhttpd.h>

/* Called when the request line was read. */
void *http_on_line(void *cls, const char *uri, struct MHD_Connection *mhd);
/* Called when the header was read, then for each piece of the body, then at its end. */
enum MHD_Result http_on_request(void *cls, struct MHD_Connection *mhd, const char *url,
				const char *method, const char *version, const char *upload,
				size_t *size, void **request);
/* Called when the request was answered, or its connection ends. */
void http_on_completed(void *cls, struct MHD_Connection *mhd, void **request,
		       enum MHD_RequestTerminationCode code);

#endif
