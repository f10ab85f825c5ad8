/* SPDX-License-Identifier: Apache-2.0 */
/* See expect.h. */
#include "test/expect.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

void
expect(const char *method, const char *path, const char *body, long status, const char *code)
{
	struct answer *a = call_with(method, path, body, NULL, NULL);
	bool same =
	    a->status == status && (code == NULL || strcmp(text_at(a, "error_code"), code) == 0);

	if (!same)
		printf("\n    %s %.150s: %ld %.200s, should be %ld %s", method, path, a->status,
		       a->text, status, code != NULL ? code : "");
	CU_ASSERT(same);
	answer_free(a);
}

struct answer *
fetch(const char *method, const char *path, const char *body)
{
	struct answer *a = call_with(method, path, body, NULL, NULL);

	if (a->status != 200)
		printf("\n    %s %.150s: %ld %.300s", method, path, a->status, a->text);
	CU_ASSERT_EQUAL(a->status, 200);
	return a;
}

void
expect_text(const char *path, const char *member, const char *wanted)
{
	struct answer *a = fetch("GET", path, NULL);
	bool same = strcmp(text_at(a, member), wanted) == 0;

	if (!same)
		printf("\n    GET %.150s: %s is %.200s, should be %s", path, member,
		       text_at(a, member), wanted);
	CU_ASSERT(same);
	answer_free(a);
}

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *
base64(const void *data, size_t len)
{
	const unsigned char *in = data;
	char *out = calloc(1, (len + 2) / 3 * 4 + 1), *to = out;

	for (size_t i = 0; i < len; i += 3) {
		unsigned bits = (unsigned)in[i] << 16;

		bits |= i + 1 < len ? (unsigned)in[i + 1] << 8 : 0;
		bits |= i + 2 < len ? in[i + 2] : 0;
		*to++ = digits[bits >> 18];
		*to++ = digits[bits >> 12 & 63];
		*to++ = i + 1 < len ? digits[bits >> 6 & 63] : '=';
		*to++ = i + 2 < len ? digits[bits & 63] : '=';
	}
	return out;
}

char *
unbase64(const char *text)
{
	char *out = calloc(1, strlen(text) + 1);
	unsigned bits = 0;
	size_t n = 0;
	int have = 0;

	for (; *text != '\0' && *text != '='; text++) {
		const char *digit = strchr(digits, *text);

		bits = (bits << 6 | (unsigned)(digit != NULL ? digit - digits : 0)) & 0xffffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (char)(bits >> have & 0xff);
		}
	}
	return out;
}

char *
text_of(const char *fmt, ...)
{
	char *out = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&out, fmt, args) < 0)
		abort();
	va_end(args);
	return out;
}

bool
holds(const char *text, const char *part)
{
	bool found = strstr(text, part) != NULL;

	if (!found)
		printf("\n    no \"%s\" in \"%.300s\"", part, text);
	return found;
}

int
entries_of(const char *folder)
{
	char *path = text_of("%s/default/%s", sandbox.dir, folder);
	DIR *dir = opendir(path);
	struct dirent *entry;
	int n = 0;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		n += entry->d_name[0] != '.';
	if (dir != NULL)
		closedir(dir);
	free(path);
	return n;
}

bool
becomes_empty(const char *folder)
{
	int empty = 0;

	/* in a loop: an upload may still be in progress, so one check is not enough */
	for (int i = 0; i < 3000 && empty < 5; i++) {
		empty = entries_of(folder) == 0 ? empty + 1 : 0;
		usleep(20000);
	}
	return empty == 5;
}
