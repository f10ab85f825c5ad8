/* SPDX-License-Identifier: Apache-2.0 */
/* Workspaces. Each of them is a folder with a state database. It is created and seeded at the first
 * use of a token's subject, and stays open until the program ends. */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files/beneath.h"
#include "internal.h"

enum { MAX_WORKSPACES = 256 };

static struct {
	pthread_mutex_t lock;
	struct workspace *first;
	int count;
} all = { .lock = PTHREAD_MUTEX_INITIALIZER };

static const char FRAMEWORK_TABLES[] =
    "CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value TEXT);"
    "CREATE TABLE IF NOT EXISTS docs(seq INTEGER PRIMARY KEY, kind TEXT NOT NULL,"
    " id TEXT NOT NULL, json TEXT NOT NULL, UNIQUE(kind, id));";

void
ws_lock(struct workspace *ws)
{
	pthread_mutex_lock(ws->lock);
}

void
ws_unlock(struct workspace *ws)
{
	pthread_mutex_unlock(ws->lock);
}

char *
ws_path(struct workspace *ws, const char *fmt, ...)
{
	va_list args;
	char *tail = NULL, *path;

	va_start(args, fmt);
	if (vasprintf(&tail, fmt, args) < 0)
		abort();
	va_end(args);
	path = xprintf("%s/%s", ws->dir, tail);
	free(tail);
	return path;
}

bool
read_secret_file(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, out, size - 1);
	close(fd);
	if (n <= 0)
		return false;
	out[n] = '\0';
	out[strcspn(out, "\r\n")] = '\0';
	return true;
}

bool
write_secret_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	size_t len = strlen(text);
	bool ok;

	if (fd < 0)
		return false;
	ok = write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
	ok = close(fd) == 0 && ok;
	if (!ok)
		unlink(path);
	return ok;
}

/* Numbers that are derived from a workspace's name: the org id and the metastore id. */
static void
derive_ids(struct workspace *ws)
{
	char hex[65], text[96];
	uint64_t bits;

	snprintf(text, sizeof(text), "org:%s", ws->name);
	sha256_hex(text, strlen(text), hex);
	hex[15] = '\0';
	bits = strtoull(hex, NULL, 16);
	ws->org_id = INT64_C(1000000000000000) + (int64_t)(bits % UINT64_C(8000000000000000));
	snprintf(text, sizeof(text), "metastore:%s", ws->name);
	sha256_hex(text, strlen(text), hex);
	snprintf(ws->metastore_id, sizeof(ws->metastore_id), "%.8s-%.4s-4%.3s-a%.3s-%.12s", hex,
		 hex + 8, hex + 12, hex + 15, hex + 18);
}

static void
new_lock(struct workspace *ws)
{
	pthread_mutexattr_t attr;

	ws->lock = xcalloc(1, sizeof(pthread_mutex_t));
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(ws->lock, &attr);
	pthread_mutexattr_destroy(&attr);
}

static void
ws_free(struct workspace *ws)
{
	for (size_t i = 0; ws->db != NULL && domains[i] != NULL; i++)
		if (domains[i]->close != NULL)
			domains[i]->close(ws);
	sqlite3_close(ws->db);
	if (ws->dir_fd >= 0)
		close(ws->dir_fd);
	pthread_mutex_destroy(ws->lock);
	free(ws->lock);
	free(ws->dir);
	free(ws);
}

static bool
make_folder(struct workspace *ws)
{
	char *tmp;
	bool ok;

	if (mkdir(ws->dir, 0700) != 0 && errno != EEXIST)
		return false;
	ws->dir_fd = open(ws->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (ws->dir_fd < 0)
		return false;
	/* Removes files that an earlier process left when it was killed. */
	beneath_remove_tree(ws->dir_fd, "/tmp");
	beneath_remove_tree(ws->dir_fd, "/scratch");
	tmp = ws_path(ws, "tmp");
	ok = mkdir(tmp, 0700) == 0 || errno == EEXIST;
	free(tmp);
	return ok;
}

static bool
open_database(struct workspace *ws)
{
	char *path = ws_path(ws, "state.db");
	int rc = sqlite3_open_v2(path, &ws->db,
				 SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW,
				 NULL);

	free(path);
	if (rc != SQLITE_OK)
		return false;
	sqlite3_busy_timeout(ws->db, 10000);
	if (sqlite3_exec(ws->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", NULL,
			 NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(ws->db, FRAMEWORK_TABLES, NULL, NULL, NULL) != SQLITE_OK)
		return false;
	for (size_t i = 0; domains[i] != NULL; i++) {
		if (domains[i]->tables != NULL &&
		    sqlite3_exec(ws->db, domains[i]->tables, NULL, NULL, NULL) != SQLITE_OK) {
			log_line("error", "tables of %s: %s", domains[i]->name,
				 sqlite3_errmsg(ws->db));
			return false;
		}
	}
	return true;
}

/* All domains seed in one transaction, so a crash leaves a workspace that is not seeded. */
static bool
seed(struct workspace *ws)
{
	if (db_one_int(ws, "SELECT 1 FROM meta WHERE name = 'seeded'", "") == 1)
		return true;
	db_run(ws, "BEGIN IMMEDIATE", "");
	for (size_t i = 0; domains[i] != NULL; i++)
		if (domains[i]->seed != NULL)
			domains[i]->seed(ws);
	db_run(ws, "INSERT INTO meta VALUES('seeded', ?)", "s", SANDBOX_VERSION);
	db_run(ws, ws->db_failed ? "ROLLBACK" : "COMMIT", "");
	return !ws->db_failed;
}

static struct workspace *
create(const char *name)
{
	struct workspace *ws = xcalloc(1, sizeof(*ws));

	snprintf(ws->name, sizeof(ws->name), "%s", name);
	ws->dir_fd = -1;
	ws->dir = xprintf("%s/%s", options.data_dir, name);
	new_lock(ws);
	derive_ids(ws);
	if (!make_folder(ws) || !open_database(ws) || !seed(ws)) {
		log_line("error", "cannot open workspace %s in %s: %s", name, ws->dir,
			 ws->db != NULL ? sqlite3_errmsg(ws->db) : strerror(errno));
		ws_free(ws);
		return NULL;
	}
	return ws;
}

struct workspace *
ws_open(const char *name)
{
	struct workspace *ws;

	pthread_mutex_lock(&all.lock);
	for (ws = all.first; ws != NULL && strcmp(ws->name, name) != 0; ws = ws->next)
		continue;
	if (ws == NULL && all.count < MAX_WORKSPACES && (ws = create(name)) != NULL) {
		ws->next = all.first;
		all.first = ws;
		all.count++;
	}
	pthread_mutex_unlock(&all.lock);
	return ws;
}

void
ws_close_all(void)
{
	struct workspace *next;

	for (struct workspace *ws = all.first; ws != NULL; ws = next) {
		next = ws->next;
		ws_free(ws);
	}
	all.first = NULL;
	all.count = 0;
}
