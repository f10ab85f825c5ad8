/* SPDX-License-Identifier: Apache-2.0 */
/* Asserts that a text contains a part, or does not contain it. Prints both on failure. */
#ifndef TESTS_UNIT_TEXTS_H
#define TESTS_UNIT_TEXTS_H

#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

static inline void
has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		printf("\n    \"%.600s\" lacks \"%s\"", text, part);
	CU_ASSERT(strstr(text, part) != NULL);
}

static inline void
lacks(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		printf("\n    \"%.600s\" has \"%s\"", text, part);
	CU_ASSERT(strstr(text, part) == NULL);
}

#endif
