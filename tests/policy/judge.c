/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks the classifier of SQL with a corpus. Each line of a file is a JSON object:
 *   {"sql": statement, "class": the expected class, "judge": the source of that,
 *    "reveals": true if it may show a secret, "functions": [policy.read_functions]}
 *   judge FILE...           checks all lines; the last output line has the counts
 *   judge --print FILE...   prints {"class", "flaw", "reveals"} for each line instead
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "config/config.h"
#include "policy/sql.h"

#define LINE_MAX_BYTES (1u << 20)

static unsigned passed, failed;

static struct strings
functions_of(struct json_object *line)
{
	struct json_object *list = json_arr(line, "functions");
	size_t count = list != NULL ? json_object_array_length(list) : 0;
	struct strings strings = { .item = xcalloc(count + 1, sizeof(char *)), .count = count };

	for (size_t i = 0; i < count; i++) {
		struct json_object *item = json_object_array_get_idx(list, i);

		strings.item[i] = xstrdup(json_object_get_string(item));
	}
	return strings;
}

static void
print(const struct sql_verdict *verdict)
{
	printf("{\"class\":\"%s\",\"flaw\":%d,\"reveals\":%s}\n", sql_class_name(verdict->class),
	       verdict->flaw, verdict->reveals ? "true" : "false");
}

static void
check(const char *where, struct json_object *line, const struct sql_verdict *verdict)
{
	const char *class = json_str(line, "class"), *judge = json_str(line, "judge");
	bool known = judge != NULL && (strcmp(judge, "spark") == 0 ||
				       strcmp(judge, "databricks-sql-reference") == 0);

	if (class != NULL && known && strcmp(class, sql_class_name(verdict->class)) == 0 &&
	    json_flag(line, "reveals", false) == verdict->reveals) {
		passed++;
		return;
	}
	failed++;
	printf("%s: %s, not %s%s: %s\n", where, sql_class_name(verdict->class),
	       class != NULL ? class : "(no class)", verdict->reveals ? ", and reveals" : "",
	       json_object_to_json_string_ext(json_get(line, "sql"), JSON_C_TO_STRING_PLAIN));
}

static void
judge(const char *where, const char *text, size_t len, bool prints)
{
	const char *why = NULL;
	size_t at = 0;
	struct json_object *line = json_parse(text, len, &json_inbound, &why, &at);
	struct json_object *sql = json_get(line, "sql");
	struct strings functions = functions_of(line);
	struct sql_rules rules = { .functions = &functions };
	struct sql_verdict verdict;

	if (!json_object_is_type(sql, json_type_string)) {
		printf("%s: no statement: %s\n", where, why != NULL ? why : "no member sql");
		failed++;
	} else {
		sql_judge(json_object_get_string(sql), (size_t)json_object_get_string_len(sql),
			  &rules, &verdict);
		if (prints)
			print(&verdict);
		else
			check(where, line, &verdict);
	}
	for (size_t i = 0; i < functions.count; i++)
		free(functions.item[i]);
	free(functions.item);
	json_object_put(line);
}

static void
judge_file(const char *path, bool prints)
{
	FILE *file = fopen(path, "r");
	char *line = NULL, where[512];
	size_t room = 0;
	ssize_t len;

	if (file == NULL) {
		perror(path);
		exit(2);
	}
	for (unsigned number = 1; (len = getline(&line, &room, file)) > 0; number++) {
		snprintf(where, sizeof(where), "%s:%u", path, number);
		if ((size_t)len > LINE_MAX_BYTES) {
			fprintf(stderr, "%s: the line is too long\n", where);
			exit(2);
		}
		judge(where, line, (size_t)len, prints);
	}
	free(line);
	fclose(file);
}

int
main(int argc, char **argv)
{
	bool prints = argc > 1 && strcmp(argv[1], "--print") == 0;

	if (argc < 2 + prints) {
		fprintf(stderr, "usage: %s [--print] FILE...\n", argv[0]);
		return 2;
	}
	for (int i = 1 + prints; i < argc; i++)
		judge_file(argv[i], prints);
	if (!prints)
		printf("%u passed, %u failed\n", passed, failed);
	return failed == 0 && (prints || passed > 0) ? 0 : 1;
}
