/* SPDX-License-Identifier: Apache-2.0 */
/* The caps of one request and its reply. limits.replies is the cap of all replies together. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_LIMITS_H
#define CORE_EGRESS_LIMITS_H

#define EGRESS_URL_MAX 16384		/* bytes of a whole URL */
#define EGRESS_BODY_MAX (16u << 20)	/* bytes of a request body in memory */
#define EGRESS_VALUE_MAX 8192		/* bytes of one header of a request */
#define EGRESS_HEADERS_MAX 128		/* headers of a reply */
#define EGRESS_HEADER_BYTES (64u << 10) /* bytes of all headers of a request */
#define EGRESS_INTERIM_MAX 16		/* interim replies (1xx) before the reply */
#define EGRESS_ERROR_MAX (64u << 10)	/* bytes of the body of an error reply that are kept */
#define EGRESS_RETRY_AFTER_MAX_MS 60000 /* longest wait that a reply may demand */
#define EGRESS_WHY_MAX 512
/* How a reply may be compressed. Each further decoder would be more code for replies that nobody
 * needs to trust, and no service of a kind that Lakehost knows needs one. */
#define EGRESS_ENCODING "gzip"

#endif
