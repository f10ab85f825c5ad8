/* SPDX-License-Identifier: Apache-2.0 */
#include "egress/disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "config/text.h"
#include "egress/parts.h"

static char one_group; /* all files together take at most half of the pool */

/* ---- on a thread of the pool ----------------------------------------------------------------- */

static void
fail_with(struct disk *disk, const char *why)
{
	disk->status = MCP_E_UNAVAILABLE;
	snprintf(disk->why, sizeof(disk->why), "the file could not be transferred: %s", why);
}

static void
open_file(struct disk *disk)
{
	struct parts parts = {
		.dirs = &disk->dirs, .path = disk->path, .of = disk->of, .suffix = disk->suffix
	};

	if (disk->of != NULL && disk->output)
		disk->status =
		    parts_open(&parts, disk->part, &disk->file, disk->why, sizeof(disk->why));
	else if (disk->of != NULL)
		disk->status = parts_read(&parts, &disk->file, disk->why, sizeof(disk->why));
	else
		disk->status =
		    (disk->output ? transfer_file_write
				  : transfer_file_read)(&disk->file, &disk->dirs, disk->path,
							disk->why, sizeof(disk->why));
}

static void
read_chunk(struct disk *disk)
{
	ssize_t got;

	do
		got = pread(disk->file.fd, disk->chunk, DISK_CHUNK, (off_t)disk->chunk_at);
	while (got < 0 && errno == EINTR);
	disk->chunk_len = got > 0 ? (size_t)got : 0;
	if (got <= 0) /* a shorter file is an error, because the length was already announced */
		fail_with(disk, got < 0 ? strerror(errno)
					: "the file became shorter during the transfer");
}

static void
write_chunk(struct disk *disk)
{
	if (!transfer_file_put(&disk->file, disk->chunk, disk->chunk_len))
		disk->status = transfer_failed(disk->path, disk->why, sizeof(disk->why));
	disk->chunk_len = 0;
}

static void
disk_run(struct pool_job *job)
{
	struct disk *disk = (struct disk *)job;

	CHECK(disk->op != DISK_IDLE);
	switch (disk->op) {
	case DISK_IDLE: break;
	case DISK_OPEN: open_file(disk); break;
	case DISK_READ: read_chunk(disk); break;
	case DISK_WRITE: write_chunk(disk); break;
	case DISK_RESTART:
		if (!transfer_file_restart(&disk->file))
			fail_with(disk, strerror(errno));
		break;
	case DISK_KEEP:
		disk->status = transfer_file_keep(&disk->file, disk->why, sizeof(disk->why));
		break;
	case DISK_CLOSE: transfer_file_fini(&disk->file); break;
	}
}

/* ---- on the loop thread ---------------------------------------------------------------------- */

static void
disk_free(struct disk *disk)
{
	CHECK(disk->file.fd < 0 && disk->file.part == NULL);
	strings_fini(&disk->dirs);
	free(disk->path);
	free(disk->of);
	free(disk->suffix);
	free(disk->chunk);
	free(disk->next);
	free(disk);
}

/* The owner is freed. A part of a file keeps all bytes that arrived: the next request continues. */
static void
release_disk(struct disk *disk)
{
	if (disk->open && disk->status == MCP_OK && disk->file.piece != NULL && disk->next_len > 0)
		disk_flush(disk);
	else
		disk_begin(disk, DISK_CLOSE);
}

static void
disk_done(struct pool_job *job)
{
	struct disk *disk = (struct disk *)job;
	enum disk_op op = disk->op;

	CHECK(op != DISK_IDLE);
	disk->op = DISK_IDLE;
	disk->open = disk->open || (op == DISK_OPEN && disk->status == MCP_OK);
	if (op == DISK_CLOSE)
		disk_free(disk);
	else if (disk->ready == NULL)
		release_disk(disk);
	else
		disk->ready(disk->data);
}

/* Called when the host ends: closes the rest of the file here. */
static void
disk_drop(struct pool_job *job)
{
	struct disk *disk = (struct disk *)job;

	transfer_file_fini(&disk->file);
	disk_free(disk);
}

struct disk *
disk_new(struct pool *pool, const struct strings *dirs, const char *path, bool output,
	 void (*ready)(void *data), void *data)
{
	struct disk *disk = xcalloc(1, sizeof(*disk));

	CHECK(pool != NULL);
	disk->job = (struct pool_job){
		.run = disk_run, .done = disk_done, .drop = disk_drop, .group = &one_group
	};
	disk->pool = pool;
	strings_copy(&disk->dirs, dirs);
	disk->path = xstrdup(path);
	disk->output = output;
	disk->ready = ready;
	disk->data = data;
	disk->chunk = xmalloc(DISK_CHUNK);
	disk->next = output ? xmalloc(DISK_CHUNK) : NULL;
	transfer_file_init(&disk->file);
	return disk;
}

void
disk_of_parts(struct disk *disk, const char *of, const char *suffix, uint32_t part)
{
	CHECK(!disk->open && disk->op == DISK_IDLE && disk->of == NULL);
	disk->of = xstrdup(of);
	disk->suffix = suffix != NULL ? xstrdup(suffix) : NULL;
	disk->part = part;
}

void
disk_begin(struct disk *disk, enum disk_op op)
{
	CHECK(disk->op == DISK_IDLE); /* otherwise two threads would use the file at a time */
	CHECK(op == DISK_OPEN || op == DISK_CLOSE || disk->open);
	CHECK(disk->output || (op != DISK_WRITE && op != DISK_RESTART && op != DISK_KEEP));
	if (op == DISK_RESTART)
		disk->next_len = 0;
	disk->op = op;
	pool_submit(disk->pool, &disk->job);
}

void
disk_release(struct disk *disk)
{
	if (disk == NULL)
		return;
	disk->ready = NULL;
	if (disk->op == DISK_IDLE)
		release_disk(disk);
}

size_t
disk_peek(struct disk *disk, uint64_t at, const char **bytes)
{
	CHECK(disk->open && !disk->output);
	if (disk->op != DISK_IDLE || disk->status != MCP_OK)
		return 0;
	if (at < disk->chunk_at || at >= disk->chunk_at + disk->chunk_len) {
		disk->chunk_at = at;
		disk_begin(disk, DISK_READ);
		return 0;
	}
	*bytes = disk->chunk + (at - disk->chunk_at);
	return disk->chunk_len - (size_t)(at - disk->chunk_at);
}

bool
disk_flush(struct disk *disk)
{
	char *written = disk->chunk;

	CHECK(disk->open && disk->output);
	if (disk->op != DISK_IDLE)
		return false;
	if (disk->next_len == 0 || disk->status != MCP_OK)
		return true;
	disk->chunk = disk->next;
	disk->chunk_len = disk->next_len;
	disk->next = written;
	disk->next_len = 0;
	disk_begin(disk, DISK_WRITE);
	return false;
}

bool
disk_put(struct disk *disk, const char *bytes, size_t len)
{
	CHECK(len <= DISK_CHUNK);
	if (disk->next_len + len > DISK_CHUNK)
		disk_flush(disk);
	if (disk->next_len + len > DISK_CHUNK)
		return false;
	memcpy(disk->next + disk->next_len, bytes, len);
	disk->next_len += len;
	disk_flush(disk);
	return true;
}
