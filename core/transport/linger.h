/* SPDX-License-Identifier: Apache-2.0 */
/* Lingering close: an answer to a request that was not read to its end would be lost to a TCP
 * reset if the socket were closed while the peer still sends (RFC 9112, 9.6). */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_LINGER_H
#define CORE_TRANSPORT_LINGER_H

#include <stddef.h>

#define LINGER_MAX 256 /* sockets at a time; beyond, they are simply closed */
#define LINGER_MS 2000 /* how long each is kept at most */

struct loop;
struct lingerer;

struct lingerers {
	struct loop *loop;
	struct lingerer *list;
	size_t n;
};

/* Keeps a duplicate of the socket, closes its sending side, and throws away what arrives until the
 * peer closes too or the time is up. The caller closes its own descriptor. */
void linger_start(struct lingerers *all, int fd);
void linger_fini(struct lingerers *all);

#endif
