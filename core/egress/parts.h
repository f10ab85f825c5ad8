/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that is joined from the bodies of several requests (`part_of` of struct mcp_http). All of
 * its state is in the folder of the file, so that another call or another process can continue:
 *
 *	.lakehost-KEY.COUNT.BYTES.part	the joined file: how many parts it has, and how many bytes
 *	.lakehost-KEY.N.piece		part N, incomplete
 *	.lakehost-KEY.N.done		part N, complete
 *	.lakehost-KEY.rows		how rows are converted
 *
 * KEY is made from the name of the file and `part_of`. Who works on one of these files has a lock
 * on it (flock). With a suffix the complete parts have their own names, and the joined file is
 * empty. All functions are for threads of the pool.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_PARTS_H
#define CORE_EGRESS_PARTS_H

#include "egress/transfer_file.h"

/* Seconds after which a file that nothing works on is removed. */
#define PARTS_STALE_S (24 * 60 * 60)

struct parts {
	const struct strings *dirs; /* of the configuration */
	const char *path;	    /* the name of the file */
	const char *of, *suffix;    /* part_of, part_suffix */
	uint32_t until;		    /* to join: the parts before this one */
	const char *rows;	    /* to join: how rows are converted; or NULL */
};

struct parts_far {
	uint32_t count; /* parts that the file has */
	uint64_t bytes;
	bool begun; /* there is a joined file */
	bool busy;  /* with MCP_E_CONFLICT: another call works on the file */
};

/* Works on the file as the comment of enum mcp_file_op says. */
enum mcp_status parts_work(const struct parts *parts, enum mcp_file_op op, struct parts_far *far,
			   char *why, size_t why_size);
/* Opens part number `number` for writing, where it ends. */
enum mcp_status parts_open(const struct parts *parts, uint32_t number, struct transfer_file *file,
			   char *why, size_t why_size);
/* Opens the joined file for reading. */
enum mcp_status parts_read(const struct parts *parts, struct transfer_file *file, char *why,
			   size_t why_size);

#endif
