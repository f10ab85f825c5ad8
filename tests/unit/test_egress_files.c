/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of transferred files on a slow disk: threads of the pool read and write them, so that other
 * requests do not wait. */
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/pool.h"
#include "egress/disk.h"
#include "egress/internal.h"
#include "egress_assert.h"
#include "egress_rig.h"
#include "folder.h"

#define LARGE (3u << 20)
#define THREADS 4 /* threads of the pool of the rig */

static struct rig *
files_rig(void)
{
	char *setting;
	struct rig *b;

	folder_make();
	setting = xprintf("transfer_dirs = [ \"%s\" ];", folder);
	b = rig_new("max_retries = 1;", setting);
	free(setting);
	return b;
}

/* The pool is freed first, so that all files are closed before the test looks at the folder. */
static void
files_end(struct rig *b)
{
	rig_free(b);
	folder_remove();
}

static bool
is_there(const char *name)
{
	char *path = folder_path(name);
	bool there = access(path, F_OK) == 0;

	free(path);
	return there;
}

/* ---- a pool whose threads are all busy ------------------------------------------------------ */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned blocked; /* number of threads that wait in a job */
	bool open;
	struct pool_job job[THREADS];
} gate = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static void
block(struct pool_job *job)
{
	(void)job;
	pthread_mutex_lock(&gate.lock);
	gate.blocked++;
	pthread_cond_broadcast(&gate.changed);
	while (!gate.open)
		pthread_cond_wait(&gate.changed, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
}

static void
nothing(struct pool_job *job)
{
	(void)job;
}

/* Jobs that are given to the pool do not run before gate_open(). */
static void
gate_close(struct rig *b)
{
	gate.blocked = 0;
	gate.open = false;
	for (size_t i = 0; i < THREADS; i++) {
		gate.job[i] = (struct pool_job){ .run = block, .done = nothing };
		pool_submit(b->pool, &gate.job[i]);
	}
	pthread_mutex_lock(&gate.lock);
	while (gate.blocked < THREADS)
		pthread_cond_wait(&gate.changed, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
}

static void
gate_open(void)
{
	pthread_mutex_lock(&gate.lock);
	gate.open = true;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.lock);
}

/* ---- tests ----------------------------------------------------------------------------------- */

/* Many chunks are sent and received, in the right order. */
static void
large_files(void)
{
	struct rig *b = files_rig();
	struct mcp_http http = { .size = sizeof(http), .method = "PUT", .path = "/api/echo" };
	struct got got = { 0 };
	char *content = xmalloc(LARGE + 1), *from, *to, *text = xmalloc(LARGE + 1);
	FILE *file;

	for (size_t i = 0; i < LARGE; i++)
		content[i] = (char)('a' + (i / 1000 + i) % 26);
	content[LARGE] = '\0';
	from = folder_put("from", content, 0600);
	to = folder_path("to");
	http.body_file = from;
	http.reply = MCP_REPLY_FILE;
	http.reply_file = to;
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_OK);
	ASSERT_INT(got.reply.bytes, LARGE);
	file = fopen(to, "r");
	CU_ASSERT_FATAL(file != NULL);
	ASSERT_INT(fread(text, 1, LARGE + 1, file), LARGE);
	CU_ASSERT(memcmp(text, content, LARGE) == 0);
	fclose(file);
	got_fini(&got);
	free(from);
	free(to);
	free(content);
	free(text);
	files_end(b);
}

static bool
has_arrived(void *data)
{
	return ((struct got *)data)->done;
}

/* While no thread of the pool is free a file waits, and other requests do not. */
static void
others_do_not_wait(void)
{
	struct rig *b = files_rig();
	struct mcp_http file = get("/api/huge/1000000"), other = get("/api/ok");
	struct got first = { 0 }, second = { 0 };

	file.reply = MCP_REPLY_FILE;
	file.reply_file = "new";
	gate_close(b);
	rig_submit(b, &file, &first);
	rig_submit(b, &other, &second);
	rig_until(b, has_arrived, &second);
	ASSERT_INT(second.reply.status, 200);
	CU_ASSERT(!first.done && !is_there("new"));
	gate_open();
	rig_run(b);
	ASSERT_INT(first.reply.status, 200);
	CU_ASSERT(is_there("new"));
	got_fini(&first);
	got_fini(&second);
	files_end(b);
}

static bool
is_held(void *data)
{
	const struct transfer *transfer = data;

	return transfer->flight->phase == FLIGHT_RUNS && transfer->flight->held;
}

/* The first half of the reply is in the file, and the service holds the other half. */
static bool
half_is_written(void *data)
{
	const struct transfer *transfer = data;
	const struct disk *disk = transfer->flight->output;

	return transfer->flight->phase == FLIGHT_RUNS && disk->op == DISK_IDLE && disk->open &&
	       disk->next_len == 0 && disk->file.size == 20;
}

static bool
is_empty(void *data)
{
	(void)data;
	return folder_files() == 0;
}

/* The state is as if one chunk were being written while another one waits. */
static void
fill_up(struct disk *disk)
{
	for (size_t i = 0; i < 2; i++) {
		memset(disk->next, 'x', DISK_CHUNK);
		disk->next_len = DISK_CHUNK;
		disk_flush(disk);
	}
	CU_ASSERT(disk->op == DISK_WRITE && disk->next_len == DISK_CHUNK);
}

/* Receives a reply in a file until the disk is full with it and the service waits. */
static struct transfer *
fill_the_disk(struct rig *b, struct got *got)
{
	struct mcp_http http = get("/api/drip/40/hold");
	struct transfer *transfer;

	http.reply = MCP_REPLY_FILE;
	http.reply_file = "new";
	transfer = rig_submit(b, &http, got);
	rig_until(b, half_is_written, transfer);
	gate_close(b);
	fill_up(transfer->flight->output);
	upstream_release(b->upstream);
	return transfer;
}

/* The disk is slower than the service: at most two chunks are accepted, and all bytes arrive in the
 * end; or the transfer is cancelled, and no part of the file remains. */
static void
slow(bool cancelled)
{
	struct rig *b = files_rig();
	struct transfer *transfer;
	struct got got = { 0 };
	struct stat status;
	char *path;

	transfer = fill_the_disk(b, &got);
	rig_until(b, is_held, transfer);
	if (cancelled) {
		egress_cancel(transfer);
		b->waiting--;
		gate_open();
		rig_until(b, is_empty, NULL);
		CU_ASSERT(!got.done);
	} else {
		gate_open();
		rig_run(b);
		ASSERT_INT(got.reply.bytes, 40);
		path = folder_path("new");
		CU_ASSERT(stat(path, &status) == 0 && status.st_size == 2 * DISK_CHUNK + 40);
		free(path);
	}
	got_fini(&got);
	files_end(b);
}

static void
slow_disk(void)
{
	slow(false);
}

static void
cancelled_on_a_slow_disk(void)
{
	slow(true);
}

/* The host ends while a file waits for a thread: the file is closed, and no part of it remains. */
static void
ends_while_a_file_waits(void)
{
	struct rig *b = files_rig();
	struct got got = { 0 };

	fill_the_disk(b, &got);
	b->waiting--;
	gate_open();
	rig_free(b);
	ASSERT_INT(folder_files(), 0);
	folder_remove();
}

static const struct test tests[] = {
	TEST(large_files),
	TEST(others_do_not_wait),
	TEST(slow_disk),
	TEST(cancelled_on_a_slow_disk),
	TEST(ends_while_a_file_waits),
};
SUITE(tests)
