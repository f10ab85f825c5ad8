/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every request shows its credential. An open stream showed it once, when it was opened. So while
 * streams are open (subscriptions/listen, and GET of legacy sessions), their principals are judged
 * again from time to time: a stream ends when its credential has expired, was revoked, or allows
 * other things now. Its client comes back with its credential. Loop thread only.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_STANDING_H
#define CORE_ERA_STANDING_H

#include <stdbool.h>

struct eras;
struct principal;

#define STANDING_MS 2000 /* between two judgements */

void standing_init(struct eras *eras);
void standing_fini(struct eras *eras);
/* A stream was opened. */
void standing_begin(struct eras *eras);
/* Must a stream that this principal opened in the snapshot number `since` end? */
bool standing_lost(const struct eras *eras, const struct principal *principal, unsigned since);

#endif
