/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_RUN_TABLE_LAST_H
#define CORE_RUN_TABLE_LAST_H

#include "run/table.h"

/* Writes the last line of a table whose `rows` are shown: how many rows of how many are shown,
 * which cells were cut, and how a caller continues. */
void table_last_line(const struct result_table *table, const struct table_rows *rows,
		     const struct mcp_table_end *end, const char *(*next)(void *data, size_t shown),
		     void *data, struct buf *out);

#endif
