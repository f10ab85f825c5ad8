/* SPDX-License-Identifier: Apache-2.0 */
#include "transport/http_head.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "base/forwarded.h"
#include "base/mem.h"
#include "rpc/error.h"
#include "transport/http_connection.h"
#include "transport/mhd.h"

#define MCP_MAX 64u /* most header fields of MCP */

struct reader {
	struct http_head *head;
	struct http_refusal *refusal;
	const struct config *config;
	const char *mcp[MCP_MAX];
	size_t n_mcp;
};

static enum MHD_Result
head_refuse(struct reader *reader, int status, enum rpc_error error, const char *why)
{
	*reader->refusal =
	    (struct http_refusal){ .status = status, .code = rpc_error_code(error), .why = why };
	return MHD_NO; /* ends the iteration */
}

/* `setting`: the name of a field in the configuration, or NULL. */
static bool
is_named(const char *setting, const char *name, size_t len)
{
	return setting != NULL && strlen(setting) == len && strncasecmp(setting, name, len) == 0;
}

/* Fields that decide the kind of the request; each of them may appear only once. */
static const char **
singleton(const struct reader *reader, const char *name, size_t len)
{
	struct http_head *head = reader->head;
	const struct {
		const char *name;
		const char **value;
	} table[] = {
		{ "Host", &head->host },
		{ "Origin", &head->origin },
		{ "Content-Type", &head->content_type },
		{ "Content-Length", &head->content_length },
		{ "Transfer-Encoding", &head->transfer_encoding },
		{ "Authorization", &head->authorization },
		{ "Expect", &head->expect },
		{ "Last-Event-ID", &head->last_event_id },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (strlen(table[i].name) == len && strncasecmp(table[i].name, name, len) == 0)
			return table[i].value;
	if (is_named(reader->config->auth.header, name, len))
		return &head->user;
	if (reader->config->forwarded && is_named(FORWARDED_HEADER, name, len))
		return &head->forwarded;
	return is_named(reader->config->auth.groups_header, name, len) ? &head->groups : NULL;
}

/* Is the body sent unchanged? The coding "identity" changes nothing. */
static bool
is_plain(const char *codings)
{
	while (*codings != '\0') {
		size_t len;

		codings += strspn(codings, " \t,");
		len = strcspn(codings, " \t,");
		if (len > 0 && !(len == 8 && strncasecmp(codings, "identity", 8) == 0))
			return false;
		codings += len;
	}
	return true;
}

static enum MHD_Result
note_mcp(struct reader *reader, const char *name)
{
	for (size_t i = 0; i < reader->n_mcp; i++)
		if (strcasecmp(reader->mcp[i], name) == 0)
			return head_refuse(reader, 400, RPC_HEADER_MISMATCH,
					   "a header field of MCP is repeated");
	if (reader->n_mcp == MCP_MAX)
		return head_refuse(reader, 431, RPC_INVALID_REQUEST,
				   "too many header fields that begin with Mcp-");
	reader->mcp[reader->n_mcp++] = name;
	return MHD_YES;
}

static enum MHD_Result
head_field(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_len, const char *value,
	   size_t value_len)
{
	struct reader *reader = cls;
	const char **once;

	(void)kind;
	mhd_trim(value, value_len);
	once = singleton(reader, name, name_len);
	if (once != NULL) {
		if (*once != NULL)
			return head_refuse(reader, 400, RPC_INVALID_REQUEST,
					   "a header field that must be unique is repeated");
		*once = value;
	} else if (name_len > 4 && strncasecmp(name, "Mcp-", 4) == 0) {
		return note_mcp(reader, name);
	} else if (name_len == 6 && strncasecmp(name, "Accept", 6) == 0) {
		accept_read(&reader->head->accept, value);
	} else if (name_len == 16 && strncasecmp(name, "Content-Encoding", 16) == 0) {
		reader->head->coded |= !is_plain(value);
	}
	return MHD_YES;
}

void
http_head_read(struct http_connection *connection, struct http_refusal *refusal)
{
	struct http_head *head = &connection->head;
	struct reader reader = { .head = head,
				 .refusal = refusal,
				 .config = connection->listener->http->config };

	*head = (struct http_head){ 0 };
	*refusal = (struct http_refusal){ 0 };
	MHD_get_connection_values_n(connection->mhd, MHD_HEADER_KIND, head_field, &reader);
	if (refusal->status != 0)
		return;
	/* cannot happen: the gate accepts no other value */
	CHECK(head->host != NULL);
	CHECK(head->transfer_encoding == NULL || head->content_length == NULL);
	if (head->transfer_encoding != NULL)
		head->body = UINT64_MAX;
	else if (head->content_length != NULL)
		head->body = strtoull(head->content_length, NULL, 10);
}
