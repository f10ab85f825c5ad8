/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the masks. The first byte says whether the text was cut, and whether it is kept. The
 * result has no value any more. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/mask.h"

#define VALUE "secret/of \"all\""
#define OTHER "short-one"

static void
add_values(void)
{
	static bool added;

	if (added)
		return;
	added = true;
	mask_pin(VALUE, strlen(VALUE));
	mask_add_in("plugin", OTHER, strlen(OTHER), 0);
}

static bool
shows(const char *text, size_t len, const char *value)
{
	return memmem(text, len, value, strlen(value)) != NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *before, *text = (const char *)data + 1;
	size_t n = len - 1;
	char *masked;
	bool needed;

	if (len < 1)
		return 0;
	add_values();
	before = mask_enter("plugin");
	mask_cut_texts((data[0] & 1) != 0);
	needed = mask_record_needed(text, n);
	masked = (data[0] & 2) != 0 ? mask_record(text, n, &n) : mask_apply(text, n, &n);
	PROMISE(masked == NULL || needed);
	PROMISE(masked == NULL || (n < len && masked[n] == '\0'));
	PROMISE(!shows(masked != NULL ? masked : text, n, VALUE));
	PROMISE(!shows(masked != NULL ? masked : text, n, OTHER));
	mask_cut_texts(false);
	mask_enter(before);
	free(masked);
	return 0;
}
