/* SPDX-License-Identifier: Apache-2.0 */
#include "module/refusal.h"

#include <stdarg.h>
#include <stdio.h>

const char *
plugin_refusal_text(enum plugin_refusal refusal)
{
	static const char *const text[] = { [PLUGIN_OK] = "in order",
#define X(name, words) [PLUGIN_##name] = (words),
					    PLUGIN_REFUSALS(X)
#undef X
	};

	return text[refusal];
}

bool
refusal_set(struct refusal *refusal, enum plugin_refusal kind, const char *format, ...)
{
	va_list args;

	refusal->kind = kind;
	va_start(args, format);
	vsnprintf(refusal->why, sizeof(refusal->why), format, args);
	va_end(args);
	return false;
}
