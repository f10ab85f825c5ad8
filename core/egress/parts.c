/* SPDX-License-Identifier: Apache-2.0 */
#include "egress/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "egress/parts_place.h"
#include "egress/rows.h"

#define LOCK_PAUSES 20
#define LOCK_PAUSE_NS 10000000
#define ROWS_SPEC_MAX (1 << 20) /* bytes of the description of the rows */

/* ---- how far --------------------------------------------------------------------------------- */

static char *
named_part(const char *name, uint32_t number, const char *suffix)
{
	return xprintf("%s.%04u%s", name, number, suffix);
}

static void
count_named(const struct parts_place *place, const char *suffix, struct parts_far *far)
{
	struct stat info;
	char *name;
	bool there;

	for (;; far->count++) {
		name = named_part(place->name, far->count, suffix);
		there = fstatat(place->dir, name, &info, AT_SYMLINK_NOFOLLOW) == 0;
		free(name);
		if (!there)
			return;
		far->bytes += (uint64_t)info.st_size;
	}
}

static void
remove_named(const struct parts_place *place, const char *suffix)
{
	struct parts_far far = { 0 };

	count_named(place, suffix, &far);
	while (far.count-- > 0) {
		char *name = named_part(place->name, far.count, suffix);

		unlinkat(place->dir, name, 0);
		free(name);
	}
}

static bool
is_there(const struct parts_place *place)
{
	struct stat info;

	return fstatat(place->dir, place->name, &info, AT_SYMLINK_NOFOLLOW) == 0;
}

/* How far the file is. Parts that are files of their own belong to this source only if there is a
 * joined file of it, which is then empty. */
static enum mcp_status
how_far(const struct parts_place *place, const struct parts *parts, struct parts_far *far,
	char *why, size_t why_size)
{
	char name[PARTS_NAME_MAX];
	bool begun = far->begun = parts_find(place, name, far);
	bool exists = is_there(place);

	if (parts->suffix != NULL) {
		count_named(place, parts->suffix, far);
		exists = far->count > 0;
	}
	if (!exists || (begun && parts->suffix != NULL))
		return MCP_OK;
	errno = EEXIST;
	return transfer_failed(parts->path, why, why_size);
}

/* ---- joining --------------------------------------------------------------------------------- */

struct joint {
	const struct parts *parts;
	struct parts_place *place;
	int fd;
	char name[PARTS_NAME_MAX]; /* of the joined file */
	struct rows *rows;	   /* or NULL */
	char *piece;		   /* ROWS_FEED_MAX bytes of a part */
	struct buf out;
	char *why;
	size_t why_size;
};

static enum mcp_status
no_disk(const struct joint *joint)
{
	return transfer_failed(joint->parts->path, joint->why, joint->why_size);
}

static bool
put(struct joint *joint, const char *data, size_t len)
{
	struct transfer_file file = { .fd = joint->fd };

	return transfer_file_put(&file, data, len);
}

static enum mcp_status
put_rows(struct joint *joint, const char *data, size_t len)
{
	buf_reset(&joint->out);
	if (!rows_feed(joint->rows, data, len, &joint->out)) {
		snprintf(joint->why, joint->why_size,
			 "a part of %s is not JSON with the rows of the result",
			 joint->parts->path);
		return MCP_E_UPSTREAM;
	}
	return put(joint, joint->out.data, joint->out.len) ? MCP_OK : no_disk(joint);
}

