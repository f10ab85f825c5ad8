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
#include "config/config.h"
#include "egress/limits.h"
#include "egress/transfer_file.h"

#define DISK_CHUNK (256u << 10) /* bytes that are read or written at a time */

enum disk_op {
	DISK_IDLE,
	DISK_OPEN,
	DISK_READ,
	DISK_WRITE,
	DISK_RESTART, /* to empty an output */
	DISK_KEEP,    /* to give an output its name */
	DISK_CLOSE,   /* to close a file; an output that was not kept is removed */
};

struct disk {
	struct pool_job job; /* first */
	struct pool *pool;
	struct strings dirs; /* copies: a thread may read them when the configuration is gone */
	char *path;
	char *of, *suffix; /* `part_of` and `part_suffix` of a file made from parts; or NULL */
	uint32_t part;
	bool output;
	void (*ready)(void *data); /* NULL: the owner is freed, and the file must be closed */
	void *data;

	/* While an operation runs, only its thread may use the following members. */
	enum disk_op op;
	struct transfer_file file;
	enum mcp_status status; /* the status of the first operation that failed */
	char why[EGRESS_WHY_MAX];
	char *chunk; /* number of bytes that were read, or that are being written */
	size_t chunk_len;
	uint64_t chunk_at; /* where these bytes begin in an input */

	bool open;
	char *next; /* for an output: the bytes to write next */
	size_t next_len;
};

struct disk *disk_new(struct pool *pool, const struct strings *dirs, const char *path, bool output,
		      void (*ready)(void *data), void *data);
/* Before the file is opened: an output is one part of it, an input is the joined file. */
void disk_of_parts(struct disk *disk, const char *of, const char *suffix, uint32_t part);
/* Closes the file as soon as no operation runs. `ready` is not called any more. NULL is allowed. */
void disk_release(struct disk *disk);

/* Begins an operation; no other one may be running. Afterwards `status` says whether the path is
 * allowed. */
void disk_begin(struct disk *disk, enum disk_op op);
/* The bytes of an input from `at` on, at least one. 0: they are still being read, or reading
 * failed; `status` has the reason. */
size_t disk_peek(struct disk *disk, uint64_t at, const char **bytes);
/* Takes all the bytes for an output. False: it took no byte, because there is no room until `ready`
 * is called. */
bool disk_put(struct disk *disk, const char *bytes, size_t len);
/* Are all given bytes written? If not, begins to write the rest. */
bool disk_flush(struct disk *disk);

#endif
