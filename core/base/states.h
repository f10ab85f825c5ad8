/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A life as a table: which states there are, and which may follow which. Whoever owns the life has
 * one function that moves it, through states_move(); nothing else writes its state. So a step that
 * was never meant ends the process where it is made, and not later on freed memory.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_STATES_H
#define CORE_BASE_STATES_H

#include <stddef.h>

#include "base/check.h"
#include "base/log.h"

/* A state as a bit of `next`. */
#define TO(state) (1u << (state))

struct states_row {
	const char *name;
	unsigned next; /* bits of the states that may follow */
};

struct states {
	const char *what; /* whose life it is, for the log: "http phase" */
	const struct states_row *row;
	size_t n;
};

/* Returns `to`, which must be able to follow `from`. */
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
