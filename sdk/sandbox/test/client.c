/* SPDX-License-Identifier: Apache-2.0 */
/* The child process, the HTTP client and the JSON look-ups of the sandbox's tests. */
#include "test/client.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include <curl/curl.h>

enum { MAX_BODY = 64 * 1024 * 1024, POLL_US = 20000, POLLS = 3000 };

struct sandbox sandbox;
const char *program;

/* ---- the child ---- */

static pid_t
spawn(const char *const *args, int *out)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		setenv("PATH", sandbox.dir, 1); /* a folder with a python3 that fails, see main.c */
		execv(program, (char *const *)(void *)(size_t)args);
		_exit(127);
	}
	close(fds[1]);
	*out = fds[0];
	return pid;
}

static int
exit_status(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

int
run_program(const char *const *args)
{
	char scratch[4096];
	int out = -1;
	pid_t pid = spawn(args, &out);

	while (read(out, scratch, sizeof(scratch)) > 0)
		continue;
	close(out);
	return exit_status(pid);
}

static bool
take_line(const char *line, const char *prefix, char *into, size_t size)
{
	size_t len = strlen(prefix);

	if (strncmp(line, prefix, len) != 0)
		return false;
	line += len;
	len = strcspn(line, "\n");
	if (len >= size)
		return false;
	memcpy(into, line, len);
	into[len] = '\0';
	return true;
}

bool
sandbox_start(void)
{
	const char *const args[] = { program,	  "--listen",	"127.0.0.1:0", "--data",
				     sandbox.dir, "--delay-ms", "0",	       NULL };
	char line[256];
	bool host = false, token = false;
	FILE *lines;
	int out = -1;

	sandbox.pid = spawn(args, &out);
	lines = out >= 0 ? fdopen(out, "r") : NULL;
	while (lines != NULL && !(host && token) && fgets(line, sizeof(line), lines) != NULL) {
		host =
		    host || take_line(line, "DATABRICKS_HOST=", sandbox.host, sizeof(sandbox.host));
		token = token ||
			take_line(line, "DATABRICKS_TOKEN=", sandbox.token, sizeof(sandbox.token));
	}
	if (lines != NULL)
		fclose(lines);
	return host && token;
}

int
sandbox_stop(void)
{
	kill(sandbox.pid, SIGTERM);
	return exit_status(sandbox.pid);
}

/* ---- HTTP ---- */

struct memory {
	char *data;
	size_t len;
};

static size_t
collect(char *data, size_t size, size_t n, void *arg)
{
	struct memory *m = arg;
	char *grown;

	if (m->len + size * n > MAX_BODY)
		return 0;
	grown = realloc(m->data, m->len + size * n + 1);
	if (grown == NULL)
		return 0;
	m->data = grown;
	memcpy(m->data + m->len, data, size * n);
	m->len += size * n;
	m->data[m->len] = '\0';
	return size * n;
}

static struct curl_slist *
make_headers(const char *body, const char *token, const char *const *headers)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	char line[4096];

	if (body != NULL && *body == '{')
		list = curl_slist_append(list, "Content-Type: application/json");
	if (token == NULL || *token != '\0') {
		snprintf(line, sizeof(line), "Authorization: Bearer %s",
			 token != NULL ? token : sandbox.token);
		list = curl_slist_append(list, line);
	}
	for (; headers != NULL && *headers != NULL; headers++)
		list = curl_slist_append(list, *headers);
	return list;
}

struct answer *
call_with(const char *method, const char *path, const char *body, const char *token,
	  const char *const *headers)
{
	struct answer *a = calloc(1, sizeof(*a));
	struct memory text = { NULL, 0 }, head = { NULL, 0 };
	struct curl_slist *list = make_headers(body, token, headers);
	CURL *curl = curl_easy_init();
	char url[8192];

	snprintf(url, sizeof(url), "%s%s", strncmp(path, "http", 4) == 0 ? "" : sandbox.host, path);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "sandbox-test/1.0");
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &text);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, &head);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 120L);
	if (body != NULL)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	if (strcmp(method, "HEAD") == 0)
		curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
	a->curl_error = (int)curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &a->status);
	a->text = text.data != NULL ? text.data : strdup("");
	a->len = text.len;
	a->headers = head.data != NULL ? head.data : strdup("");
	a->json = json_tokener_parse(a->text);
	curl_slist_free_all(list);
	curl_easy_cleanup(curl);
	return a;
}

