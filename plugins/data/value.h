/* SPDX-License-Identifier: Apache-2.0 */
/* The values of cells. A cell is a text; how it is compared depends on the type of its column. */
#ifndef PLUGINS_DATA_VALUE_H
#define PLUGINS_DATA_VALUE_H

#include "databricks.h"

enum value_kind {
	VALUE_TEXT,    /* by its bytes: also dates and times, whose text has the order of time */
	VALUE_NUMBER,  /* integers and decimals, exactly, with any number of digits */
	VALUE_FLOAT,   /* NaN is equal to NaN, and larger than all other numbers, as in Spark */
	VALUE_BOOLEAN, /* false is less than true */
};

#define SUM_PARTS 12u	/* of nine digits each */
#define SUM_FRACTION 5u /* parts behind the point */

/* An exact sum of integers and decimals. */
struct value_sum {
	uint64_t part[2][SUM_PARTS]; /* of the numbers above and below 0, the lowest part first */
	size_t scale;		     /* the most digits behind the point */
};

/* The kind of a type, as the manifest of a statement names it. */
enum value_kind value_kind(const char *type_name);
/* Can the text be compared with cells of this kind? */
bool value_valid(enum value_kind kind, struct mcp_text text);
/* Less than 0, 0 or more than 0. Texts without data (NULL) come first. */
int value_compare(enum value_kind kind, struct mcp_text a, struct mcp_text b);
/* False: the text is not an integer or a decimal of at most 38 digits. */
bool value_add(struct value_sum *sum, struct mcp_text text);
/* The sum with all its digits; a text of the step. */
const char *value_sum(struct mcp_call *call, const struct value_sum *sum);
double value_double(struct mcp_text text);

#endif
