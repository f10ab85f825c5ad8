/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of files that are joined from the bodies of several requests. */
#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/pool.h"
#include "egress/internal.h"
#include "egress_assert.h"
#include "egress_rig.h"
#include "folder.h"

static struct rig *
parts_rig(const char *retries)
{
	char *setting;
	struct rig *b;

	folder_make();
	setting = xprintf("transfer_dirs = [ \"%s\" ];", folder);
	b = rig_new(retries, setting);
	rig_permit(b, "GET link");
	free(setting);
	return b;
}

static void
parts_end(struct rig *b)
{
	rig_free(b);
	folder_remove();
}

static char *
link_of(struct rig *b, const char *path)
{
	return xprintf("%s/api%s", b->config->upstream[0].url, path);
}

/* Fetches a pre-signed link as one part of the file "out". */
static void
fetch_part(struct rig *b, unsigned part, const char *path, struct got *got)
{
	char *url = link_of(b, path);
	struct mcp_http http = get(NULL);

	*got = (struct got){ 0 };
	http.url = url;
	http.reply = MCP_REPLY_FILE;
	http.reply_file = "out";
	http.part_of = "source";
	http.part = part;
	rig_fetch(b, &http, got);
	free(url);
}

/* Works on the file "out". Returns the status of the reply, or the error. */
static int
work(struct rig *b, enum mcp_file_op op, unsigned part, const char *rows, int64_t *count,
     int64_t *bytes)
{
	struct mcp_http http = { .size = sizeof(http),
				 .file_op = op,
				 .reply_file = "out",
				 .part_of = "source",
				 .part = part,
				 .rows = rows };
	struct json_object *far;
	struct got got = { 0 };
	int status;

	rig_fetch(b, &http, &got);
	far = json_tokener_parse(got.body);
	if (count != NULL)
		*count = json_int(far, "parts", -1);
	if (bytes != NULL)
		*bytes = json_int(far, "bytes", -1);
	json_object_put(far);
	status = got.reply.status != 0 ? got.reply.status : got.reply.error;
	got_fini(&got);
	return status;
}

/* Is the file the alphabet, `len` bytes of it, as often as `times`? */
static bool
is_alphabet(const char *name, size_t len, size_t times)
{
	char *path = folder_path(name);
	FILE *file = fopen(path, "r");
	size_t n = 0;
	int c;
	bool ok = file != NULL;

	for (; ok && (c = fgetc(file)) != EOF; n++)
		ok = c == (int)('a' + n % len % 26);
	if (file != NULL)
		fclose(file);
	free(path);
	return ok && n == len * times;
}

/* Parts arrive in another order than they are joined. */
static void
joined(void)
{
	struct rig *b = parts_rig("max_retries = 1;");
	int64_t count, bytes;
	struct got got;

	ASSERT_INT(work(b, MCP_FILE_LOOK, 0, NULL, &count, &bytes), 200);
	CU_ASSERT(count == 0 && bytes == 0);
	for (unsigned part = 3; part-- > 0;) {
		fetch_part(b, part, "/huge/1000", &got);
		ASSERT_INT(got.reply.status, 200);
		ASSERT_INT(got.reply.bytes, 1000);
		got_fini(&got);
	}
	ASSERT_INT(work(b, MCP_FILE_JOIN, 2, NULL, &count, &bytes), 200);
	CU_ASSERT(count == 2 && bytes == 2000);
	ASSERT_INT(work(b, MCP_FILE_LOOK, 0, NULL, &count, &bytes), 200);
	CU_ASSERT(count == 2 && bytes == 2000);
	ASSERT_INT(work(b, MCP_FILE_JOIN, 3, NULL, &count, &bytes), 200);
	ASSERT_INT(work(b, MCP_FILE_JOIN, 3, NULL, &count, &bytes), 200);
	CU_ASSERT(count == 3 && bytes == 3000);
	ASSERT_INT(work(b, MCP_FILE_JOIN, 4, NULL, &count, &bytes), MCP_E_NOT_FOUND);
	ASSERT_INT(work(b, MCP_FILE_KEEP, 0, NULL, &count, &bytes), 200);
	CU_ASSERT(count == 3 && bytes == 3000);
	CU_ASSERT(is_alphabet("out", 1000, 3));
	ASSERT_INT(folder_files(), 1);
	ASSERT_INT(work(b, MCP_FILE_LOOK, 0, NULL, NULL, NULL), 409);
	parts_end(b);
}