struct answer *
get(const char *path)
{
	return call_with("GET", path, NULL, NULL, NULL);
}

struct answer *
post(const char *path, const char *body)
{
	return call_with("POST", path, body, NULL, NULL);
}

struct answer *
get_as(const char *token, const char *path)
{
	return call_with("GET", path, NULL, token, NULL);
}

struct answer *
post_as(const char *token, const char *path, const char *body)
{
	return call_with("POST", path, body, token, NULL);
}

void
answer_free(struct answer *a)
{
	json_object_put(a->json);
	free(a->text);
	free(a->headers);
	free(a);
}

/* ---- reading answers ---- */

struct json_object *
at(struct json_object *obj, const char *path)
{
	char name[128];

	while (*path != '\0' && obj != NULL) {
		size_t len = strcspn(path, ".[");

		if (*path == '[') {
			size_t index = strtoul(path + 1, NULL, 10);

			obj = json_object_is_type(obj, json_type_array)
				? json_object_array_get_idx(obj, index)
				: NULL;
			path += strcspn(path, "]") + 1;
		} else {
			struct json_object *next = NULL;

			snprintf(name, sizeof(name), "%.*s", (int)len, path);
			if (json_object_is_type(obj, json_type_object))
				json_object_object_get_ex(obj, name, &next);
			obj = next;
			path += len;
		}
		path += *path == '.';
	}
	return obj;
}

const char *
text_at(struct answer *a, const char *path)
{
	struct json_object *value = at(a->json, path);

	return value != NULL ? json_object_get_string(value) : "";
}

long long
int_at(struct answer *a, const char *path)
{
	struct json_object *value = at(a->json, path);

	return json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : -1;
}

size_t
count_at(struct answer *a, const char *path)
{
	struct json_object *value = at(a->json, path);

	return json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 0;
}

bool
is_error(struct answer *a, long status, const char *code)
{
	return a->status == status && strcmp(text_at(a, "error_code"), code) == 0 &&
	     *text_at(a, "message") != '\0';
}

bool
has_header(struct answer *a, const char *name, const char *value)
{
	size_t len = strlen(name);

	for (const char *line = a->headers; *line != '\0'; line += strcspn(line, "\n") + 1) {
		if (strncasecmp(line, name, len) != 0 || line[len] != ':')
			continue;
		return value == NULL || strncmp(line + len + 2, value, strlen(value)) == 0;
	}
	return false;
}

void
set_setting(const char *name, long long value)
{
	char body[128];

	snprintf(body, sizeof(body), "{\"%s\": %lld}", name, value);
	answer_free(call_with("PATCH", "/_sandbox/settings", body, "", NULL));
}

int
shorten_delays(void)
{
	set_setting("delay_ms", 30);
	return 0;
}

bool
wait_for(const char *path, const char *member, const char *wanted)
{
	for (int i = 0; i < POLLS; i++) {
		struct answer *a = get(path);
		bool found = strcmp(text_at(a, member), wanted) == 0;

		answer_free(a);
		if (found)
			return true;
		usleep(POLL_US);
	}
	return false;
}

struct answer *
sql_as(const char *token, const char *statement)
{
	struct json_object *body = json_object_new_object();
	struct answer *a;

	json_object_object_add(body, "statement", json_object_new_string(statement));
	json_object_object_add(body, "warehouse_id", json_object_new_string(RUNNING_WAREHOUSE));
	json_object_object_add(body, "wait_timeout", json_object_new_string("50s"));
	a = post_as(token, STATEMENTS, json_object_to_json_string(body));
	json_object_put(body);
	return a;
}

struct answer *
sql(const char *statement)
{
	return sql_as(NULL, statement);
}
