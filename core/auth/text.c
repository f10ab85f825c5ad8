/* SPDX-License-Identifier: Apache-2.0 */
/* The settings that decide who a caller is, as one text: two configurations with the same text
 * treat every caller equally. */
#include "auth/auth.h"

#include "base/buf.h"
#include "config/config.h"
#include "config/oauth.h"

#define AUTH_TEXT_MAX (4u << 20)

static void
add_text(struct buf *out, const char *text)
{
	buf_printf(out, "%s\n", text != NULL ? text : "\1");
}

static void
add_list(struct buf *out, const struct strings *list)
{
	buf_printf(out, "%zu\n", list->count);
	for (size_t i = 0; i < list->count; i++)
		add_text(out, list->item[i]);
}

static void
add_oauth(struct buf *out, const struct config_oauth *oauth)
{
	add_text(out, oauth->issuer);
	add_text(out, oauth->resource);
	add_text(out, oauth->principal_claim);
	add_text(out, oauth->groups_claim);
	add_list(out, &oauth->audience);
	buf_printf(out, "%u %u\n", oauth->algorithms, oauth->skew_s);
	for (size_t i = 0; i < oauth->scopes; i++)
		buf_printf(out, "%s %d\n", oauth->scope[i].name, oauth->scope[i].access);
}

static void
add_callers(struct buf *out, const struct config *config)
{
	for (size_t i = 0; i < config->auth.principals; i++) {
		const struct config_principal *principal = &config->auth.principal[i];

		buf_printf(out, "%s\n%d\n", principal->name, principal->access);
		add_list(out, &principal->groups);
	}
	for (size_t i = 0; i < config->auth.groups_listed; i++) {
		const struct config_group *group = &config->auth.group[i];

		buf_printf(out, "%s\n%d %d\n", group->name, group->access, group->grants);
	}
	add_list(out, &config->auth.groups);
}

char *
auth_text(const struct config *config)
{
	struct buf out;

	buf_init(&out, AUTH_TEXT_MAX);
	buf_printf(&out, "%d %d %d %d\n", config->auth.inbound, config->access,
		   config->auth.unknown, config->auth.certificate_name);
	add_text(&out, config->auth.tokens);
	add_text(&out, config->auth.header);
	add_text(&out, config->auth.groups_header);
	for (size_t i = 0; i < config->auth.proxies * sizeof(*config->auth.proxy); i++)
		buf_printf(&out, "%02x", ((const unsigned char *)config->auth.proxy)[i]);
	if (config->auth.oauth != NULL)
		add_oauth(&out, config->auth.oauth);
	add_callers(&out, config);
	return buf_take(&out, NULL);
}
