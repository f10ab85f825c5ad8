/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Converts JSON with rows, [[cell, …], …], to CSV (RFC 4180) or to lines of JSON objects, piece by
 * piece, with a fixed amount of memory. A cell is a string or null; another value is copied as it
 * is. For threads of the pool; each converter belongs to one thread.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_ROWS_H
#define CORE_EGRESS_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#define ROWS_FEED_MAX (64u << 10) /* bytes of one rows_feed() */
#define ROWS_OUT_MAX (16u << 20)  /* most bytes that they become */

struct buf;
struct rows;

/* `spec` is the member `rows` of struct mcp_http. NULL when it is not valid. */
struct rows *rows_new(const char *spec);
void rows_free(struct rows *rows); /* NULL is allowed */
/* Writes what stands before the first row of a file: the names of the columns in CSV, nothing for
 * lines of JSON. */
void rows_head(const struct rows *rows, struct buf *out);
/* Begins a new text, which must be fed completely. */
void rows_begin(struct rows *rows);
/* Converts the next bytes, at most ROWS_FEED_MAX. False: they are no JSON with rows, or `out` is
 * full. */
bool rows_feed(struct rows *rows, const char *data, size_t len, struct buf *out);
/* Is the text complete? */
bool rows_end(const struct rows *rows);

#endif
