/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of a transfer, worked on by threads of the pool, so that a slow disk delays no other call.
 * Only one operation runs at a time; `ready` is called on the loop thread when it has ended. All
 * functions are for the loop thread.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_DISK_H
#define CORE_EGRESS_DISK_H

#include "base/pool.h"
#include "egress/limits.h"
#include "egress/transfer_file.h"

#define DISK_CHUNK (256u << 10) /* bytes that are read or written at a time */

enum disk_op {
	DISK_IDLE,
	DISK_OPEN,
	DISK_READ,
	DISK_WRITE,
	DISK_RESTART, /* an output is emptied */
	DISK_KEEP,    /* an output gets its name */
	DISK_CLOSE,   /* and an output that was not kept is removed */
};

struct disk {
	struct pool_job job; /* first */
	struct pool *pool;
	const struct strings *dirs; /* of the configuration */
	char *path;
	bool output;
	void (*ready)(void *data); /* NULL: its owner is gone, and it is to be closed */
	void *data;

	/* While an operation runs, only its thread may use these. */
	enum disk_op op;
	struct transfer_file file;
	enum mcp_status status; /* the status of the first operation that failed */
	char why[EGRESS_WHY_MAX];
	char *chunk; /* that was read, or is being written */
	size_t chunk_len;
	uint64_t chunk_at; /* the offset in an input where it begins */

	bool open;
	char *next; /* of an output: the bytes to write next */
	size_t next_len;
};

struct disk *disk_new(struct pool *pool, const struct strings *dirs, const char *path, bool output,
		      void (*ready)(void *data), void *data);
/* Closes it as soon as no operation runs; `ready` is not called any more. NULL is fine. */
void disk_release(struct disk *disk);

/* Begins; no operation may be running. `status` says afterwards if the path is not allowed. */
void disk_begin(struct disk *disk, enum disk_op op);
/* The bytes of an input from `at` on, at least one; or 0: they are being read, or the input failed,
 * as `status` says. */
size_t disk_peek(struct disk *disk, uint64_t at, const char **bytes);
/* Takes all the bytes for an output, or none: there is no room before `ready`. */
bool disk_put(struct disk *disk, const char *bytes, size_t len);
/* Is all written that was put? Begins to write the rest. */
bool disk_flush(struct disk *disk);

#endif
