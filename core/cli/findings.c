/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json_write.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "config/text.h"

static const struct {
	enum finding_level level;
	const char *code, *todo;
} kinds[] = {
#define X(name, level, code, todo) { FINDING_##level, code, todo },
	FINDINGS(X)
#undef X
};

static const char *const level_words[] = { "error", "warning", "note" };

void
findings_add(struct findings *findings, enum finding_kind kind, const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		memory_gone();
	text_to_line(text);
	findings->item =
	    xrealloc(findings->item, (findings->count + 1) * sizeof(findings->item[0]));
	findings->item[findings->count++] = (struct finding){ kind, text };
}

void
findings_fini(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		free(findings->item[i].text);
	free(findings->item);
	*findings = (struct findings){ 0 };
}

enum finding_level
finding_level(enum finding_kind kind)
{
	return kinds[kind].level;
}

size_t
findings_count(const struct findings *findings, enum finding_level level)
{
	size_t n = 0;

	for (size_t i = 0; i < findings->count; i++)
		n += kinds[findings->item[i].kind].level == level;
	return n;
}

void
findings_print(const struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		enum finding_kind kind = findings->item[i].kind;

		printf("%s %s: ", level_words[kinds[kind].level], kinds[kind].code);
		render_line(stdout, findings->item[i].text);
		printf("\n    %s\n", kinds[kind].todo);
	}
	printf("Errors: %zu. Warnings: %zu. Notes: %zu.\n", findings_count(findings, FINDING_ERROR),
	       findings_count(findings, FINDING_WARNING), findings_count(findings, FINDING_NOTE));
}

void
findings_write(const struct findings *findings, struct json *json)
{
	json_begin(json_member(json, "findings"), '[');
	for (size_t i = 0; i < findings->count; i++) {
		enum finding_kind kind = findings->item[i].kind;

		json_begin(json, '{');
		json_string(json_member(json, "level"), level_words[kinds[kind].level]);
		json_string(json_member(json, "code"), kinds[kind].code);
		json_string(json_member(json, "text"), findings->item[i].text);
		json_string(json_member(json, "do"), kinds[kind].todo);
		json_end(json);
	}
	json_end(json);
}
