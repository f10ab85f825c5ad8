/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts that may be used once: numbers of request states (request_state.h) that let a call begin.
 * Kept in this process for as long as the sealed text is valid, and bounded. Another replica does
 * not know them. Loop thread only.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_ONCE_H
#define CORE_ERA_ONCE_H

#include <stdint.h>
#include <sys/queue.h>

#include "base/hash.h"

#define ONCE_MAX 16384u	 /* texts that are kept; beyond that none is accepted */
#define ONCE_TEXT_MAX 48 /* bytes of one, with the NUL */

enum once_verdict { ONCE_FIRST, ONCE_AGAIN, ONCE_FULL };

struct once_used;

/* Zeroed memory is empty. */
struct once {
	struct hash used; /* by text */
	STAILQ_HEAD(once_list, once_used) by_age;
};

void once_init(struct once *once);
void once_fini(struct once *once);
/* Uses the text, which counts for `ttl_ms` (the same for all). A longer text is cut. */
enum once_verdict once_use(struct once *once, const char *text, int64_t ttl_ms);

#endif
