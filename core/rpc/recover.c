/* SPDX-License-Identifier: Apache-2.0 */
/* A scanner that reads its input as JSON for as long as possible. */
#include "rpc/recover.h"

#include <string.h>

#include "base/check.h"
#include "base/json.h"

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
key_is(const struct recover *recover, const char *name)
{
	return recover->key_len == strlen(name) &&
	       memcmp(recover->key, name, recover->key_len) == 0;
}

static void
take(struct recover *recover, char c)
{
	if (recover->taking && recover->id_len <= RECOVER_ID_MAX) {
		if (recover->id_len < RECOVER_ID_MAX)
			recover->id[recover->id_len] = c;
		recover->id_len++;
	}
}

static void
begin_value(struct recover *recover)
{
	recover->taking = key_is(recover, "id");
	if (recover->taking) {
		recover->ids++;
		recover->id_len = 0;
	}
	recover->request |= key_is(recover, "method");
	recover->response |= key_is(recover, "result") || key_is(recover, "error");
	recover->state = RECOVER_WITHIN;
}

static void
in_string(struct recover *recover, char c)
{
	CHECK(recover->text != RECOVER_PLAIN);
	if (recover->text == RECOVER_ESCAPE)
		recover->text = RECOVER_STRING;
	else if (c == '\\')
		recover->text = RECOVER_ESCAPE;
	else if (c == '"')
		recover->text = RECOVER_PLAIN;
}

/* The position is inside a value of the top level. */
static void
within(struct recover *recover, char c)
{
	if (recover->text != RECOVER_PLAIN) {
		in_string(recover, c);
		take(recover, c);
		return;
	}
	if (recover->depth == 0 && (c == ',' || c == '}')) {
		recover->taking = false;
		recover->state = c == ',' ? RECOVER_KEY : RECOVER_OVER;
		return;
	}
	if (c == '"')
		recover->text = RECOVER_STRING;
	else if (c == '{' || c == '[')
		recover->depth++;
	else if ((c == '}' || c == ']') && recover->depth > 0)
		recover->depth--;
	take(recover, c);
}

static void
name(struct recover *recover, char c)
{
	in_string(recover, c);
	if (recover->text == RECOVER_PLAIN) {
		recover->state = RECOVER_COLON;
		return;
	}
	if (recover->key_len < RECOVER_KEY_MAX)
		recover->key[recover->key_len] = c;
	recover->key_len += recover->key_len <= RECOVER_KEY_MAX;
}

/* Positions where, besides white space, only one character is allowed. */
static void
expect(struct recover *recover, char c, char wanted, enum recover_state next)
{
	if (!is_space(c))
		recover->state = c == wanted ? next : RECOVER_OVER;
}

static void
feed(struct recover *recover, char c)
{
	switch (recover->state) {
	case RECOVER_START:
		/* the byte is not part of a byte order mark */
		if (strchr("\xEF\xBB\xBF", c) == NULL || c == '\0')
			expect(recover, c, '{', RECOVER_KEY);
		break;
	case RECOVER_KEY:
		expect(recover, c, '"', RECOVER_NAME);
		if (recover->state == RECOVER_NAME)
			recover->text = RECOVER_STRING;
		recover->key_len = 0;
		break;
	case RECOVER_NAME: name(recover, c); break;
	case RECOVER_COLON: expect(recover, c, ':', RECOVER_VALUE); break;
	case RECOVER_VALUE:
		if (is_space(c))
			break;
		begin_value(recover);
		within(recover, c);
		break;
	case RECOVER_WITHIN: within(recover, c); break;
	case RECOVER_OVER: break;
	}
}

/* Most bytes of a long message are inside strings, so those bytes are skipped quickly. */
static size_t
plain_run(const struct recover *recover, const char *text, size_t len)
{
	size_t n = 0;

	if (recover->state != RECOVER_WITHIN || recover->text != RECOVER_STRING || recover->taking)
		return 0;
	while (n < len && text[n] != '"' && text[n] != '\\')
		n++;
	return n;
}

void
recover_feed(struct recover *recover, const char *text, size_t len)
{
	for (size_t i = 0; i < len && recover->state != RECOVER_OVER;) {
		i += plain_run(recover, text + i, len - i);
		if (i < len)
			feed(recover, text[i++]);
	}
}

/* Reads a string, or an integer in plain digits. */
static bool
is_id(const char *text, size_t len)
{
	const struct json_limits limits = {
		.bytes = RECOVER_ID_MAX, .depth = 1, .members = 1, .number = 20
	};

	if (json_gate(text, len, &limits, NULL) != NULL)
		return false;
	return text[0] == '"' ||
	       strspn(text + (text[0] == '-'), "0123456789") == len - (text[0] == '-');
}

const char *
recover_id(struct recover *recover)
{
	size_t len = recover->id_len;

	if (recover->ids != 1 || recover->taking || len > RECOVER_ID_MAX ||
	    (recover->response && !recover->request))
		return NULL;
	while (len > 0 && is_space(recover->id[len - 1]))
		len--;
	CHECK(len < sizeof(recover->id));
	recover->id[len] = '\0';
	return len > 0 && is_id(recover->id, len) ? recover->id : NULL;
}
