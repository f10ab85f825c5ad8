/* SPDX-License-Identifier: Apache-2.0 */
/* lakehost read URI */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "host/host.h"

/* Writes one content to the stream: its text, or its decoded bytes. */
static bool
write_content(FILE *out, struct json_object *content)
{
	struct json_object *text = json_get(content, "text");
	struct json_object *blob = json_get(content, "blob");
	unsigned char *bytes;
	size_t len;
	bool ok;

	if (text != NULL)
		return fwrite(json_object_get_string(text), 1,
			      (size_t)json_object_get_string_len(text),
			      out) == (size_t)json_object_get_string_len(text);
	if (blob == NULL)
		return true;
	len = (size_t)json_object_get_string_len(blob);
	bytes = xmalloc(len / 4 * 3 + 3);
	ok = base64_decode(json_object_get_string(blob), len, bytes, &len) &&
	     fwrite(bytes, 1, len, out) == len;
	free(bytes);
	return ok;
}

static int
write_file(const char *path, struct json_object *contents)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
	bool ok = out != NULL;

	for (size_t i = 0; ok && i < json_object_array_length(contents); i++)
		ok = write_content(out, json_object_array_get_idx(contents, i));
	if (out != NULL && fclose(out) != 0)
		ok = false;
	if (!ok)
		fprintf(stderr, "lakehost: %s: %s\n", path, strerror(errno));
	return ok ? 0 : 1;
}

static void
print_contents(struct json_object *contents)
{
	int width = render_terminal_width();

	for (size_t i = 0; i < json_object_array_length(contents); i++) {
		struct json_object *content = json_object_array_get_idx(contents, i);
		struct json_object *text = json_get(content, "text");

		if (text != NULL && width > 0)
			render_text(stdout, json_object_get_string(text),
				    (size_t)json_object_get_string_len(text), width);
		else if (width > 0)
			printf("[%s, binary; --output FILE saves it]\n", json_str(content, "uri"));
		else
			write_content(stdout, content);
	}
}

/* the error of MCP for a missing resource contains only this fact */
static void
tell_unknown(const struct local_answer *answer, const char *uri)
{
	if (answer->cancelled || json_obj(answer->error, "data") == NULL ||
	    json_str(json_obj(answer->error, "data"), "uri") == NULL)
		return;
	fputs("There is no resource ", stderr);
	render_line(stderr, uri);
	fputs("; \"lakehost resources\" lists all resources.\n", stderr);
}

int
cli_read(struct cli *cli)
{
	struct host *host = cli_host(cli);
	struct json_object *params, *contents;
	struct local_answer answer;
	int status = 1;

	if (host == NULL)
		return 1;
	setlocale(LC_CTYPE, "C.UTF-8");
	params = json_object_new_object();
	json_object_object_add(params, "uri", json_object_new_string(cli->argument[0]));
	local_request(host, "resources/read", params, NULL, NULL, &answer);
	contents = json_arr(answer.result, "contents");
	if (contents == NULL) {
		local_print_error(&answer);
		tell_unknown(&answer, cli->argument[0]);
	} else if (cli->output != NULL) {
		status = write_file(cli->output, contents);
	} else {
		if (cli->json)
			puts(json_object_to_json_string_ext(answer.result,
							    JSON_C_TO_STRING_PRETTY |
								JSON_C_TO_STRING_NOSLASHESCAPE));
		else
			print_contents(contents);
		status = 0;
	}
	local_answer_fini(&answer);
	host_free(host);
	return status;
}
