/* SPDX-License-Identifier: Apache-2.0 */
#include "config/faults.h"

#include "config/text.h"

#define FAULTS_MAX 100 /* most faults that are kept, because a user does not read more */

void
config_faults_add(struct config_faults *faults, const char *format, ...)
{
	struct strings list = { .item = faults->line, .count = faults->count };
	va_list args;

	if (faults->count >= FAULTS_MAX)
		return;
	if (faults->count == FAULTS_MAX - 1)
		format = "there are more faults than these";
	va_start(args, format);
	strings_vprintf(&list, format, args);
	va_end(args);
	faults->line = list.item;
	faults->count = list.count;
}

void
config_faults_fini(struct config_faults *faults)
{
	struct strings list = { .item = faults->line, .count = faults->count };

	strings_fini(&list);
	*faults = (struct config_faults){ 0 };
}
