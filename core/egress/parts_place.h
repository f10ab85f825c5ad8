/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of a file that is made from parts, and the names in it (parts.h). For threads of the
 * pool. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_PARTS_PLACE_H
#define CORE_EGRESS_PARTS_PLACE_H

#include "egress/parts.h"

#define PARTS_NAME_MAX 96 /* bytes of a temporary name */
#define PARTS_KEY_DIGITS 24

struct parts_place {
	int dir;
	char *name;						 /* of the file */
	char prefix[sizeof(TRANSFER_PREFIX) + PARTS_KEY_DIGITS]; /* of its temporary names */
};

/* MCP_OK, then the place must be closed; or a failure with `why`. */
enum mcp_status parts_place_open(struct parts_place *place, const struct parts *parts, char *why,
				 size_t why_size);
void parts_place_close(struct parts_place *place);
/* Another call works on the file. `far` may be NULL. */
enum mcp_status parts_busy(struct parts_far *far, const char *path, char *why, size_t why_size);
/* Finds the joined file. False when there is none. */
bool parts_find(const struct parts_place *place, char name[PARTS_NAME_MAX], struct parts_far *far);
/* Opens and locks the joined file. -1 with errno: EWOULDBLOCK when another call works on it, ENOENT
 * when there is none. */
int parts_open_joined(const struct parts_place *place, int flags, int lock,
		      char name[PARTS_NAME_MAX], struct parts_far *far);
/* Removes the joined file and all parts that have no name of their own. */
void parts_remove(const struct parts_place *place);
/* Is the open file still the one with this name? */
bool parts_same_file(int dir, const char *name, int fd);

#endif
