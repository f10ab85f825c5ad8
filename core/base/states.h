/* SPDX-License-Identifier: Apache-2.0 */
/* The states of an object as a table: which states exist, and which may follow each of them. The
 * owner of the object has one function that changes its state, with states_move(); no other code
 * writes the state. So a change that was never intended ends the process at once, and not later on
 * freed memory. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_STATES_H
#define CORE_BASE_STATES_H

#include <stddef.h>

#include "base/check.h"
#include "base/log.h"

/* The bit of a state in `next`. */
#define TO(state) (1u << (state))

struct states_row {
	const char *name;
	unsigned next; /* bits of the states that may follow */
};

struct states {
	const char *what; /* the object, for the log: "http phase" */
	const struct states_row *row;
	size_t n;
};

/* Returns `to`. CHECK(): the table allows `to` after `from`. */
static inline unsigned
states_move(const struct states *states, unsigned from, unsigned to)
{
	bool follows = from < states->n && to < states->n && (states->row[from].next & TO(to)) != 0;

	if (__builtin_expect(!follows, 0))
		log_last("%s: \"%s\" cannot follow \"%s\"", states->what,
			 to < states->n ? states->row[to].name : "?",
			 from < states->n ? states->row[from].name : "?");
	CHECK(follows);
	return to;
}

#endif
