/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the id of a message that is refused before it was parsed: a client without the id waits
 * until its own timeout. Reads the top level only, in pieces of any size and with little memory, so
 * that it works for messages that are too long, too deep, cut off, or not valid text.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_RPC_RECOVER_H
#define CORE_RPC_RECOVER_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"

/* most bytes of an id, when every byte is escaped, with its quotes */
#define RECOVER_ID_MAX (LIMIT_HANDLE * 6 + 2)
#define RECOVER_KEY_MAX 8u /* bytes of a key; enough for the keys that matter */

enum recover_state {
	RECOVER_START,	/* the opening brace was not read yet */
	RECOVER_KEY,	/* where a key begins */
	RECOVER_NAME,	/* within a key */
	RECOVER_COLON,	/* behind a key */
	RECOVER_VALUE,	/* where a value begins */
	RECOVER_WITHIN, /* within a value */
	RECOVER_OVER,	/* the text has ended, or the position is not known any more */
};

enum recover_text { RECOVER_PLAIN, RECOVER_STRING, RECOVER_ESCAPE };

/* a zeroed struct: nothing was read yet */
struct recover {
	enum recover_state state;
	size_t depth; /* the nesting depth inside the current value */
	enum recover_text text;
	char key[RECOVER_KEY_MAX];
	size_t key_len;
	bool taking; /* the current value is the id */
	char id[RECOVER_ID_MAX + 1];
	size_t id_len;
	unsigned ids;  /* number of ids */
	bool request;  /* there was a method */
	bool response; /* the message has a result or an error */
};

void recover_feed(struct recover *recover, const char *text, size_t len);
/* Stores the id's JSON token in recover->id, with NUL, and returns it. NULL when the id is
 * incomplete, when there are several, or when the message is an answer, whose id is the host's. */
const char *recover_id(struct recover *recover);

#endif
