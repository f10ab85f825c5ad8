/* SPDX-License-Identifier: Apache-2.0 */
/* Assertions on parts of texts, shared by the tests of the Databricks plugins. */
#ifndef PLUGINS_DATABRICKS_TEST_PLUGIN_H
#define PLUGINS_DATABRICKS_TEST_PLUGIN_H

#include <lakehost/fakehost.h>

#include "suite.h"

/* Asserts that `text` contains `part`; prints both when it does not. */
static inline bool
text_holds(const char *text, const char *part, bool wanted, const char *file, int line)
{
	bool holds = text != NULL && strstr(text, part) != NULL;

	if (holds != wanted)
		printf("\n    %s:%d: \"%s\" %s hold \"%s\"", file, line,
		       text != NULL ? text : "(nothing)", wanted ? "should" : "must not", part);
	return holds == wanted;
}

#define ASSERT_HAS(text, part) CU_ASSERT(text_holds(text, part, true, __FILE__, __LINE__))
#define ASSERT_LACKS(text, part) CU_ASSERT(text_holds(text, part, false, __FILE__, __LINE__))

/* Asserts that a call failed with this status, and that its three lines contain these parts. */
#define ASSERT_FAILED(result, kind, what_, why_, next_)      \
	do {                                                 \
		const struct fakehost_result *r_ = (result); \
		CU_ASSERT(r_->failed);                       \
		ASSERT_INT(r_->status, kind);                \
		ASSERT_HAS(r_->what, what_);                 \
		ASSERT_HAS(r_->why, why_);                   \
		ASSERT_HAS(r_->next, next_);                 \
		ASSERT_INT(r_->unexpected, 0);               \
	} while (0)

/* Asserts that a call succeeded with exactly this text. */
#define ASSERT_TEXT(result, text_)                           \
	do {                                                 \
		const struct fakehost_result *r_ = (result); \
		CU_ASSERT(!r_->failed);                      \
		ASSERT_STR(r_->text, text_);                 \
		ASSERT_INT(r_->unexpected, 0);               \
	} while (0)

#endif
