/* SPDX-License-Identifier: Apache-2.0 */
/* Requests in the usual forms: a path template that is filled with the arguments, JSON as body and
 * reply. */
#include <lakehost/rest.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/* Splits an expanded template into path and query. Changes the text. */
static void
split_query(struct mcp_http *request, char *expanded)
{
	char *mark = strchr(expanded, '?');

	request->path = expanded;
	if (mark != NULL) {
		*mark = '\0';
		request->query = mark[1] != '\0' ? mark + 1 : NULL;
	}
}

bool
mcp_fetch_request(struct mcp_call *call, struct mcp_http *request, const char *path,
		  struct json_object *values)
{
	const char *expanded = mcp_expand(call, path, values != NULL ? values : mcp_args(call));

	if (expanded == NULL)
		return false;
	*request = mcp_get_request(NULL, NULL);
	split_query(request, mcp_strdup(call, expanded));
	return true;
}

int
mcp_fetch(struct mcp_call *call, const char *path, struct json_object *values, mcp_step_fn fn,
	  const void *state, size_t len)
{
	struct mcp_http request;

	if (!mcp_fetch_request(call, &request, path, values))
		return MCP_E_INPUT;
	return mcp_suspend(call, &request, 1, 0, fn, state, len);
}

int
mcp_send(struct mcp_call *call, const char *method, const char *path, struct json_object *values,
	 struct json_object *body, enum mcp_retry retry, mcp_step_fn fn, const void *state,
	 size_t len)
{
	const char *expanded = mcp_expand(call, path, values != NULL ? values : mcp_args(call));
	struct mcp_http request;

	if (body == NULL)
		body = mcp_object(call, NULL);
	if (expanded == NULL)
		return MCP_E_INPUT;
	request = mcp_json_request(call, method, NULL, body, retry);
	split_query(&request, mcp_strdup(call, expanded));
	return mcp_suspend(call, &request, 1, 0, fn, state, len);
}

struct json_object *
mcp_object(struct mcp_call *call, ...)
{
	struct json_object *object = mcp_keep(call, json_object_new_object());
	const char *key, *value;
	va_list args;

	va_start(args, call);
	while ((key = va_arg(args, const char *)) != NULL) {
		value = va_arg(args, const char *);
		if (value != NULL)
			json_object_object_add(object, key, json_object_new_string(value));
	}
	va_end(args);
	return object;
}

struct json_object *
mcp_array(struct json_object *tree, const char *path)
{
	struct json_object *found = mcp_get(tree, path);

	return json_object_is_type(found, json_type_array) ? found : NULL;
}

struct json_object *
mcp_objects(struct mcp_call *call, struct json_object *tree, const char *path)
{
	struct json_object *objects = mcp_keep(call, json_object_new_array());
	struct json_object *all = mcp_array(tree, path);

	for (size_t i = 0; all != NULL && i < json_object_array_length(all); i++) {
		struct json_object *item = json_object_array_get_idx(all, i);

		if (json_object_is_type(item, json_type_object))
			json_object_array_add(objects, json_object_get(item));
	}
	return objects;
}

const char *
mcp_idempotency_token(struct mcp_call *call, const char *argument)
{
	const char *given = mcp_arg(call, argument);
	unsigned char bytes[16];
	char *token;

	if (given != NULL && given[0] != '\0')
		return given;
	given = mcp_context(call, MCP_CTX_NUMBER).data;
	if (given[0] != '\0')
		return given;
	token = mcp_alloc(call, 2 * sizeof(bytes) + 1);
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes)) {
		mcp_fail(call, MCP_E_INTERNAL,
			 "There are no random numbers for an idempotency "
			 "token",
			 NULL, NULL);
		return NULL;
	}
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(token + 2 * i, 3, "%02x", bytes[i]);
	return token;
}

uint32_t
mcp_pace(struct mcp_call *call, int64_t begun_ms, uint32_t least_ms, uint32_t most_ms)
{
	int64_t next = (mcp_number(call, MCP_NUM_NOW_MS) - begun_ms) / 4;

	return next < least_ms ? least_ms : next > most_ms ? most_ms : (uint32_t)next;
}
