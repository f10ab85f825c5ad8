/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The yardstick shows how fast libmicrohttpd, json-c and libcurl are in a program that does
 * little else. It parses a request, checks the required headers, runs the tool and answers. It
 * is not a complete server: it has no policy, schemas, sessions, limits, log or metrics, and
 * trusts its client.
 *
 * 	cref stdio
 * 	cref http PORT LOOPS [URL]	LOOPS: threads, each with a listener; URL: the upstream
 *
 * Tools: echo, hold (ms) and upstream; the last two by HTTP only. http.c is the other half. */
#include "cref.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DISCOVERED                                                                 \
	"{\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{\"tools\":{}}," \
	"\"serverInfo\":{\"name\":\"cref\",\"version\":\"1\"}}"

static _Thread_local json_tokener *parser;

static char *
must(char *text)
{
	if (text == NULL) {
		perror("cref");
		exit(1);
	}
	return text;
}

/* Takes ownership of `result`; borrows `id`. */
static void
finish(struct answer *answer, json_object *id, json_object *result)
{
	json_object *reply = json_object_new_object();
	const char *text;

	json_object_object_add(reply, "jsonrpc", json_object_new_string("2.0"));
	json_object_object_add(reply, "id", json_object_get(id));
	json_object_object_add(reply, "result", result);
	text = json_object_to_json_string_length(reply,
						 JSON_C_TO_STRING_PLAIN |
						     JSON_C_TO_STRING_NOSLASHESCAPE,
						 &answer->len);
	answer->text = must(malloc(answer->len + 2));
	memcpy(answer->text, text, answer->len + 1);
	json_object_put(reply);
}

static json_object *
text_result(json_object *text)
{
	json_object *result = json_object_new_object(), *content = json_object_new_array(),
		    *block = json_object_new_object();

	json_object_object_add(block, "type", json_object_new_string("text"));
	json_object_object_add(block, "text", text);
	json_object_array_add(content, block);
	json_object_object_add(result, "content", content);
	json_object_object_add(result, "resultType", json_object_new_string("complete"));
	return result;
}

void
answer_text(struct answer *answer, json_object *id, const char *text, size_t len)
{
	finish(answer, id, text_result(json_object_new_string_len(text, (int)len)));
}

static enum outcome
call_tool(json_object *id, json_object *params, struct answer *answer)
{
	json_object *name = NULL, *arguments = NULL, *value = NULL;
	const char *tool;

	if (!json_object_object_get_ex(params, "name", &name) ||
	    !json_object_object_get_ex(params, "arguments", &arguments))
		return BAD;
	tool = json_object_get_string(name);
	if (strcmp(tool, "echo") == 0) {
		json_object_object_get_ex(arguments, "text", &value);
		answer_text(answer, id, json_object_get_string(value),
			    (size_t)json_object_get_string_len(value));
		return ANSWERED;
	}
	if (strcmp(tool, "hold") != 0 && strcmp(tool, "upstream") != 0)
		return BAD;
	answer->id = json_object_get(id);
	answer->upstream = tool[0] == 'u';
	if (json_object_object_get_ex(arguments, "ms", &value))
		answer->hold_ms = json_object_get_int(value);
	return LATER;
}

static enum outcome
dispatch(json_object *message, struct answer *answer)
{
	json_object *method = NULL, *id = NULL, *params = NULL, *meta = NULL, *version = NULL;
	const char *name;

	if (!json_object_object_get_ex(message, "method", &method) ||
	    !json_object_object_get_ex(message, "params", &params) ||
	    !json_object_object_get_ex(params, "_meta", &meta) ||
	    !json_object_object_get_ex(meta, "io.modelcontextprotocol/protocolVersion", &version) ||
	    strcmp(json_object_get_string(version), "2026-07-28") != 0 ||
	    !json_object_object_get_ex(message, "id", &id))
		return BAD;
	name = json_object_get_string(method);
	if (strcmp(name, "tools/call") == 0)
		return call_tool(id, params, answer);
	if (strcmp(name, "server/discover") != 0)
		return BAD;
	finish(answer, id, json_tokener_parse(DISCOVERED));
	return ANSWERED;
}

enum outcome
handle(const char *text, size_t len, struct answer *answer)
{
	json_object *message;
	enum outcome outcome = BAD;

	memset(answer, 0, sizeof(*answer));
	if (parser == NULL)
		parser = json_tokener_new();
	json_tokener_reset(parser);
	message = json_tokener_parse_ex(parser, text, (int)len);
	if (message != NULL)
		outcome = dispatch(message, answer);
	json_object_put(message);
	return outcome;
}

/* ---- stdio: all lines of one read are answered with one write ---- */

struct bytes {
	char *data;
	size_t len, cap;
};

static void
append(struct bytes *bytes, const char *data, size_t len)
{
	if (bytes->len + len > bytes->cap) {
		bytes->cap = 2 * (bytes->len + len);
		bytes->data = must(realloc(bytes->data, bytes->cap));
	}
	memcpy(bytes->data + bytes->len, data, len);
	bytes->len += len;
}

static void
write_all(struct bytes *bytes)
{
	for (size_t done = 0; done < bytes->len;) {
		ssize_t n = write(STDOUT_FILENO, bytes->data + done, bytes->len - done);

		if (n <= 0)
			exit(0);
		done += (size_t)n;
	}
	bytes->len = 0;
}

static void
answer_lines(struct bytes *in, struct bytes *out)
{
	char *line = in->data, *end = in->data + in->len, *next;

	for (; (next = memchr(line, '\n', (size_t)(end - line))) != NULL; line = next + 1) {
		struct answer answer;

		if (handle(line, (size_t)(next - line), &answer) != ANSWERED) {
			fprintf(stderr, "cref: cannot answer: %.*s\n", (int)(next - line), line);
			exit(1);
		}
		answer.text[answer.len] = '\n';
		append(out, answer.text, answer.len + 1);
		free(answer.text);
	}
	in->len = (size_t)(end - line);
	memmove(in->data, line, in->len);
}

static int
run_stdio(void)
{
	struct bytes in = { 0 }, out = { 0 };
	static char piece[1 << 18];
	ssize_t n;

	while ((n = read(STDIN_FILENO, piece, sizeof(piece))) > 0) {
		append(&in, piece, (size_t)n);
		answer_lines(&in, &out);
		write_all(&out);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "stdio") == 0)
		return run_stdio();
	if ((argc == 4 || argc == 5) && strcmp(argv[1], "http") == 0)
		return run_http(atoi(argv[2]), atoi(argv[3]), argc == 5 ? argv[4] : NULL);
	fprintf(stderr, "usage: cref stdio | cref http PORT LOOPS [URL]\n");
	return 2;
}
