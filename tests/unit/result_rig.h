/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that the tests of the result writer share. Each of them fills or reads a result in one
 * line. */
#ifndef TESTS_UNIT_RESULT_RIG_H
#define TESTS_UNIT_RESULT_RIG_H

#include "run/result.h"
#include "run/table.h"

/* limits: 100 rows, 40000 bytes of text, 200 characters of a cell */
extern const struct result_limits usual;

/* All text of a result, blocks joined by newlines; valid until the next call. */
const char *text_of(const struct result *result);
/* Adds a block of text. Returns the status of result_block(). */
int say(struct result *result, const char *text, bool untrusted);
/* Adds a row of at most 8 cells, and asserts the status `expected`. */
void row(struct result *result, const char *const *cells, size_t n, int expected);
/* Makes a complete result: one table of `offered` rows with one column, and its end. */
void table(struct result *result, enum result_format format, size_t rows, size_t offered,
	   const struct mcp_table_end *end);

#endif
