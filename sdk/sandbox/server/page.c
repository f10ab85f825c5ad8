/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts lists into pages. A page token contains an offset and a MAC over the offset and the name of
 * the list, so that it cannot be forged or used with other filters. */
#include "sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { MAC_DIGITS = 16 };

char *
page_token(const char *kind, int64_t offset)
{
	char mac[65], plain[64];
	char *text = xprintf("page:%s:%lld", kind, (long long)offset);

	hmac_hex(text, mac);
	free(text);
	snprintf(plain, sizeof(plain), "%lld:%.*s", (long long)offset, MAC_DIGITS, mac);
	return encode_base64(plain, strlen(plain));
}

bool
page_offset(const char *kind, const char *token, int64_t *offset)
{
	size_t len = 0;
	char plain[64] = "", *bytes, *expected;
	bool ok;

	bytes = strlen(token) < 80 ? decode_base64(token, strlen(token), &len) : NULL;
	if (bytes != NULL && len < sizeof(plain))
		memcpy(plain, bytes, len);
	free(bytes);
	*offset = strtoll(plain, NULL, 10);
	if (*offset < 0)
		return false;
	expected = page_token(kind, *offset);
	ok = secret_equal(expected, token);
	free(expected);
	return ok;
}

static int64_t
page_size(struct request *req, const struct page_rule *rule)
{
	bool in_body = strcmp(req->method, "POST") == 0;
	const char *text = in_body ? NULL : request_arg(req, rule->size_arg);
	int64_t size = in_body ? json_int(req->body, rule->size_arg, 0) : 0;

	if (text != NULL)
		size = strtoll(text, NULL, 10);
	if (size <= 0)
		size = rule->default_size;
	return size > rule->max_size ? rule->max_size : size;
}

static const char *
given_token(struct request *req, const struct page_rule *rule)
{
	const char *token = strcmp(req->method, "POST") == 0 ? json_str(req->body, rule->token_arg)
							     : request_arg(req, rule->token_arg);

	return token != NULL && *token != '\0' ? token : NULL;
}

static struct json_object *
slice(struct json_object *all, int64_t from, int64_t to)
{
	struct json_object *part = json_object_new_array();

	for (int64_t i = from; i < to; i++)
		json_object_array_add(part,
				      json_object_get(json_object_array_get_idx(all, (size_t)i)));
	return part;
}

struct json_object *
page_cut(struct request *req, const struct page_rule *rule, const char *kind,
	 struct json_object *all)
{
	int64_t total = (int64_t)json_object_array_length(all);
	int64_t from = 0, to, size = page_size(req, rule);
	const char *token = given_token(req, rule);
	struct json_object *answer;
	struct settings settings;

	if (token != NULL && !page_offset(kind, token, &from)) {
		json_object_put(all);
		reply_error(req, 400, "INVALID_PARAMETER_VALUE", "Invalid page token: %.40s",
			    token);
		return NULL;
	}
	settings_read(&settings);
	if (rule->empty_first && settings.uc_empty_first_page && token == NULL)
		size = 0;
	from = from < total ? from : total;
	to = from + size < total ? from + size : total;
	answer = json_object_new_object();
	if (to > from)
		json_add(answer, rule->key, slice(all, from, to));
	if (rule->has_more)
		json_add_bool(answer, "has_more", to < total);
	if (to < total) {
		char *next = page_token(kind, to);

		json_add_str(answer, "next_page_token", next);
		free(next);
	}
	json_object_put(all);
	return answer;
}

void
page_reply(struct request *req, const struct page_rule *rule, const char *kind,
	   struct json_object *all)
{
	struct json_object *answer = page_cut(req, rule, kind, all);

	if (answer != NULL)
		reply_json(req, answer);
}
