/* SPDX-License-Identifier: Apache-2.0 */
/* What a SQL statement may do, judged by its words alone; what is not understood is not allowed. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUTH_SQL_H
#define CORE_AUTH_SQL_H

#include <stdbool.h>
#include <stddef.h>

/* True only of one statement that surely changes nothing: a query, SHOW, DESCRIBE, EXPLAIN, USE.
 * Functions that a query calls are not looked into. */
bool sql_only_reads(const char *sql, size_t len);

#endif