/* A part of which the connection is lost again and again is continued where it ended. */
static void
continued(void)
{
	struct rig *b = parts_rig("max_retries = 2;");
	int64_t count, bytes;
	struct got got;

	fetch_part(b, 0, "/ranged/10000/1500", &got);
	CU_ASSERT(got.reply.error != MCP_OK);
	got_fini(&got);
	ASSERT_INT(work(b, MCP_FILE_JOIN, 1, NULL, NULL, NULL), MCP_E_NOT_FOUND);
	fetch_part(b, 0, "/ranged/10000/1500", &got);
	CU_ASSERT(got.reply.error != MCP_OK);
	got_fini(&got);
	fetch_part(b, 0, "/ranged/10000/1500", &got);
	ASSERT_INT(got.reply.error, MCP_OK);
	ASSERT_INT(got.reply.bytes, 10000);
	got_fini(&got);
	fetch_part(b, 0, "/status/403", &got); /* it is there, so no request is sent */
	ASSERT_INT(got.reply.status, 200);
	got_fini(&got);
	ASSERT_INT(work(b, MCP_FILE_JOIN, 1, NULL, &count, &bytes), 200);
	CU_ASSERT(count == 1 && bytes == 10000);
	ASSERT_INT(work(b, MCP_FILE_KEEP, 0, NULL, NULL, NULL), 200);
	CU_ASSERT(is_alphabet("out", 10000, 1));
	parts_end(b);
}

/* A store without ranges sends everything again: no byte is doubled. */
static void
begun_again(void)
{
	struct rig *b = parts_rig("max_retries = 2;");
	struct got got;

	fetch_part(b, 0, "/unranged/10000/1500", &got);
	ASSERT_INT(got.reply.error, MCP_OK);
	ASSERT_INT(got.reply.bytes, 10000);
	got_fini(&got);
	ASSERT_INT(work(b, MCP_FILE_JOIN, 1, NULL, NULL, NULL), 200);
	ASSERT_INT(work(b, MCP_FILE_KEEP, 0, NULL, NULL, NULL), 200);
	CU_ASSERT(is_alphabet("out", 10000, 1));
	parts_end(b);
}

/* A host was killed while it joined: what stands behind the counted bytes is cut off. */
static void
torn(void)
{
	struct rig *b = parts_rig("max_retries = 0;");
	char *name = NULL, *command;
	struct got got;

	fetch_part(b, 0, "/huge/1000", &got);
	got_fini(&got);
	fetch_part(b, 1, "/huge/1000", &got);
	got_fini(&got);
	ASSERT_INT(work(b, MCP_FILE_JOIN, 1, NULL, NULL, NULL), 200);
	command = xprintf("for f in %s/.lakehost-*.1.1000.part; do echo more >>$f; done", folder);
	/* NOLINTNEXTLINE(cert-env33-c): the shell is what plays the other process */
	ASSERT_INT(system(command), 0);
	free(command);
	free(name);
	ASSERT_INT(work(b, MCP_FILE_JOIN, 2, NULL, NULL, NULL), 200);
	ASSERT_INT(work(b, MCP_FILE_KEEP, 0, NULL, NULL, NULL), 200);
	CU_ASSERT(is_alphabet("out", 1000, 2));
	parts_end(b);
}

/* Another process works on the file. */
static void
locked(void)
{
	struct rig *b = parts_rig("max_retries = 0;");
	char *command;
	struct got got;

	fetch_part(b, 0, "/huge/1000", &got);
	got_fini(&got);
	ASSERT_INT(work(b, MCP_FILE_JOIN, 0, NULL, NULL, NULL), 200);
	command = xprintf("f=$(echo %s/.lakehost-*.part); flock -x $f sh -c 'touch %s/ready; while "
			  "[ -e %s/ready ]; do sleep 0.01; done' &\nwhile ! [ -e %s/ready ]; do "
			  "sleep 0.01; done",
			  folder, folder, folder, folder);
	/* NOLINTNEXTLINE(cert-env33-c): the shell is what plays the other process */
	ASSERT_INT(system(command), 0);
	free(command);
	ASSERT_INT(work(b, MCP_FILE_JOIN, 1, NULL, NULL, NULL), 423);
	ASSERT_INT(work(b, MCP_FILE_KEEP, 1, NULL, NULL, NULL), 423);
	command = folder_path("ready");
	unlink(command);
	free(command);
	ASSERT_INT(work(b, MCP_FILE_DROP, 0, NULL, NULL, NULL), 200); /* waits */
	ASSERT_INT(folder_files(), 0);
	parts_end(b);
}

