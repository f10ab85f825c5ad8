/* SPDX-License-Identifier: Apache-2.0 */
/* Settings that tests change while the sandbox runs: GET and PATCH /_sandbox/settings. */
#include "sandbox.h"

#include <pthread.h>
#include <string.h>

#include "internal.h"

static struct {
	pthread_mutex_t lock;
	struct settings now;
} live = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.now = {
		.delay_ms = 3000,
		.rows_per_chunk = 1000,
		.statement_ttl_s = 3600,
		.link_ttl_s = 900,
		.token_ttl_s = 3600,
		.inline_limit = 25 * 1024 * 1024,
	},
};

static const struct knob {
	const char *name;
	size_t offset;
	int64_t min, max;
} knobs[] = {
	{ "delay_ms", offsetof(struct settings, delay_ms), 0, 3600000 },
	{ "rows_per_chunk", offsetof(struct settings, rows_per_chunk), 1, 1000000 },
	{ "statement_ttl_s", offsetof(struct settings, statement_ttl_s), 0, 86400 },
	{ "link_ttl_s", offsetof(struct settings, link_ttl_s), 0, 900 },
	{ "token_ttl_s", offsetof(struct settings, token_ttl_s), 0, 86400 },
	{ "inline_limit", offsetof(struct settings, inline_limit), 1, 25 * 1024 * 1024 },
	{ "uc_empty_first_page", offsetof(struct settings, uc_empty_first_page), 0, 1 },
};
enum { KNOBS = ARRAY_SIZE(knobs) };

static int64_t *
value_of(struct settings *settings, const struct knob *knob)
{
	return (int64_t *)(void *)((char *)settings + knob->offset);
}

void
settings_read(struct settings *copy)
{
	pthread_mutex_lock(&live.lock);
	*copy = live.now;
	pthread_mutex_unlock(&live.lock);
}

int64_t
setting_delay_ms(void)
{
	struct settings copy;

	settings_read(&copy);
	return copy.delay_ms;
}

void
settings_set_delay(int64_t ms)
{
	pthread_mutex_lock(&live.lock);
	live.now.delay_ms = ms;
	pthread_mutex_unlock(&live.lock);
}

static void
settings_get(struct request *req)
{
	struct json_object *answer = json_object_new_object();
	struct settings copy;

	settings_read(&copy);
	for (size_t i = 0; i < KNOBS; i++)
		json_add_int(answer, knobs[i].name, *value_of(&copy, &knobs[i]));
	reply_json(req, answer);
}

static bool
apply(struct request *req, struct settings *copy, const char *name, struct json_object *value)
{
	int64_t number = json_object_get_int64(value);

	for (size_t i = 0; i < KNOBS; i++) {
		if (strcmp(name, knobs[i].name) != 0)
			continue;
		if (number < knobs[i].min || number > knobs[i].max)
			break;
		*value_of(copy, &knobs[i]) = number;
		return true;
	}
	reply_error(req, 400, "INVALID_PARAMETER_VALUE", "Unknown setting or value: %.60s", name);
	return false;
}

static void
settings_patch(struct request *req)
{
	struct json_object_iterator at = json_object_iter_begin(req->body);
	struct json_object_iterator end = json_object_iter_end(req->body);
	struct settings copy;

	settings_read(&copy);
	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
		if (!apply(req, &copy, json_object_iter_peek_name(&at),
			   json_object_iter_peek_value(&at)))
			return;
	pthread_mutex_lock(&live.lock);
	live.now = copy;
	pthread_mutex_unlock(&live.lock);
	settings_get(req);
}

static const struct route settings_routes[] = {
	{ "GET", "/_sandbox/settings", settings_get, ROUTE_ADMIN },
	{ "PATCH", "/_sandbox/settings", settings_patch, ROUTE_ADMIN },
	{ "POST", "/_sandbox/settings", settings_patch, ROUTE_ADMIN },
	{ 0 },
};

const struct domain settings_domain = { .name = "settings", .routes = settings_routes };
