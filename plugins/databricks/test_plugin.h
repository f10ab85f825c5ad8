/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the Databricks plugins share: assertions on parts of texts. */
#ifndef PLUGINS_DATABRICKS_TEST_PLUGIN_H
#define PLUGINS_DATABRICKS_TEST_PLUGIN_H

#include <lakehost/fakehost.h>

#include "suite.h"

/* `text` holds `part`; says both when not. */
#define ASSERT_HAS(text, part)                                                                     \
	do {                                                                                       \
		const char *in_ = (text), *part_ = (part);                                         \
		if (strstr(in_, part_) == NULL)                                                    \
			printf("\n    %s:%d: \"%s\" should hold \"%s\"", __FILE__, __LINE__, in_,  \
			       part_);                                                             \
		CU_ASSERT(strstr(in_, part_) != NULL);                                             \
	} while (0)

#define ASSERT_LACKS(text, part)                                                                   \
	do {                                                                                       \
		const char *in_ = (text), *part_ = (part);                                         \
		if (strstr(in_, part_) != NULL)                                                    \
			printf("\n    %s:%d: \"%s\" should not hold \"%s\"", __FILE__, __LINE__,   \
			       in_, part_);                                                        \
		CU_ASSERT(strstr(in_, part_) == NULL);                                             \
	} while (0)

/* A failed call of a status, whose three lines hold these parts. */
#define ASSERT_FAILED(result, kind, what_, why_, next_)                                            \
	do {                                                                                       \
		const struct fakehost_result *r_ = (result);                                       \
		CU_ASSERT(r_->failed);                                                             \
		ASSERT_INT(r_->status, kind);                                                      \
		ASSERT_HAS(r_->what, what_);                                                       \
		ASSERT_HAS(r_->why, why_);                                                         \
		ASSERT_HAS(r_->next, next_);                                                       \
		ASSERT_INT(r_->unexpected, 0);                                                     \
	} while (0)

/* A successful call whose whole text is this. */
#define ASSERT_TEXT(result, text_)                                                                 \
	do {                                                                                       \
		const struct fakehost_result *r_ = (result);                                       \
		CU_ASSERT(!r_->failed);                                                            \
		ASSERT_STR(r_->text, text_);                                                       \
		ASSERT_INT(r_->unexpected, 0);                                                     \
	} while (0)

#endif
