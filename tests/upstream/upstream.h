/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A misbehaving HTTP server for the tests of egress: on 127.0.0.1, a thread for each connection,
 * any number of requests on it. The path of a request selects what the server does:
 *
 * 	/api/ok			200 {"ok":true}; with ?N=V the header N: V in the reply
 * 	/api/echo		200 with the body of the request
 * 	/api/status/CODE	CODE with a JSON error
 * 	/api/flaky/N/CODE/RA	the first N requests of this path get CODE, with Retry-After: RA
 * 				(none when RA is "-"), then /api/ok
 * 	/api/drop/N		the first N requests are read and reset without a word, then /api/ok
 * 	/api/huge/BYTES		200 with so many bytes
 * 	/api/error/BYTES	400 with so many bytes
 * 	/api/gzip/BYTES		the same, compressed
 * 	/api/cut		closes in the middle of a body whose length was said
 * 	/api/cut-chunked	the same of a chunked body
 * 	/api/reset/BYTES	sends so many bytes of a longer body, then resets
 * 	/api/garbage		something that is not HTTP
 * 	/api/redirect		302 to /login.html?secret=1 on another host
 * 	/api/page		200 text/html
 * 	/api/headers/N		200 with N headers
 * 	/api/long/BYTES		200 with one header of so many bytes
 * 	/api/stall		the head, half of the body, then nothing
 * 	/api/hold		nothing until upstream_release(), then /api/ok
 * 	/api/drip/N		N bytes, a few milliseconds between any two; with /hold
 * 				behind it the second half waits as /api/hold does
 * 	/api/continue		100, 103, then /api/ok
 * 	/api/switch		101, then nothing
 * 	/api/interim/N		103 so many times, then nothing
 * 	/api/close		/api/ok, and closes
 * 	/api/need/VALUE		/api/ok to a request with Authorization: VALUE (_ is a blank), else
 * 				401
 * 	/api/token/SECONDS	an access token for so long: at-1, at-2 and so on; /hold behind it
 * 				waits as /api/hold does */
#ifndef TESTS_UPSTREAM_H
#define TESTS_UPSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct upstream;

/* With `ca_file` it uses TLS, and writes its self-signed certificate for 127.0.0.1 to that file. */
struct upstream *upstream_start(const char *ca_file);
void upstream_stop(struct upstream *upstream);
uint16_t upstream_port(const struct upstream *upstream);
const char *upstream_url(const struct upstream *upstream);
unsigned upstream_connections(struct upstream *upstream); /* accepted so far */
/* Waits until at most this number of connections is open. False when this takes too long. */
bool upstream_alive(struct upstream *upstream, unsigned connections);
unsigned upstream_alive_now(struct upstream *upstream); /* number of open connections */
unsigned upstream_requests(struct upstream *upstream);	/* read so far */
/* Waits until this number of requests was read. False when this takes too long. */
bool upstream_wait(struct upstream *upstream, unsigned requests);
/* Header and body of request i, as they were received; for free(). */
char *upstream_request(struct upstream *upstream, unsigned i);
/* Releases the requests that wait in /api/hold, now and in the future. */
void upstream_release(struct upstream *upstream);

#endif