static int
status_of(struct rig *b, const struct mcp_http *http)
{
	struct got got = { 0 };
	int status;

	rig_fetch(b, http, &got);
	status = got.reply.status;
	got_fini(&got);
	return status;
}

/* Each part becomes a file of its own. */
static void
named_parts(void)
{
	struct rig *b = parts_rig("max_retries = 0;");
	struct mcp_http http = get("/api/huge/1000");
	struct mcp_http look = { .size = sizeof(look), .file_op = MCP_FILE_LOOK };

	look.reply_file = http.reply_file = "out";
	look.part_of = http.part_of = "source";
	look.part_suffix = http.part_suffix = ".arrow";
	http.reply = MCP_REPLY_FILE;
	for (unsigned part = 0; part < 2; part++) {
		struct got got = { 0 };

		look.file_op = MCP_FILE_JOIN; /* marks whose parts they are */
		rig_fetch(b, &look, &got);
		ASSERT_INT(got.reply.status, 200);
		got_fini(&got);
		http.part = part;
		rig_fetch(b, &http, &got);
		ASSERT_INT(got.reply.status, 200);
		got_fini(&got);
		look.file_op = MCP_FILE_LOOK;
		rig_fetch(b, &look, &got);
		CU_ASSERT(strstr(got.body, part == 0
					       ? "{\"parts\":1,\"bytes\":1000,\"begun\":true}"
					       : "{\"parts\":2,\"bytes\":2000,\"begun\":true}") !=
			  NULL);
		got_fini(&got);
	}
	CU_ASSERT(is_alphabet("out.0000.arrow", 1000, 1));
	CU_ASSERT(is_alphabet("out.0001.arrow", 1000, 1));
	look.part_of = "another source";
	ASSERT_INT(status_of(b, &look), 409);
	look.file_op = MCP_FILE_JOIN;
	ASSERT_INT(status_of(b, &look), 409);
	look.part_of = "source";
	look.file_op = MCP_FILE_KEEP;
	ASSERT_INT(status_of(b, &look), 200);
	ASSERT_INT(folder_files(), 2);
	look.file_op = MCP_FILE_DROP; /* they are complete, so it finds nothing to remove */
	ASSERT_INT(status_of(b, &look), 200);
	ASSERT_INT(folder_files(), 2);
	parts_end(b);
}

/* Rows are converted while parts are joined; a part without rows leaves the file as it was. */
static void
converted(void)
{
	static const char rows[] = "{\"as\":\"csv\",\"columns\":[[\"a\",\"text\"]]}";
	struct rig *b = parts_rig("max_retries = 0;");
	struct mcp_piece body = { MCP_PIECE_BYTES, { "[[\"1\"],[null]]", 14 } };
	struct mcp_http http = post("/api/echo", &body);
	int64_t count, bytes;

	http.reply = MCP_REPLY_FILE;
	http.reply_file = "out";
	http.part_of = "source";
	for (unsigned part = 0; part < 3; part++) {
		struct got got = { 0 };

		http.part = part;
		if (part == 2)
			body.text = (struct mcp_text){ "[[\"2\"],[", 8 };
		rig_fetch(b, &http, &got);
		ASSERT_INT(got.reply.status, 200);
		got_fini(&got);
	}
	ASSERT_INT(work(b, MCP_FILE_JOIN, 0, rows, &count, &bytes), 200);
	CU_ASSERT(count == 0 && bytes == 2);
	ASSERT_INT(work(b, MCP_FILE_JOIN, 2, NULL, &count, &bytes), 200);
	CU_ASSERT(count == 2 && bytes == 2 + 2 * 3);
	ASSERT_INT(work(b, MCP_FILE_JOIN, 3, NULL, NULL, NULL), MCP_E_UPSTREAM);
	ASSERT_INT(work(b, MCP_FILE_LOOK, 0, NULL, &count, &bytes), 200);
	CU_ASSERT(count == 2 && bytes == 2 + 2 * 3);
	ASSERT_INT(work(b, MCP_FILE_JOIN, 3, "{}", NULL, NULL), MCP_E_INTERNAL);
	ASSERT_INT(work(b, MCP_FILE_DROP, 0, NULL, NULL, NULL), 200);
	ASSERT_INT(folder_files(), 0);
	parts_end(b);
}

