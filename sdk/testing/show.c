/* SPDX-License-Identifier: Apache-2.0 */
/* Makes strings of a call's result, for a test. */
#include <string.h>

#include "base/json_write.h"
#include "internal.h"

/* Copies into the arena of the call and empties the buffer. */
static const char *
take(struct fakehost *host, struct buf *text)
{
	const char *copy = arena_strndup(host->arena, text->data, text->len);

	buf_reset(text);
	return copy;
}

/* Adds the brackets to the inside of an object or array. */
static const char *
bracketed(struct fakehost *host, char bracket, const struct buf *inside, struct buf *out)
{
	struct json json;

	json_start(&json, out);
	json_begin(&json, bracket);
	json_splice(&json, inside->data, inside->len);
	json_end(&json);
	return take(host, out);
}

static const char *
or_empty(const char *text)
{
	return text == NULL ? "" : text;
}

static void
show_blocks(struct fakehost *host, const struct result *result, struct buf *out)
{
	struct json json;

	for (size_t i = 0; i < result->blocks; i++) {
		const struct result_block *block = &result->block[i];

		if (block->text == NULL)
			continue;
		if (out->len > 0)
			buf_putc(out, '\n');
		buf_add(out, block->text, block->text_len);
	}
	host->result.text = take(host, out);
	json_start(&json, out);
	json_begin(&json, '[');
	for (size_t i = 0; i < result->blocks; i++)
		json_raw(&json, result->block[i].json, result->block[i].json_len);
	json_end(&json);
	host->result.content = take(host, out);
}

static void
show_failure(struct fakehost *host, const struct result *result, struct buf *out)
{
	struct fakehost_result *shown = &host->result;

	shown->failed = true;
	shown->status = result->status;
	shown->what = or_empty(result->what);
	shown->why = or_empty(result->why);
	shown->next = or_empty(result->next);
	shown->code = or_empty(result->code);
	shown->require = or_empty(result->require);
	shown->retry_after_ms = result->retry_after_ms;
	result_failure_text(result, out);
	shown->text = take(host, out);
}

static void
show_questions(struct fakehost *host, const struct outcome *outcome, struct buf *out)
{
	struct json json;

	if (outcome->kind != OUTCOME_ASK)
		return;
	json_start(&json, out);
	json_begin(&json, '{');
	for (size_t i = 0; i < outcome->questions; i++) {
		const struct question *question = &outcome->question[i];

		json_begin(json_member(&json, question->key), '{');
		json_string(json_member(&json, "method"), question->method);
		json_raw(json_member(&json, "params"), question->params, strlen(question->params));
		json_end(&json);
	}
	json_end(&json);
	host->result.questions = take(host, out);
}

void
show_result(struct fakehost *host, const struct outcome *outcome)
{
	const struct result *result = &host->run->result;
	struct fakehost_result *shown = &host->result;
	struct buf out;

	buf_init(&out, TEXT_CAP);
	shown->what = shown->why = shown->next = shown->code = shown->require = "";
	shown->questions = "";
	shown->retry_after_ms = -1;
	show_blocks(host, result, &out);
	if (result->failed)
		show_failure(host, result, &out);
	shown->structured =
	    arena_strndup(host->arena, result->structured.data, result->structured.len);
	shown->meta = bracketed(host, '{', &result->meta, &out);
	shown->completion = bracketed(host, '[', &result->completion, &out);
	show_questions(host, outcome, &out);
	shown->percent = outcome->percent;
	shown->message = outcome->message == NULL
			   ? ""
			   : arena_strndup(host->arena, outcome->message, strlen(outcome->message));
	shown->log = arena_strndup(host->arena, host->log.data, host->log.len);
	buf_fini(&out);
}
