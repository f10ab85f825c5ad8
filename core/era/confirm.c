/* SPDX-License-Identifier: Apache-2.0 */
#include "era/confirm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/seal.h"
#include "call/call.h"
#include "era/audited.h"
#include "era/client_requests.h"
#include "era/confirm_text.h"
#include "era/inside.h"
#include "era/invoke.h"
#include "era/limited.h"
#include "era/modern.h"
#include "era/mrtr.h"
#include "era/request_state.h"

#define PURPOSE "confirm"
#define ANSWER_KEY "lakehost_confirm"
#define SEALED_KEY "lakehost_confirmation"
#define NONCE_LEN 16
#define CONFIRM_LEN (NONCE_LEN + 64) /* and the digest of the request in hex */

/* ---- used confirmations -------------------------------------------------------------------- */

struct used {
	struct hash_link by_nonce;
	unsigned char nonce[NONCE_LEN];
	int64_t until_ms;
	struct used *next; /* the oldest first */
};

struct confirms {
	struct hash used;
	struct used *first, **end;
	size_t count;
};

struct confirms *
confirms_new(void)
{
	struct confirms *confirms = xcalloc(1, sizeof(*confirms));

	confirms->end = &confirms->first;
	return confirms;
}

static void
forget_first(struct confirms *confirms)
{
	struct used *used = confirms->first;

	confirms->first = used->next;
	if (confirms->first == NULL)
		confirms->end = &confirms->first;
	hash_remove(&confirms->used, &used->by_nonce);
	confirms->count--;
	free(used);
}

void
confirms_free(struct confirms *confirms)
{
	while (confirms->first != NULL)
		forget_first(confirms);
	hash_fini(&confirms->used);
	free(confirms);
}

/* False: it was used before, or there is no room to remember it. */
static bool
use_once(struct confirms *confirms, const unsigned char nonce[NONCE_LEN])
{
	const uint64_t hash = hash_of(NULL, nonce, NONCE_LEN);
	struct used *used;

	while (confirms->first != NULL && confirms->first->until_ms < clock_ms())
		forget_first(confirms);
	for (struct hash_link *link = hash_find(&confirms->used, hash); link != NULL;
	     link = hash_next(link)) {
		used = link->owner;
		if (memcmp(used->nonce, nonce, NONCE_LEN) == 0)
			return false;
	}
	if (confirms->count == CONFIRMS_MAX)
		return false;
	used = xcalloc(1, sizeof(*used));
	memcpy(used->nonce, nonce, NONCE_LEN);
	used->until_ms = clock_ms() + CONFIRM_TTL_S * 1000;
	used->by_nonce.owner = used;
	hash_add(&confirms->used, &used->by_nonce, hash);
	*confirms->end = used;
	confirms->end = &used->next;
	confirms->count++;
	return true;
}

/* ---- the confirmation ---------------------------------------------------------------------- */

static void
add_sealed(struct request *request)
{
	unsigned char payload[CONFIRM_LEN];
	struct json_object *holder = json_object_new_object();
	char hex[65];
	struct buf text;

	random_bytes(payload, NONCE_LEN);
	request_digest(request, hex);
	memcpy(payload + NONCE_LEN, hex, CONFIRM_LEN - NONCE_LEN);
	buf_init(&text, LIMIT_HANDLE);
	seal(request->eras->parts.sealer, PURPOSE, request->principal.name, CONFIRM_TTL_S, payload,
	     sizeof(payload), &text);
	json_object_object_add(holder, "sealed", json_object_new_string(text.data));
	buf_fini(&text);
	if (request->answers == NULL)
		request->answers = json_object_new_object();
	json_object_object_add(request->answers, SEALED_KEY, holder);
}

/* Is the sealed text of this principal and request, and not too old? Then `nonce` is its own. */
static bool
open_sealed(struct request *request, unsigned char nonce[NONCE_LEN])
{
	const char *text = json_str(json_obj(request->answers, SEALED_KEY), "sealed");
	struct buf payload;
	char hex[65];
	bool fine;

	buf_init(&payload, CONFIRM_LEN + 1);
	request_digest(request, hex);
	fine = text != NULL &&
	       unseal(request->eras->parts.sealer, PURPOSE, request->principal.name, text,
		      strlen(text), &payload) &&
	       payload.len == CONFIRM_LEN &&
	       memcmp(payload.data + NONCE_LEN, hex, CONFIRM_LEN - NONCE_LEN) == 0;
	if (fine)
		memcpy(nonce, payload.data, NONCE_LEN);
	buf_fini(&payload);
	return fine;
}

void
confirm_renew(struct request *request)
{
	struct json_object *answer;

	if (!request->confirmed)
		return;
	add_sealed(request);
	answer = json_object_new_object();
	json_object_object_add(answer, "action", json_object_new_string("accept"));
	json_object_object_add(answer, "content", json_object_new_object());
	json_object_object_add(json_obj(answer, "content"), "confirm",
			       json_object_new_boolean(true));
	json_object_object_add(request->answers, ANSWER_KEY, answer);
}

/* ---- the question -------------------------------------------------------------------------- */

