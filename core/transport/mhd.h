/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The code that depends on internals of libmicrohttpd (MHD), not only on its manual. All of it is
 * in mhd.c. It is valid for 0.9.75, 0.9.76, 0.9.77, 1.0.0 and 1.0.1; tests/wire/microhttpd builds
 * and tests each of them (Debian 12 has 0.9.75, Debian 13 has 1.0.1):
 *
 * 1. It reads sockets with recv(), flags 0, and with gnutls_record_recv() for TLS. The dynamic
 *    linker binds both, so the gate (http_gate.h) can replace them.
 * 2. The values of header fields are in its receive buffer, NUL-terminated and writable.
 * 3. It forgets a connection that closes while its answer is being made, unless the connection
 *    has its own time-out. 1.0 sets one only while the connection is not suspended.
 * 4. It uses edge-triggered polling and stops reading at a short read.
 * 5. With MHD_USE_TURBO, shutdown() is our task, and its limit of connections includes those that
 *    it must still clean up.
 * 6. It takes from the pool of a connection: the header, each cookie line a second time,
 *    GATE_PART for each field, cookie and argument of the query, and less than MHD_POOL_REST for
 *    everything else.
 * 7. The pool of a connection is one block of memory, aligned to 16 bytes. Its receive buffer
 *    begins where the pool begins, and there a request line begins that has no empty line before
 *    it. So the name of the method is at the beginning of the pool. After a request, until a byte
 *    of the next one is read, nothing in the pool has a meaning, and MHD has filled it with zeros.
 *
 * Where MHD would answer with its own text (HTML), the gate refuses first, with our text.
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
/* From now on MHD of `http` (NULL: of no server) runs on this thread. Returns the previous one. */
struct http *mhd_reading(struct http *http);
/* From now on, or no longer, the bytes that MHD reads for this connection pass the gate. */
void mhd_watch(struct http *http, struct http_connection *connection);
void mhd_unwatch(struct http *http, const struct http_connection *connection);
/* Called when a request has ended: has the gate refused the next one meanwhile? */
void mhd_completed(struct http_connection *connection);
/* Prevents MHD from forgetting a connection whose request must wait. False when MHD may still
 * forget it. */
void mhd_attend(struct http_connection *connection, bool attend);
/* Did a close arrive together with the last bytes, so that MHD has not noticed it? A later close
 * produces an event. */
bool mhd_missed_close(const struct http_connection *connection);
/* A request has begun; MHD has its method at `method`. */
void mhd_busy(struct http_connection *connection, const char *method);
/* The connection is idle: gives the pages of its pool back to the system. They are zeros again when
 * MHD uses them next. Does nothing when a part of a request was read. */
void mhd_rest(struct http_connection *connection);
/* Cuts the white space after a value (RFC 9110, 5.5), which MHD leaves there. */
void mhd_trim(const char *value, size_t len);
/* Writes without MHD. MHD must not be in the middle of an answer. Bytes that do not fit are
 * lost. */
void mhd_write(const struct http_connection *connection, const char *data, size_t len);

#endif
