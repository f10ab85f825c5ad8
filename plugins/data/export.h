/* SPDX-License-Identifier: Apache-2.0 */
/* Writes all rows of a statement to a file: export.c has its beginning and its end, export_rows.c
 * moves the chunks. */
#ifndef PLUGINS_DATA_EXPORT_H
#define PLUGINS_DATA_EXPORT_H

#include "data.h"

struct export_state;

#define EXPORT_AT_ONCE 4 /* chunks that are fetched at the same time */
#define EXPORT_FILE_MAX 256
#define EXPORT_STAGED "lakehost-result" /* never the name of a file: only of its parts */

enum export_form { EXPORT_CSV, EXPORT_JSONL, EXPORT_ARROW };

/* The handle of an operation that writes a file. */
struct export
{
	char id[64];
	int64_t begun_ms;
	char file[EXPORT_FILE_MAX]; /* a file of the host, or a path of the platform */
	enum export_form form;
	bool to_path;
};

#define EXPORT_VERSION 2
_Static_assert(sizeof(struct export) <= MCP_HANDLE_DATA_MAX, "a handle must fit");
_Static_assert(sizeof(struct export) != sizeof(struct statement), "handles differ by their sizes");

/* ---- export.c -------------------------------------------------------------------------------- */

/* Does the call want a file? */
bool export_wanted(struct mcp_call *call);
/* Reads the arguments. When they are not valid, the call fails and the result is false. */
bool export_read(struct mcp_call *call, struct export *export);
/* Is the handle of this call that of an export? Then it is read. */
bool export_handle(struct mcp_call *call, struct export *export);
/* Checks that the file can be made, then runs `fn`. */
int export_check(struct mcp_call *call, mcp_step_fn fn);
/* The call that continues the export. */
const char *export_next(struct mcp_call *call, const struct export *export);
/* The statement has succeeded: writes its rows. `reply` is its complete reply. */
int export_rows(struct mcp_call *call, const struct export *export, struct json_object *reply);
/* Will export_rows() write rows of this reply to a path? Otherwise it says why not. */
bool export_has_rows(struct mcp_call *call, const struct export *export, struct json_object *reply);
/* Removes what was written. For requests of a clean-up. */
struct mcp_http export_drop(struct mcp_call *call, const struct export *export);

/* ---- export_rows.c --------------------------------------------------------------------------- */

/* The state between two steps. */
struct export_state {
	struct export export;
	int64_t chunks, rows; /* rows: -1: not known */
	int64_t poll_ms;      /* when this poll began */
	uint64_t bytes;	      /* of the file so far */
	uint32_t have;	      /* chunks that the file has */
	uint32_t from, until; /* chunks that are being fetched */
	uint32_t ahead;	      /* the end of the chunks whose links are being requested */
	uint32_t lost;	      /* batches without progress, one after the other */
	bool links;	      /* the chunks are behind pre-signed links */
	bool truncated;	      /* the platform kept only a part of the result */
	bool gone;	      /* the result does not exist any more */
	int status;	      /* of the failure that ends the export */
	char why[300];
};

_Static_assert(sizeof(struct export_state) <= MCP_STATE_MAX, "the state must fit");

/* ---- export_path.c --------------------------------------------------------------------------- */

/* Checks the path and that nothing exists there, then runs `fn`. */
int export_path_check(struct mcp_call *call, const struct export *export, mcp_step_fn fn);
/* The most bytes of a file at the path. */
int64_t export_path_most(const struct export *export);
/* Fails the call when the path cannot hold a file of this size. */
bool export_path_holds(struct mcp_call *call, const struct export *export, int64_t bytes);
/* The file is joined: sends it to its path. */
int export_path_send(struct mcp_call *call, struct export_state *state);

/* The request for an operation on the file, which is not sent. */
struct mcp_http export_file(struct mcp_call *call, const struct export *export, enum mcp_file_op op,
			    uint32_t part);
/* Fetches the next chunks, or ends the export. */
int export_batch(struct mcp_call *call, struct export_state *state);
/* Ends the export without a file: removes what was written, and fails the call. */
int export_give_up(struct mcp_call *call, struct export_state *state, int status, const char *why);
/* Ends this poll; the next one continues. */
int export_working(struct mcp_call *call, const struct export_state *state);
/* Only this poll has failed, not the export. */
int export_missed(struct mcp_call *call, const struct export_state *state, const char *what,
		  enum mcp_status status, const char *why);
int export_done(struct mcp_call *call, struct export_state *state);

#endif
