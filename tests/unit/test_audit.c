/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of the audit log, and the thread that writes them. */
#include "audit/audit.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <signal.h>
#include <unistd.h>

#include "audit/verify.h"
#include "audit_rig.h"
#include "base/json.h"
#include "base/mask.h"
#include "base/mem.h"
#include "folder.h"
#include "suite.h"
#include "texts.h"

static size_t
count_lines(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

/* The n-th line, from 0, as a tree. */
static struct json_object *
line_of(const char *text, size_t n)
{
	while (n-- > 0)
		text = strchr(text, '\n') + 1;
	return json_parse(text, strcspn(text, "\n"), &json_inbound, NULL, NULL);
}

static uint64_t
faults_of(const char *name)
{
	char *path = folder_path(name);
	FILE *file = fopen(path, "re"), *out = fopen("/dev/null", "we");
	struct verify_report report;

	audit_verify(file, rig_settings.key, NULL, 0, out, &report);
	fclose(file);
	fclose(out);
	free(path);
	return report.faults;
}

static void
an_event_becomes_a_line(void)
{
	static const char arguments[] =
	    "{\"a\":1,\"password\":\"x\",\"deep\":[{\"b\":\"hunter22\"}]}";
	struct audit_event event = AUDIT_EVENT(AUDIT_DECISION);
	struct json_object *line, *given;
	char digest[65];

	rig_begin();
	mask_add("hunter22", 8);
	CU_ASSERT(rig_start());
	event.principal = "ann \"a\"\n";
	event.tool = "execute_sql";
	event.verdict = "deny";
	event.why = "the value hunter22 is secret";
	event.redact = "user password";
	event.arguments = arguments;
	event.arguments_len = strlen(arguments);
	audit_report(&event);
	rig_call("t");
	rig_write();
	line = line_of(rig_text("a.log"), 1);
	ASSERT_STR(json_str(line, "type"), "decision");
	ASSERT_STR(json_str(line, "principal"), "ann \"a\"\n");
	ASSERT_STR(json_str(line, "verdict"), "deny");
	ASSERT_STR(json_str(line, "why"), "the value *** is secret");
	CU_ASSERT(json_get(line, "redact") == NULL && json_get(line, "ms") == NULL);
	sha256_hex(arguments, strlen(arguments), digest);
	ASSERT_STR(json_str(line, "arguments_sha256"), digest);
	given = json_obj(line, "arguments");
	ASSERT_STR(json_object_to_json_string_ext(given, JSON_C_TO_STRING_PLAIN),
		   "{\"a\":1,\"password\":\"***\",\"deep\":[{\"b\":\"***\"}]}");
	json_object_put(line);
	rig_end();
}

static void
a_long_event_stays_a_short_line(void)
{
	struct audit_event event = AUDIT_EVENT(AUDIT_DECISION);
	char *quotes = xcalloc(1, 9000);
	struct json_object *line;

	memset(quotes, '\x01', 8999);
	rig_begin();
	CU_ASSERT(rig_start());
	event.principal = event.client = event.version = event.tool = event.why = quotes;
	event.rule = event.requests = event.status = event.from = quotes;
	audit_report(&event);
	rig_call("t");
	rig_write();
	CU_ASSERT(strlen(rig_text("a.log")) < 3 * 8000);
	line = line_of(rig_text("a.log"), 1);
	CU_ASSERT(strlen(json_str(line, "principal")) < 400);
	json_object_put(line);
	rig_end();
	free(quotes);
}

static void
a_file_is_private_and_names_its_end(void)
{
	struct stat status;
	char *path;

	rig_begin();
	CU_ASSERT(rig_start());
	rig_call("t");
	audit_stop();
	path = folder_path("a.log");
	CU_ASSERT(stat(path, &status) == 0 && (status.st_mode & 0777) == 0600);
	has(rig_text("a.log"), "\"type\":\"end\"");
	ASSERT_INT(faults_of("a.log"), 0);
	CU_ASSERT(rig_start());
	audit_stop();
	has(rig_text("a.log"), "\"after\":{\"chain\":");
	ASSERT_INT(faults_of("a.log"), 0);
	chmod(path, 0644);
	CU_ASSERT(!rig_start());
	free(path);
	rig_end();
}

/* As logrotate does it: a new name, then SIGHUP. */
static void
a_moved_file_is_followed_until_it_is_opened_again(void)
{
	char *from, *to;

	rig_begin();
	CU_ASSERT(rig_start());
	rig_call("one");
	rig_write();
	from = folder_path("a.log");
	to = folder_path("b.log");
	rename(from, to);
	rig_call("two");
	rig_write();
	audit_reopen();
	rig_call("three");
	rig_write();
	audit_stop();
	has(rig_text("b.log"), "\"tool\":\"two\"");
	has(rig_text("a.log"), "\"type\":\"continue\"");
	has(rig_text("a.log"), "\"tool\":\"three\"");
	ASSERT_INT(faults_of("a.log"), 0);
	ASSERT_INT(faults_of("b.log"), 0);
	free(from);
	free(to);
	rig_end();
}

static void
a_removed_file_is_made_again(void)
{
	char *path;

	rig_begin();
	CU_ASSERT(rig_start());
	path = folder_path("a.log");
	unlink(path);
	rig_call("one");
	rig_write();
	has(rig_text("a.log"), "\"tool\":\"one\"");
	ASSERT_INT(faults_of("a.log"), 0);
	free(path);
	rig_end();
}

static bool told, was_written;

static void
on_told(struct audit_wait *wait, bool written)
{
	(void)wait;
	told = true;
	was_written = written;
	loop_stop(rig_loop);
}

static void
limit_files(rlim_t bytes)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	setrlimit(RLIMIT_FSIZE, &limit);
}

