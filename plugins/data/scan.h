/* SPDX-License-Identifier: Apache-2.0 */
/* Reads JSON with rows, [[cell, …], …], without a tree: row by row, from the bytes of the reply. */
#ifndef PLUGINS_DATA_SCAN_H
#define PLUGINS_DATA_SCAN_H

#include "databricks.h"

/* All pointers are into the bytes of the reply. */
struct scan {
	const char *at, *end;
	const char *row, *row_end; /* the row that scan_row() found: between its brackets */
	bool escapes;		   /* this row has backslashes */
	bool begun, bad;
	char *scratch; /* for the text of a cell with escapes */
	size_t room;
	const char *text; /* what is searched for */
	size_t text_len;
	uint8_t move[256];
};

/* Begins to read. False: the bytes do not begin with a list. */
bool scan_begin(struct scan *scan, const char *data, size_t len);
/* Finds the next row. False: there is none; `bad` says that the bytes are not a list of rows. */
bool scan_row(struct scan *scan);
/* Reads the cells of the row, at most `most`, and returns how many there are; -1: the row is not
 * valid. Text is borrowed from the reply, or from `scan` until the next row is read. null has no
 * data. */
int64_t scan_cells(struct mcp_call *call, struct scan *scan, struct mcp_text *cells, size_t most);
/* Sets the text that is searched for; NULL: every row has it. */
void scan_search(struct scan *scan, const char *text);
/* Does a cell of the row contain the text, in upper or lower case? */
bool scan_holds(struct mcp_call *call, struct scan *scan);

#endif