static size_t
open_files(void)
{
	DIR *list = opendir("/proc/self/fd");
	size_t n = 0;

	while (readdir(list) != NULL)
		n++;
	closedir(list);
	return n;
}

/* The names of columns come from the workspace: too long ones end the join, and no file stays open.
 */
static void
long_names(void)
{
	struct rig *b = parts_rig("max_retries = 0;");
	char *rows = xprintf("{\"as\":\"csv\",\"columns\":[[\"%0*d\",\"text\"]]}", 1 << 20, 0);
	size_t before;

	ASSERT_INT(work(b, MCP_FILE_JOIN, 0, rows, NULL, NULL), MCP_E_TOO_LARGE);
	before = open_files();
	for (int i = 0; i < 3; i++)
		ASSERT_INT(work(b, MCP_FILE_JOIN, 0, rows, NULL, NULL), MCP_E_TOO_LARGE);
	ASSERT_INT(open_files(), before);
	free(rows);
	parts_end(b);
}

/* A FIFO with the name of a file that was kept, which another user made, holds no thread. */
static void
fifo(void)
{
	static const char rows[] = "{\"as\":\"csv\",\"columns\":[[\"a\",\"text\"]]}";
	struct rig *b = parts_rig("max_retries = 0;");
	char *pattern = folder_path(".lakehost-*.rows");
	glob_t found;

	ASSERT_INT(work(b, MCP_FILE_JOIN, 0, rows, NULL, NULL), 200);
	ASSERT_INT(glob(pattern, 0, NULL, &found), 0);
	ASSERT_INT(found.gl_pathc, 1);
	CU_ASSERT(unlink(found.gl_pathv[0]) == 0 && mkfifo(found.gl_pathv[0], 0600) == 0);
	CU_ASSERT(work(b, MCP_FILE_JOIN, 0, rows, NULL, NULL) != 200); /* cannot be written */
	ASSERT_INT(work(b, MCP_FILE_JOIN, 0, NULL, NULL, NULL), 200);  /* is not read */
	ASSERT_INT(work(b, MCP_FILE_DROP, 0, NULL, NULL, NULL), 200);
	globfree(&found);
	free(pattern);
	parts_end(b);
}

/* A joined file without a name is sent, or a part of it. */
static void
sent(void)
{
	struct rig *b = parts_rig("max_retries = 0;");
	struct mcp_http http = { .size = sizeof(http), .method = "PUT", .path = "/api/echo" };
	struct got got;

	fetch_part(b, 0, "/huge/100", &got);
	got_fini(&got);
	ASSERT_INT(work(b, MCP_FILE_JOIN, 1, NULL, NULL, NULL), 200);
	http.body_file = "out";
	http.part_of = "source";
	for (int part = 0; part < 2; part++) {
		got = (struct got){ 0 };
		rig_fetch(b, &http, &got);
		ASSERT_INT(got.reply.body.len, part == 0 ? 100 : 10);
		CU_ASSERT(strncmp(got.body, part == 0 ? "abc" : "xyz", 3) == 0);
		got_fini(&got);
		http.body_from = 23;
		http.body_len = 10;
	}
	got = (struct got){ 0 };
	http.body_from = 95;
	rig_fetch(b, &http, &got);
	CU_ASSERT(got.reply.error != MCP_OK); /* the file is shorter */
	got_fini(&got);
	parts_end(b);
}

static const struct test tests[] = {
	TEST(joined),	   TEST(continued), TEST(begun_again), TEST(torn),	 TEST(locked),
	TEST(named_parts), TEST(converted), TEST(sent),	       TEST(long_names), TEST(fifo),
};
SUITE(tests)