/* A limit on the size of files stands for a full disk: the write ends in the middle of a line. */
static void
a_full_disk_is_a_fault_until_there_is_room(void)
{
	struct audit_wait wait = { .fn = on_told };

	signal(SIGXFSZ, SIG_IGN);
	rig_begin();
	CU_ASSERT(rig_start());
	CU_ASSERT(audit_fault() == NULL);
	limit_files(strlen(rig_text("a.log")) + 50);
	told = false;
	CU_ASSERT(audit_wait(&wait, rig_call("one")));
	loop_run(rig_loop, 0);
	CU_ASSERT(told && !was_written);
	CU_ASSERT(audit_fault() != NULL && strstr(audit_fault(), "a.log") != NULL);
	limit_files(RLIM_INFINITY);
	while (audit_fault() != NULL)
		usleep(10000);
	rig_call("two");
	rig_write();
	audit_stop();
	ASSERT_INT(faults_of("a.log"), 0);
	ASSERT_INT(count_lines(rig_text("a.log")), 4);
	rig_end();
}

static void
without_a_place_nothing_starts(void)
{
	char *path;

	rig_begin();
	path = folder_path("missing/a.log");
	rig_settings.path = path;
	CU_ASSERT(!rig_start());
	CU_ASSERT(!audit_on() && audit_report(&(struct audit_event)AUDIT_EVENT(AUDIT_CALL)) == 0);
	CU_ASSERT(audit_fault() == NULL);
	rig_settings.required = false;
	CU_ASSERT(rig_start() && audit_on() && audit_fault() == NULL);
	rig_end();
	free(path);
}

static void
a_socket_gets_the_lines(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), client;
	char *path, text[20000];
	ssize_t len;

	rig_begin();
	path = folder_path("socket");
	strcpy(address.sun_path, path);
	CU_ASSERT(bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0);
	listen(listener, 4);
	rig_settings.kind = AUDIT_SOCKET;
	rig_settings.path = path;
	CU_ASSERT(rig_start());
	client = accept(listener, NULL, NULL);
	rig_call("one");
	rig_write();
	close(client); /* the receiver starts again: the next lines go to it */
	rig_call("two");
	rig_write();
	client = accept(listener, NULL, NULL);
	len = recv(client, text, sizeof(text) - 1, 0);
	text[len > 0 ? len : 0] = '\0';
	has(text, "\"type\":\"continue\"");
	has(text, "\"tool\":\"two\"");
	close(client);
	close(listener);
	free(path);
	rig_end();
}

static void
many_events_keep_their_order(void)
{
	rig_begin();
	CU_ASSERT(rig_start());
	for (int i = 0; i < 2500; i++)
		rig_call("t");
	rig_write();
	audit_stop();
	ASSERT_INT(faults_of("a.log"), 0);
	has(rig_text("a.log"), "\"type\":\"checkpoint\"");
	rig_end();
}

static const struct test tests[] = {
	TEST(an_event_becomes_a_line),
	TEST(a_long_event_stays_a_short_line),
	TEST(a_file_is_private_and_names_its_end),
	TEST(a_moved_file_is_followed_until_it_is_opened_again),
	TEST(a_removed_file_is_made_again),
	TEST(a_full_disk_is_a_fault_until_there_is_room),
	TEST(without_a_place_nothing_starts),
	TEST(a_socket_gets_the_lines),
	TEST(many_events_keep_their_order),
};
SUITE(tests)
