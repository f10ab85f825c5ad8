/* SPDX-License-Identifier: Apache-2.0 */
/* Accept fields: media ranges with their weights. */
#include "transport/accept.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Reads one element of the list, from `text` up to `end`. */
struct range {
	const char *text, *end;
	size_t len; /* length of the media range only, without parameters and white space */
};

static bool
range_is(const struct range *range, const char *name)
{
	return range->len == strlen(name) && strncasecmp(range->text, name, range->len) == 0;
}

/* Is the weight above zero? Other parameters are ignored. */
static bool
has_weight(const struct range *range)
{
	const char *at = memchr(range->text, ';', (size_t)(range->end - range->text));

	while (at != NULL && at < range->end) {
		const char *name = at + 1 + strspn(at + 1, " \t");

		if (name + 1 < range->end && (*name == 'q' || *name == 'Q') && name[1] == '=')
			return strtod(name + 2, NULL) > 0;
		at = memchr(at + 1, ';', (size_t)(range->end - at - 1));
	}
	return true;
}

static void
apply(struct accept_type *type, const struct range *range, const char *family, const char *name)
{
	unsigned specificity = range_is(range, name)   ? 3
			     : range_is(range, family) ? 2
			     : range_is(range, "*/*")  ? 1
						       : 0;

	if (specificity == 0 || specificity < type->specificity)
		return;
	if (specificity > type->specificity)
		type->admitted = false;
	type->specificity = specificity;
	type->admitted |= has_weight(range);
}

void
accept_read(struct accept *accept, const char *value)
{
	accept->given = true;
	while (*value != '\0') {
		struct range range = { .text = value + strspn(value, " \t,") };

		range.end = range.text + strcspn(range.text, ",");
		range.len = strcspn(range.text, ";, \t");
		apply(&accept->json, &range, "application/*", "application/json");
		apply(&accept->stream, &range, "text/*", "text/event-stream");
		value = range.end;
	}
}

bool
accept_json(const struct accept *accept)
{
	return !accept->given || accept->json.admitted;
}

bool
accept_stream(const struct accept *accept)
{
	return accept->stream.admitted;
}
