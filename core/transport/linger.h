/* SPDX-License-Identifier: Apache-2.0 */
/* Lingering close: when a socket is closed while the peer still sends, a TCP reset could destroy
 * the answer to a request that was not read to its end (RFC 9112, 9.6). */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_LINGER_H
#define CORE_TRANSPORT_LINGER_H

#include <stddef.h>

#define LINGER_MAX 256 /* most sockets at a time; further ones are closed at once */
#define LINGER_MS 2000 /* longest time that each socket is kept */

struct loop;
struct lingerer;

struct lingerers {
	struct loop *loop;
	struct lingerer *list;
	size_t n;
};

/* Keeps a duplicate of the socket, closes its sending side, and discards input until the peer
 * closes too or the time is over. The caller closes its own descriptor. */
void linger_start(struct lingerers *all, int fd);
void linger_fini(struct lingerers *all);

#endif
