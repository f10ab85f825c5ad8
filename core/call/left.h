/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations that continue at a service without a waiting call: begun by this process, and not seen
 * to end since. They are kept for one purpose: at its exit the host reports what it leaves. The
 * list is bounded, and losing it does no harm. Loop thread only.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CALL_LEFT_H
#define CORE_CALL_LEFT_H

#include <stddef.h>

struct call;
struct calls;
struct outcome;

#define LEFT_MAX 256u	  /* the oldest ones are only counted */
#define LEFT_TEXT_MAX 200 /* bytes of what is known of one */

/* An operation of which nothing more is expected by a call. */
struct left {
	const char *tool, *principal;
	const char *text; /* what its caller was told, on one line */
};

/* The operation of this call continues. Several calls of one operation are one entry. */
void left_add(struct call *call);
/* The operation of this call has ended, or was asked to end. */
void left_forget(struct call *call);
void left_free(struct calls *calls);
/* Calls `fn` for each one, the oldest first; those of calls that still run are among them. Returns
 * how many more there were. */
size_t left_report(struct calls *calls, void (*fn)(void *data, const struct left *left),
		   void *data);

#endif
