/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A person confirms a call before it starts: an elicitation (MCP, client/elicitation) by form, in
 * both eras. The confirmation is a sealed text that is bound to the principal, the tool and its
 * arguments. It is valid for 120 seconds and once. Nothing in the arguments can confirm a call.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_CONFIRM_H
#define CORE_ERA_CONFIRM_H

#include <stdbool.h>

#include "base/hash.h"
#include "config/config.h"

struct confirms;
struct invoke_order;
struct request;

#define CONFIRM_TTL_S 120u
#define CONFIRMS_MAX 65536u /* used confirmations of the last 120 seconds */

/* True: the call may start. False: the request was answered, or its client was asked; for a legacy
 * client invoke_confirmed() follows. Or it waits for the store of limits, and confirm_resumed()
 * follows. */
bool confirm_ready(struct request *request, const struct invoke_order *order);
/* The answer of a legacy client has arrived. The same result. */
bool confirm_answered(struct request *request, const struct invoke_order *order);
/* The store has answered whether this is the first use of the confirmation. The same result. */
bool confirm_resumed(struct request *request, bool first);
/* The call of a confirmed request asks its client: the next round needs a confirmation too, and
 * this adds it to the answers so far. */
void confirm_renew(struct request *request);

/* The confirmations that were used. */
struct confirms *confirms_new(void);
void confirms_free(struct confirms *confirms);

#endif