/* elicitation/create by form: one box that must be ticked. */
static char *
question_params(const struct request *request)
{
	struct buf text, out;
	struct json json;

	buf_init_keeping(&text, CONFIRM_TEXT_MAX);
	confirm_text(&text, request);
	buf_init(&out, CONFIRM_TEXT_MAX * 8);
	json_start(&json, &out);
	json_begin(&json, '{');
	json_string(json_member(&json, "mode"), "form");
	json_text(json_member(&json, "message"), text.data, text.len);
	json_begin(json_member(&json, "requestedSchema"), '{');
	json_string(json_member(&json, "type"), "object");
	json_begin(json_member(&json, "properties"), '{');
	json_begin(json_member(&json, "confirm"), '{');
	json_string(json_member(&json, "type"), "boolean");
	json_string(json_member(&json, "title"), "Do this now");
	json_boolean(json_member(&json, "default"), false);
	json_end(&json);
	json_end(&json);
	json_begin(json_member(&json, "required"), '[');
	json_string(&json, "confirm");
	json_end(&json);
	json_end(&json);
	json_end(&json);
	buf_fini(&text);
	return buf_take(&out, NULL);
}

#define NOT_CONFIRMED "The user did not confirm the call"
#define NOT_VALID "The confirmation is older than 120 seconds, or was used before"

static void
ask(struct request *request)
{
	static char key[] = ANSWER_KEY, method[] = "elicitation/create";
	struct question question = { .key = key,
				     .method = method,
				     .params = question_params(request) };
	const struct outcome outcome = { .question = &question, .questions = 1 };

	if (request->answers != NULL)
		json_object_object_del(request->answers, ANSWER_KEY);
	add_sealed(request);
	audited_confirmation(request, request->round < ASK_ROUNDS ? "ask" : "deny",
			     request->round < ASK_ROUNDS ? NULL : "There were too many questions");
	if (request->round >= ASK_ROUNDS)
		invoke_fail(request, MCP_E_PERMISSION, "The call was not confirmed in time",
			    "Its confirmation was used already, or is older than 120 seconds",
			    "Call the tool again");
	else if (request->era == &era_modern)
		mrtr_ask_outcome(request, &outcome);
	else
		client_requests_ask(request, &outcome);
	free(question.params);
}

/* ---- all ----------------------------------------------------------------------------------- */

static bool
can_ask(const struct request *request)
{
	struct json_object *all = json_parse(request->capabilities, strlen(request->capabilities),
					     &json_inbound, NULL, NULL);
	struct json_object *elicitation = json_obj(all, "elicitation");
	bool can = elicitation != NULL &&
		   (json_get(elicitation, "form") != NULL || json_get(elicitation, "url") == NULL);

	json_object_put(all);
	return can;
}

static bool
accepted(struct json_object *answer)
{
	const char *action = json_str(answer, "action");

	return action != NULL && strcmp(action, "accept") == 0 &&
	       json_flag(json_obj(answer, "content"), "confirm", false);
}

/* There is an answer. */
static bool
judge(struct request *request, struct json_object *answer, const struct invoke_order *order)
{
	unsigned char nonce[NONCE_LEN];
	char text[2 * NONCE_LEN + 1];

	if (!accepted(answer)) {
		log_event(LOG_INFO, "call-declined", "principal", "s", request->principal.name,
			  "row", "s", request->row->name, NULL);
		audited_confirmation(request, "deny", NOT_CONFIRMED);
		invoke_fail(request, MCP_E_PERMISSION, NOT_CONFIRMED, "Nothing was done",
			    "Ask the user what to do instead");
		return false;
	}
	if (!open_sealed(request, nonce))
		return confirm_resumed(request, false);
	for (size_t i = 0; i < NONCE_LEN; i++)
		snprintf(text + 2 * i, 3, "%02x", nonce[i]);
	if (limited_use_once(request, LIMITED_CONFIRM, text, CONFIRM_TTL_S, order))
		return false;
	return confirm_resumed(request, use_once(request->eras->confirms, nonce));
}

bool
confirm_resumed(struct request *request, bool first)
{
	if (!first) {
		audited_confirmation(request, "expired", NOT_VALID);
		ask(request);
		return false;
	}
	audited_confirmation(request, "confirm", NULL);
	json_object_object_del(request->answers, ANSWER_KEY);
	json_object_object_del(request->answers, SEALED_KEY);
	if (json_object_object_length(request->answers) == 0) {
		json_object_put(request->answers);
		request->answers = NULL;
	}
	request->confirmed = true;
	return true;
}

bool
confirm_answered(struct request *request, const struct invoke_order *order)
{
	return judge(request, json_obj(request->answers, ANSWER_KEY), order);
}

bool
confirm_ready(struct request *request, const struct invoke_order *order)
{
	const enum confirm level = order->confirm;
	struct json_object *answer = json_obj(request->answers, ANSWER_KEY);

	/* a poll of an operation that was confirmed asked */
	if (level <= CONFIRM_NEVER || request->handle.len > 0)
		return true;
	if (!can_ask(request)) {
		if (level == CONFIRM_WHEN_POSSIBLE)
			return true;
		audited_confirmation(request, "deny", "The client cannot ask its user");
		invoke_fail(request, MCP_E_PERMISSION, "The call needs a person's confirmation",
			    "This client cannot ask its user: it does not declare the capability "
			    "elicitation",
			    "Use a client that can ask, or \"lakehost call\" on a terminal");
		return false;
	}
	if (answer != NULL)
		return judge(request, answer, order);
	ask(request);
	return false;
}
