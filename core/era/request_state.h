/* SPDX-License-Identifier: Apache-2.0 */
/* requestState of MRTR (mrtr.h): the state between two rounds of a request. The client keeps it.
 * The state is sealed for its principal and for exactly this request, and is valid for ten
 * minutes. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_REQUEST_STATE_H
#define CORE_ERA_REQUEST_STATE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct outcome;
struct request;

#define STATE_TTL_S 600u
#define STATE_ANSWERS_MAX 8192u /* bytes of the JSON text with all answers so far */
#define STATE_TEXT_MAX 32768u	/* bytes of a sealed state */

#define STATE_NUMBER_LEN 32 /* digits of the number of a request that asks */

struct request_state {
	char number[STATE_NUMBER_LEN + 1]; /* random, and the same in all rounds */
	unsigned round;			   /* largest number of rounds with questions */
	struct json_object *asked;	   /* array of the keys of the last round; owned */
	struct json_object *answers;	   /* object; owned */
	/* the handle of the operation whose poll asked the question; or empty */
	struct buf handle;
};

/* Appends the sealed text for the questions of the outcome. False when the answers
 * so far are larger than a state may be. */
bool request_state_write(struct request *request, const struct outcome *outcome, struct buf *out);
/* The digest of the method, its tool and its arguments. */
void request_digest(const struct request *request, char hex[65]);
/* False when the text was not made for this principal and this exact request, or has expired. */
bool request_state_read(const struct request *request, const char *text, size_t len,
			struct request_state *state);
void request_state_fini(struct request_state *state);

#endif
