/* SPDX-License-Identifier: Apache-2.0 */
/* Assertions on texts, for the tests of egress. */
#ifndef TESTS_UNIT_EGRESS_ASSERT_H
#define TESTS_UNIT_EGRESS_ASSERT_H

#include "suite.h"

static inline void
assert_has(const char *text, const char *part)
{
	if (text == NULL || strstr(text, part) == NULL)
		printf("\n    \"%s\" should have \"%s\"", text != NULL ? text : "(null)", part);
	CU_ASSERT(text != NULL && strstr(text, part) != NULL);
}

static inline void
assert_lacks(const char *text, const char *part)
{
	if (text == NULL || strcasestr(text, part) != NULL)
		printf("\n    \"%s\" should not have \"%s\"", text != NULL ? text : "(null)", part);
	CU_ASSERT(text != NULL && strcasestr(text, part) == NULL);
}

#endif
