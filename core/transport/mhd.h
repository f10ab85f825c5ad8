/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What relies on the inside of libmicrohttpd (MHD), and not on what its manual promises. All of it
 * stands in mhd.c, and holds for 0.9.75, 0.9.76, 0.9.77, 1.0.0 and 1.0.1, each of which has been
 * tested (tests/wire/microhttpd builds and tests them; Debian 12 has 0.9.75, Debian 13 1.0.1):
 *
 * 1. It reads sockets with recv(), flags 0, and with gnutls_record_recv() where there is TLS, both
 *    bound by the dynamic linker. So the gate (http_gate.h) can stand in between.
 * 2. The values of header fields stand in its receive buffer, NUL-terminated and writable.
 * 3. It forgets a connection that closes while its answer is being made, unless that connection
 *    has a time-out of its own. 1.0 sets one only while the connection is not suspended.
 * 4. It polls by edges and stops reading at a short read.
 * 5. MHD_USE_TURBO leaves shutdown() to us, and its limit of connections counts those that it has
 *    still to clean up.
 * 6. Of its pool of a connection it takes the head, each cookie line once more, GATE_PART for each
 *    field, cookie and argument of the query, and less than MHD_POOL_REST beside.
 *
 * Where MHD would answer in its own words (HTML), the gate refuses first, with ours.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_MHD_H
#define CORE_TRANSPORT_MHD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define MHD_POOL_REST 512u

struct config;
struct config_listener;
struct http;
struct http_connection;
struct http_listener;

/* Bytes of the pool that MHD has for each connection. */
size_t mhd_pool(const struct config *config);
/* Starts the daemon of a listener; false with `why`. */
bool mhd_start(struct http_listener *listener, const struct config_listener *config, char *why,
	       size_t why_size);
/* MHD of `http` (or of nobody) runs on this thread from now on; returns the previous one. */
struct http *mhd_reading(struct http *http);
/* From now on, or no longer, the bytes that MHD reads for this connection go through its gate. */
void mhd_watch(struct http *http, struct http_connection *connection);
void mhd_unwatch(struct http *http, const struct http_connection *connection);
/* A request has ended: was the next one refused meanwhile? */
void mhd_completed(struct http_connection *connection);
/* Prevents MHD from forgetting a connection whose request must wait; false: it may. */
void mhd_attend(struct http_connection *connection, bool attend);
/* Did a close arrive together with the last bytes, so that MHD has not noticed it? Later ones make
 * an edge. */
bool mhd_missed_close(const struct http_connection *connection);
/* Cuts the white space after a value (RFC 9110, 5.5), which MHD leaves there. */
void mhd_trim(const char *value, size_t len);
/* Writes without MHD, which must not be in the middle of an answer. Bytes that do not fit are
 * lost. */
void mhd_write(const struct http_connection *connection, const char *data, size_t len);

#endif