static enum mcp_status
copy_part(struct joint *joint, int from)
{
	enum mcp_status status = MCP_OK;
	ssize_t n;

	if (joint->rows != NULL)
		rows_begin(joint->rows);
	while (status == MCP_OK && (n = read(from, joint->piece, ROWS_FEED_MAX)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return no_disk(joint);
		if (joint->rows != NULL)
			status = put_rows(joint, joint->piece, (size_t)n);
		else if (!put(joint, joint->piece, (size_t)n))
			status = no_disk(joint);
	}
	if (status == MCP_OK && joint->rows != NULL && !rows_end(joint->rows)) {
		snprintf(joint->why, joint->why_size, "a part of %s ends too early",
			 joint->parts->path);
		status = MCP_E_UPSTREAM;
	}
	return status;
}

/* Gives the joined file the name that says how far it is. */
static enum mcp_status
note_far(struct joint *joint, const struct parts_far *far)
{
	char name[PARTS_NAME_MAX];

	snprintf(name, sizeof(name), "%s.%u.%llu.part", joint->place->prefix, far->count,
		 (unsigned long long)far->bytes);
	if (renameat(joint->place->dir, joint->name, joint->place->dir, name) != 0)
		return no_disk(joint);
	strcpy(joint->name, name);
	return MCP_OK;
}

static enum mcp_status
join_one(struct joint *joint, struct parts_far *far)
{
	struct parts_far next = { .count = far->count + 1 };
	char name[PARTS_NAME_MAX];
	enum mcp_status status;
	off_t end;
	int from;

	snprintf(name, sizeof(name), "%s.%u.done", joint->place->prefix, far->count);
	/* a FIFO that another user put there must not hold the thread */
	from = openat(joint->place->dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (from < 0)
		return transfer_failed(joint->parts->path, joint->why, joint->why_size);
	status = copy_part(joint, from);
	close(from);
	end = lseek(joint->fd, 0, SEEK_END);
	if (status == MCP_OK && end >= 0) {
		next.bytes = (uint64_t)end;
		status = note_far(joint, &next);
	}
	if (status != MCP_OK)
		return status;
	*far = next;
	unlinkat(joint->place->dir, name, 0);
	return MCP_OK;
}

static enum mcp_status
join_all(struct joint *joint, uint32_t until, struct parts_far *far)
{
	enum mcp_status status = MCP_OK;

	/* What stands after these bytes is of a part that was not joined completely. */
	if (ftruncate(joint->fd, (off_t)far->bytes) != 0 ||
	    lseek(joint->fd, (off_t)far->bytes, SEEK_SET) < 0)
		return no_disk(joint);
	if (far->count == 0 && joint->rows != NULL) {
		buf_reset(&joint->out);
		rows_head(joint->rows, &joint->out);
		if (ftruncate(joint->fd, 0) != 0 || lseek(joint->fd, 0, SEEK_SET) < 0 ||
		    !put(joint, joint->out.data, joint->out.len))
			return no_disk(joint);
		far->bytes = joint->out.len;
		status = note_far(joint, far);
	}
	while (status == MCP_OK && far->count < until)
		status = join_one(joint, far);
	return status;
}

static char *
kept_text(const struct parts_place *place, const char *name)
{
	int fd = openat(place->dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat info;
	char *text = NULL;
	ssize_t n = -1;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &info) == 0 && info.st_size > 0 && info.st_size <= ROWS_SPEC_MAX) {
		text = xcalloc(1, (size_t)info.st_size + 1);
		n = read(fd, text, (size_t)info.st_size);
	}
	close(fd);
	if (n == info.st_size)
		return text;
	free(text);
	return NULL;
}

/* Writes the description of the rows beside the parts, or reads what was written there. */
static enum mcp_status
rows_kept(struct joint *joint, const char *rows)
{
	struct transfer_file file = { .fd = -1 };
	char name[PARTS_NAME_MAX], *kept;
	enum mcp_status status = MCP_OK;

	snprintf(name, sizeof(name), "%s.rows", joint->place->prefix);
	if (rows == NULL) {
		kept = kept_text(joint->place, name);
		joint->rows = kept != NULL ? rows_new(kept) : NULL;
		free(kept);
		return MCP_OK;
	}
	if (strlen(rows) > ROWS_SPEC_MAX) {
		snprintf(joint->why, joint->why_size,
			 "the names of the columns have more than %d bytes", ROWS_SPEC_MAX);
		return MCP_E_TOO_LARGE;
	}
	file.fd = openat(joint->place->dir, name,
			 O_CREAT | O_TRUNC | O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
	if (file.fd < 0 || !transfer_file_put(&file, rows, strlen(rows)))
		status = no_disk(joint);
	if (file.fd >= 0)
		close(file.fd);
	return status;
}

/* The plugin gives the description of the rows at the beginning; it is kept for the other calls. */
static enum mcp_status
join_open(struct joint *joint, const char *rows, struct parts_far *far)
{
	struct parts_place *place = joint->place;

	joint->rows = rows != NULL ? rows_new(rows) : NULL;
	if (rows != NULL && joint->rows == NULL) {
		snprintf(joint->why, joint->why_size,
			 "the plugin described the rows in a way that is not valid");
		return MCP_E_INTERNAL;
	}
	*far = (struct parts_far){ 0 };
	joint->fd = parts_open_joined(place, O_RDWR | O_CREAT, LOCK_EX | LOCK_NB, joint->name, far);
	if (joint->fd < 0)
		return errno == EWOULDBLOCK
			 ? parts_busy(far, joint->parts->path, joint->why, joint->why_size)
			 : transfer_failed(joint->parts->path, joint->why, joint->why_size);
	return rows_kept(joint, rows);
}

static enum mcp_status
join_parts(struct parts_place *place, const struct parts *parts, struct parts_far *far, char *why,
	   size_t why_size)
{
	struct joint joint = {
		.parts = parts, .place = place, .fd = -1, .why = why, .why_size = why_size
	};
	enum mcp_status status = how_far(place, parts, far, why, why_size);

	buf_init(&joint.out, ROWS_OUT_MAX);
	joint.piece = xmalloc(ROWS_FEED_MAX);
	if (status == MCP_OK)
		status = join_open(&joint, parts->rows, far);
	if (status == MCP_OK && parts->suffix == NULL)
		status = join_all(&joint, parts->until, far);
	else if (status == MCP_OK)
		count_named(place, parts->suffix, far);
	if (joint.fd >= 0)
		close(joint.fd);
	rows_free(joint.rows);
	buf_fini(&joint.out);
	free(joint.piece);
	return status;
}

/* ---- the end --------------------------------------------------------------------------------- */

static enum mcp_status
keep_file(struct parts_place *place, const struct parts *parts, struct parts_far *far, char *why,
	  size_t why_size)
{
	enum mcp_status status = MCP_OK;
	char name[PARTS_NAME_MAX];
	int fd = parts_open_joined(place, O_RDWR, LOCK_EX | LOCK_NB, name, far);

	if (fd >= 0 && parts->suffix != NULL)
		count_named(place, parts->suffix, far);
	else if (fd < 0)
		status = errno == EWOULDBLOCK ? parts_busy(far, parts->path, why, why_size)
					      : transfer_failed(parts->path, why, why_size);
	else if (ftruncate(fd, (off_t)far->bytes) != 0 || fsync(fd) != 0 ||
		 renameat2(place->dir, name, place->dir, place->name, RENAME_NOREPLACE) != 0)
		status = transfer_failed(parts->path, why, why_size);
	else
		fsync(place->dir); /* a file system without this has no better way */
	if (fd >= 0)
		close(fd);
	if (status == MCP_OK)
		parts_remove(place);
	return status;
}

static void
drop_parts(struct parts_place *place, const struct parts *parts, struct parts_far *far)
{
	char name[PARTS_NAME_MAX];
	/* waits for a thread that still joins: it may not give the file a new name afterwards */
	int fd = parts_open_joined(place, O_RDWR, LOCK_EX, name, far);

	if (fd >= 0 && parts->suffix != NULL)
		remove_named(place, parts->suffix);
	parts_remove(place);
	if (fd >= 0)
		close(fd);
	*far = (struct parts_far){ 0 };
}

enum mcp_status
parts_work(const struct parts *parts, enum mcp_file_op op, struct parts_far *far, char *why,
	   size_t why_size)
{
	struct parts_place place;
	enum mcp_status status = parts_place_open(&place, parts, why, why_size);

	if (status != MCP_OK)
		return status;
	CHECK(op != MCP_FILE_NONE);
	switch (op) {
	case MCP_FILE_NONE: break;
	case MCP_FILE_LOOK: status = how_far(&place, parts, far, why, why_size); break;
	case MCP_FILE_JOIN: status = join_parts(&place, parts, far, why, why_size); break;
	case MCP_FILE_KEEP: status = keep_file(&place, parts, far, why, why_size); break;
	case MCP_FILE_DROP: drop_parts(&place, parts, far); break;
	}
	parts_place_close(&place);
	return status;
}

/* ---- one part -------------------------------------------------------------------------------- */

/* The lock of an earlier request of the same call may remain for a moment, until a thread of the
 * pool has closed its file. */
static bool
lock_piece(int fd)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };

	for (int i = 0; i < LOCK_PAUSES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

static enum mcp_status
open_piece(struct parts_place *place, const struct parts *parts, struct transfer_file *file,
	   char *why, size_t why_size)
{
	struct stat info;

	file->fd = openat(place->dir, file->piece, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file->fd < 0)
		return transfer_failed(parts->path, why, why_size);
	if (!lock_piece(file->fd) || !parts_same_file(place->dir, file->piece, file->fd))
		return parts_busy(NULL, parts->path, why, why_size);
	if (fstat(file->fd, &info) != 0 || lseek(file->fd, 0, SEEK_END) < 0)
		return transfer_failed(parts->path, why, why_size);
	file->size = (uint64_t)info.st_size;
	return MCP_OK;
}

enum mcp_status
parts_open(const struct parts *parts, uint32_t number, struct transfer_file *file, char *why,
	   size_t why_size)
{
	struct parts_place place;
	enum mcp_status status = parts_place_open(&place, parts, why, why_size);
	struct stat info;

	if (status != MCP_OK)
		return status;
	file->dir = place.dir;
	file->name = parts->suffix != NULL ? named_part(place.name, number, parts->suffix)
					   : xprintf("%s.%u.done", place.prefix, number);
	file->piece = xprintf("%s.%u.piece", place.prefix, number);
	file->synced = parts->suffix != NULL;
	if (fstatat(place.dir, file->name, &info, AT_SYMLINK_NOFOLLOW) == 0) {
		file->size = (uint64_t)info.st_size;
		file->whole = true;
	} else {
		status = open_piece(&place, parts, file, why, why_size);
	}
	free(place.name);
	return status;
}

enum mcp_status
parts_read(const struct parts *parts, struct transfer_file *file, char *why, size_t why_size)
{
	struct parts_place place;
	struct parts_far far = { 0 };
	char name[PARTS_NAME_MAX];
	enum mcp_status status = parts_place_open(&place, parts, why, why_size);

	if (status != MCP_OK)
		return status;
	file->dir = place.dir;
	file->fd = parts_open_joined(&place, O_RDONLY, LOCK_SH | LOCK_NB, name, &far);
	free(place.name);
	if (file->fd < 0)
		return errno == EWOULDBLOCK ? parts_busy(NULL, parts->path, why, why_size)
					    : transfer_failed(parts->path, why, why_size);
	file->size = far.bytes;
	return MCP_OK;
}
