/* SPDX-License-Identifier: Apache-2.0 */
/* Counts the bytes of all replies in the host: those that are arriving, those in the cache, and
 * the copies that unfinished calls keep. Loop thread only. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_BUDGET_H
#define CORE_EGRESS_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct budget {
	uint64_t used, cap;
};

/* Reserves bytes. False when there is no room; then nothing is reserved. */
bool budget_take(struct budget *budget, uint64_t bytes);
void budget_give(struct budget *budget, uint64_t bytes);
/* The text of the failure: why there is no room, and what to do. */
void budget_explain(const struct budget *budget, char *why, size_t why_size);

#endif
