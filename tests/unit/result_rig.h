/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the result writer share: results are filled and read in one line. */
#ifndef TESTS_UNIT_RESULT_RIG_H
#define TESTS_UNIT_RESULT_RIG_H

#include "run/result.h"
#include "run/table.h"

extern const struct result_limits usual; /* 100 rows, 40000 bytes of text, 200 of a cell */

/* All text of a result, blocks joined by newlines; valid until the next call. */
const char *text_of(const struct result *result);
/* Adds a block of text; what result_block says. */
int say(struct result *result, const char *text, bool untrusted);
/* Adds a row of at most 8 cells, which the result must answer with `expected`. */
void row(struct result *result, const char *const *cells, size_t n, int expected);
/* A whole result: one table of `offered` rows of one column, and its end. */
void table(struct result *result, enum result_format format, size_t rows, size_t offered,
	   const struct mcp_table_end *end);

#endif
