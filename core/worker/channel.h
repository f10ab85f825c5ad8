/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A socket between host and worker, and the frames on it. A message is one frame or, when it is
 * large, several in a row. Anything that breaks the format ends the channel.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_WORKER_CHANNEL_H
#define CORE_WORKER_CHANNEL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/loop.h"
#include "worker/wire.h"

#define CHANNEL_FRAME_MAX (256u << 10) /* most bytes of payload in one frame */
#define CHANNEL_QUEUE_MAX (128u << 20) /* most bytes that wait for a peer that does not read */

/* The bytes on the socket: this header, and `len` bytes. */
struct frame {
	uint32_t magic; /* FRAME_MAGIC */
	uint16_t type;	/* enum wire_type */
	/* FRAME_MORE: the message continues in the next frame, whose header has the same type
	 * and id */
	uint16_t flags;
	uint64_t call;
	uint32_t index, len;
};

#define FRAME_MAGIC 0x4b414c57u
enum { FRAME_MORE = 1u };

_Static_assert(sizeof(struct frame) == 24, "the header of a frame has no gaps");

struct channel_message {
	enum wire_type type;
	uint64_t call;
	uint32_t index;
	const char *data; /* valid until the receiver returns */
	size_t len;
};

enum channel_state {
	CHANNEL_CLOSED,
	CHANNEL_OPEN,
	/* more bytes wait for the peer than allowed; the loop thread closes the socket soon */
	CHANNEL_BROKEN,
};

struct channel {
	struct loop *loop;
	struct loop_watch watch;
	void *data;
	/* On the loop thread. A receiver that rejects a message calls channel_fail(). */
	void (*message)(struct channel *channel, const struct channel_message *message);
	/* The peer has ended or made an error (`why`). Called at most once, on the loop thread. */
	void (*closed)(struct channel *channel, const char *why);

	int fd;		     /* the socket; -1: closed. The loop thread changes it under the lock */
	unsigned generation; /* a number that increases with each socket */
	struct buf in, large;
	/* the header of a message's first frame, while `more` is true */
	struct channel_message first;
	bool more;
	pthread_mutex_t lock; /* protects the following members: any thread may send */
	enum channel_state state;
	struct buf out;
	size_t sent;	     /* of out */
	struct loop_job job; /* asks the loop thread to wait for room */
	bool posted;	     /* `job` is */
};

/* Starts a channel without a socket. The caller has set data, message and closed. */
void channel_init(struct channel *channel, struct loop *loop);
void channel_fini(struct channel *channel); /* frees the channel; no thread may send any more */
/* Takes ownership of a non-blocking stream socket. False when the kernel cannot watch it. */
bool channel_attach(struct channel *channel, int fd);
/* Closes without calling `closed`; another socket may be attached. */
void channel_close(struct channel *channel);
/* Closes and calls `closed`. */
void channel_fail(struct channel *channel, const char *why);
/* Reads what has already arrived, before the peer counts as dead. */
void channel_drain(struct channel *channel);
/* Sends as much as the socket accepts now, and the rest when the socket accepts more. Any
 * thread. */
void channel_send(struct channel *channel, enum wire_type type, uint64_t call, uint32_t index,
		  const void *data, size_t len);

#endif
