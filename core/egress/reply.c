/* SPDX-License-Identifier: Apache-2.0 */
/* Replies as plugins see them: reference-counted, without the headers that only the host may
 * see. */
#include "egress/reply.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "base/mem.h"
#include "egress/budget.h"

struct reply *
reply_new(size_t body_cap, struct budget *budget)
{
	struct reply *reply = xcalloc(1, sizeof(*reply));

	reply->refs = 1;
	reply->budget = budget;
	reply->why = xstrdup("");
	reply->request_id = xstrdup("");
	reply->public.retry_after_ms = -1;
	buf_init(&reply->body, body_cap);
	return reply;
}

struct reply *
reply_error(enum mcp_status error, const char *why)
{
	struct reply *reply = reply_new(0, NULL);

	reply_set_why(reply, error, why);
	reply_seal(reply);
	return reply;
}

struct reply *
reply_ref(struct reply *reply)
{
	CHECK(reply->refs > 0);
	reply->refs++;
	return reply;
}

bool
reply_add_body(struct reply *reply, const char *data, size_t len)
{
	if (reply->budget != NULL && !budget_take(reply->budget, len))
		return false;
	reply->counted += reply->budget != NULL ? len : 0;
	buf_add(&reply->body, data, len);
	return true;
}

void
reply_uncount(struct reply *reply)
{
	if (reply->budget != NULL)
		budget_give(reply->budget, reply->counted);
	reply->counted = 0;
}

void
reply_clear(struct reply *reply)
{
	for (size_t i = 0; i < reply->n_headers; i++)
		free((char *)reply->headers[i].name); /* and its value */
	reply->n_headers = 0;
	reply_uncount(reply);
	buf_reset(&reply->body);
	reply->public.status = 0;
	reply->public.bytes = 0;
}

void
reply_unref(struct reply *reply)
{
	if (reply == NULL)
		return;
	CHECK(reply->refs > 0);
	if (--reply->refs > 0)
		return;
	reply_clear(reply);
	free(reply->headers);
	buf_fini(&reply->body);
	free(reply->why);
	free(reply->request_id);
	free(reply);
}

/* Headers that contain or request credentials stay in the host. */
static bool
hidden(const char *name, size_t len)
{
	static const char *const names[] = { "Set-Cookie",	    "Set-Cookie2",
					     "WWW-Authenticate",    "Proxy-Authenticate",
					     "Authorization",	    "Proxy-Authorization",
					     "Authentication-Info", "Proxy-Authentication-Info" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strlen(names[i]) == len && strncasecmp(names[i], name, len) == 0)
			return true;
	}
	return false;
}

void
reply_add_header(struct reply *reply, const char *name, size_t name_len, const char *value,
		 size_t value_len)
{
	char *text;

	if (hidden(name, name_len))
		return;
	text = xmalloc(name_len + value_len + 2);
	memcpy(text, name, name_len);
	text[name_len] = '\0';
	memcpy(text + name_len + 1, value, value_len);
	text[name_len + 1 + value_len] = '\0';
	for (char *p = text + name_len + 1; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	}
	reply->headers = xrealloc(reply->headers, (reply->n_headers + 1) * sizeof(*reply->headers));
	reply->headers[reply->n_headers++] = (struct mcp_header){ text, text + name_len + 1 };
}

const char *
reply_header(const struct reply *reply, const char *name)
{
	for (size_t i = 0; i < reply->n_headers; i++) {
		if (strcasecmp(reply->headers[i].name, name) == 0)
			return reply->headers[i].value;
	}
	return NULL;
}

void
reply_set_why(struct reply *reply, enum mcp_status error, const char *why)
{
	reply->public.error = error;
	free(reply->why);
	reply->why = xstrdup(why);
}

void
reply_seal(struct reply *reply)
{
	struct mcp_reply *public = &reply->public;

	public->size = sizeof(*public);
	public->why = reply->why;
	public->body = (struct mcp_text){ reply->body.data, reply->body.len };
	public->headers = reply->headers;
	public->n_headers = reply->n_headers;
	public->request_id = reply->request_id;
}
