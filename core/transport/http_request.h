/* SPDX-License-Identifier: Apache-2.0 */
/* A request from its line to its delivery: the functions that MHD calls. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_HTTP_REQUEST_H
#define CORE_TRANSPORT_HTTP_REQUEST_H

#include <microhttpd.h>

/* The request line was read. */
void *http_on_line(void *cls, const char *uri, struct MHD_Connection *mhd);
/* The header was read; then each piece of the body; then its end. */
enum MHD_Result http_on_request(void *cls, struct MHD_Connection *mhd, const char *url,
				const char *method, const char *version, const char *upload,
				size_t *size, void **request);
/* It was answered, or its connection ends. */
void http_on_completed(void *cls, struct MHD_Connection *mhd, void **request,
		       enum MHD_RequestTerminationCode code);

#endif
