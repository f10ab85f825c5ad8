/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed request state: {"d": digest of the request, "n": number, "r": round, "k": keys asked, "a":
 * answers, "h": handle of the operation that asks, in base64; left out when none was begun}. */
#include "era/request_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/mem.h"
#include "base/seal.h"
#include "call/call.h"
#include "era/inside.h"
#include "era/methods.h"

#define STATE_PURPOSE "state"
#define PAYLOAD_MAX (STATE_TEXT_MAX / 4 * 3)

/* ---- identifying a request ------------------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void write_canonical(struct json *out, struct json_object *tree);

/* A client may write the members of an object in another order when it sends it again. */
static void
write_sorted(struct json *out, struct json_object *object)
{
	size_t n = (size_t)json_object_object_length(object), i = 0;
	const char **names = xcalloc(n + 1, sizeof(*names));
	struct json_object_iter each;

	json_object_object_foreachC(object, each)
		names[i++] = each.key;
	qsort(names, n, sizeof(*names), by_name);
	json_begin(out, '{');
	for (i = 0; i < n; i++)
		write_canonical(json_member(out, names[i]), json_get(object, names[i]));
	json_end(out);
	free(names);
}

static void
write_canonical(struct json *out, struct json_object *tree)
{
	if (json_object_is_type(tree, json_type_object)) {
		write_sorted(out, tree);
		return;
	}
	if (!json_object_is_type(tree, json_type_array)) {
		json_tree(out, tree);
		return;
	}
	json_begin(out, '[');
	for (size_t i = 0; i < json_object_array_length(tree); i++)
		write_canonical(out, json_object_array_get_idx(tree, i));
	json_end(out);
}

/* The arguments are too large to be compared, so the request is no repetition of another one. */
static void
unlike_any(char hex[65])
{
	unsigned char bytes[32];

	random_bytes(bytes, sizeof(bytes));
	sha256_hex(bytes, sizeof(bytes), hex);
}

void
request_digest(const struct request *request, char hex[65])
{
	const char *mirrored = request->method->mirrored;
	struct json json;
	struct buf text;

	buf_init(&text, ANSWER_MAX);
	buf_puts(&text, request->method->name);
	buf_putc(&text, '\n');
	if (request->upstream != NULL) /* the argument that chose it was removed */
		buf_json_str(&text, request->upstream);
	if (mirrored != NULL)
		buf_json_str(&text, json_str(request->message.params, mirrored));
	json_start(&json, &text);
	write_canonical(&json, request->arguments);
	if (buf_ok(&text))
		sha256_hex(text.data, text.len, hex);
	else
		unlike_any(hex);
	buf_fini(&text);
}

/* ---- write and read ------------------------------------------------------------------------ */

static void
write_handle(struct json *json, const struct outcome *outcome)
{
	struct buf base64;

	if (outcome->handle_len == 0)
		return;
	buf_init(&base64, 2 * MCP_HANDLE_MAX);
	buf_base64(&base64, outcome->handle, outcome->handle_len);
	json_text(json_member(json, "h"), base64.data, base64.len);
	buf_fini(&base64);
}

static void
make_number(struct request *request)
{
	unsigned char bytes[STATE_NUMBER_LEN / 2];

	if (request->number[0] != '\0')
		return;
	random_bytes(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(request->number + 2 * i, 3, "%02x", bytes[i]);
}

bool
request_state_write(struct request *request, const struct outcome *outcome, struct buf *out)
{
	struct buf payload, answers;
	struct json json;
	char hex[65];
	bool fits;

	buf_init(&answers, STATE_ANSWERS_MAX);
	buf_init(&payload, PAYLOAD_MAX);
	if (request->answers != NULL)
		buf_json_tree(&answers, request->answers);
	else
		buf_puts(&answers, "{}");
	request_digest(request, hex);
	make_number(request);
	json_start(&json, &payload);
	json_begin(&json, '{');
	json_string(json_member(&json, "d"), hex);
	json_string(json_member(&json, "n"), request->number);
	json_number(json_member(&json, "r"), request->round + 1);
	json_begin(json_member(&json, "k"), '[');
	for (size_t i = 0; i < outcome->questions; i++)
		json_string(&json, outcome->question[i].key);
	json_end(&json);
	json_raw(json_member(&json, "a"), answers.data, answers.len);
	write_handle(&json, outcome);
	json_end(&json);
	fits = buf_ok(&answers) && buf_ok(&payload);
	if (fits)
		seal(request->eras->parts.sealer, STATE_PURPOSE, request->principal.name,
		     STATE_TTL_S, payload.data, payload.len, out);
	buf_fini(&answers);
	buf_fini(&payload);
	return fits;
}

/* The host has sealed this text, so it is the base64 of a handle. */
static void
take_handle(const char *text, struct buf *handle)
{
	unsigned char bytes[MCP_HANDLE_MAX / 3 * 4 + 8];
	size_t len = text == NULL ? 0 : strlen(text);

	buf_init(handle, MCP_HANDLE_MAX);
	if (len == 0 || len / 4 * 3 + 3 > sizeof(bytes) || !base64_decode(text, len, bytes, &len))
		return;
	buf_add(handle, bytes, len);
}

bool
request_state_read(const struct request *request, const char *text, size_t len,
		   struct request_state *state)
{
	struct json_object *tree = NULL;
	struct buf payload;
	const char *sealed_digest;
	char hex[65];
	bool ok;

	memset(state, 0, sizeof(*state));
	buf_init(&payload, PAYLOAD_MAX);
	if (len <= STATE_TEXT_MAX && unseal(request->eras->parts.sealer, STATE_PURPOSE,
					    request->principal.name, text, len, &payload))
		tree = json_parse(payload.data, payload.len, &json_inbound, NULL, NULL);
	buf_fini(&payload);
	request_digest(request, hex);
	sealed_digest = json_str(tree, "d");
	ok =
	    sealed_digest != NULL && strcmp(sealed_digest, hex) == 0 && json_str(tree, "n") != NULL;
	if (ok) {
		snprintf(state->number, sizeof(state->number), "%s", json_str(tree, "n"));
		state->round = (unsigned)json_int(tree, "r", 0);
		state->asked = json_object_get(json_arr(tree, "k"));
		state->answers = json_object_get(json_obj(tree, "a"));
		take_handle(json_str(tree, "h"), &state->handle);
	}
	json_object_put(tree);
	return ok;
}

void
request_state_fini(struct request_state *state)
{
	json_object_put(state->asked);
	json_object_put(state->answers);
	buf_fini(&state->handle);
	memset(state, 0, sizeof(*state));
}
