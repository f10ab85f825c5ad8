/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The payload of an id, sealed for the principal (base/seal.h): version (1), capabilities (2),
 * format (1), cell_chars (4), creation (8), digest of the workspace's address (8), length of the
 * tool's name (1), name, handle of the plugin. Numbers are big-endian.
 */
#include "era/task_id.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/clock.h"
#include "base/seal.h"
#include "config/config.h"
#include "config/snapshot.h"
#include "era/inside.h"
#include "era/workspace.h"
#include "policy/policy.h"
#include "registry/provider.h"

#define TASK_ID_PURPOSE "task-id"
#define TASK_ID_VERSION 1
#define WORKSPACE_LEN 8u
#define FIXED_LEN (1u + 2u + 1u + 4u + 8u + WORKSPACE_LEN + 1u)
#define TOOL_NAME_MAX 64u /* plugins.name_length is at most this */
#define PAYLOAD_LEN_MAX (FIXED_LEN + TOOL_NAME_MAX + MCP_HANDLE_MAX)

_Static_assert(SEAL_LEN(PAYLOAD_LEN_MAX) <= LIMIT_HANDLE, "an id fits into a header");

static void
put_number(struct buf *out, uint64_t number, unsigned bytes)
{
	while (bytes-- > 0)
		buf_putc(out, (char)(number >> (8 * bytes)));
}

static uint64_t
take_number(const unsigned char **at, unsigned bytes)
{
	uint64_t number = 0;

	while (bytes-- > 0)
		number = number << 8 | *(*at)++;
	return number;
}

/* The same tool at another workspace has other objects behind the same handle. One host may serve
 * several workspaces, so where there are several the name counts as well. */
static void
workspace_of(const struct config *config, const struct row *row, const char *role,
	     char digest[WORKSPACE_LEN])
{
	const struct config_upstream *upstream = config_upstream(config, role);
	const bool several = config_has_workspaces(config, row->provider->upstream);
	char hex[65], *text;

	text = xprintf("%s%s%s", upstream == NULL || upstream->url == NULL ? "" : upstream->url,
		       several ? "\n" : "", several ? role : "");
	sha256_hex(text, strlen(text), hex);
	free(text);
	memcpy(digest, hex, WORKSPACE_LEN);
}

void
task_id_seal(const struct request *request, const struct task_id *id, struct buf *out)
{
	const size_t name_len = strlen(id->row->name);
	char workspace[WORKSPACE_LEN];
	struct buf payload;

	CHECK(name_len <= TOOL_NAME_MAX && id->handle_len <= sizeof(id->handle));
	workspace_of(request->snapshot->config, id->row, id->upstream, workspace);
	buf_init(&payload, PAYLOAD_LEN_MAX);
	put_number(&payload, TASK_ID_VERSION, 1);
	put_number(&payload, id->can, 2);
	put_number(&payload, id->format, 1);
	put_number(&payload, id->cell_chars, 4);
	put_number(&payload, (uint64_t)id->created_ms, 8);
	buf_add(&payload, workspace, sizeof(workspace));
	put_number(&payload, name_len, 1);
	buf_add(&payload, id->row->name, name_len);
	buf_add(&payload, id->handle, id->handle_len);
	CHECK(buf_ok(&payload));
	seal(request->eras->parts.sealer, TASK_ID_PURPOSE, request->principal.name, TASK_ID_TTL_S,
	     payload.data, payload.len, out);
	buf_fini(&payload);
}

/* What was sealed here is well formed; a later version may have another form. */
static bool
read_payload(const struct snapshot *snapshot, const struct principal *principal,
	     const struct buf *payload, struct task_id *id)
{
	const unsigned char *at = (const unsigned char *)payload->data, *workspace;
	char name[TOOL_NAME_MAX + 1] = "", own[WORKSPACE_LEN];
	size_t name_len;

	if (payload->len < FIXED_LEN || take_number(&at, 1) != TASK_ID_VERSION)
		return false;
	id->can = (unsigned)take_number(&at, 2);
	id->format = (enum result_format)take_number(&at, 1);
	id->cell_chars = (uint32_t)take_number(&at, 4);
	id->created_ms = (int64_t)take_number(&at, 8);
	workspace = at;
	at += WORKSPACE_LEN;
	name_len = (size_t)take_number(&at, 1);
	if (name_len > TOOL_NAME_MAX || name_len > payload->len - FIXED_LEN ||
	    id->format >= RESULT_FORMATS)
		return false;
	memcpy(name, at, name_len);
	id->handle_len = payload->len - FIXED_LEN - name_len;
	if (id->handle_len == 0 || id->handle_len > sizeof(id->handle))
		return false;
	memcpy(id->handle, at + name_len, id->handle_len);
	id->row = registry_tool(snapshot->registry, name,
				&policy_class_of(snapshot->policy, principal)->view);
	if (id->row == NULL || id->row->part != ROW_WHOLE || strcmp(id->row->name, name) != 0)
		return false;
	for (size_t i = 0; (id->upstream = workspace_at(snapshot->config, id->row, i)) != NULL;
	     i++) {
		workspace_of(snapshot->config, id->row, id->upstream, own);
		if (memcmp(own, workspace, sizeof(own)) == 0)
			return workspace_is_open(snapshot->config, id->row, principal->name,
						 id->upstream);
	}
	return false;
}

bool
task_id_open(const struct eras *eras, const struct snapshot *snapshot,
	     const struct principal *principal, const char *text, struct task_id *id)
{
	const size_t len = strlen(text);
	struct buf payload;
	bool known;

	*id = (struct task_id){ 0 };
	buf_init(&payload, PAYLOAD_LEN_MAX);
	known = len <= LIMIT_HANDLE &&
		unseal(eras->parts.sealer, TASK_ID_PURPOSE, principal->name, text, len, &payload) &&
		read_payload(snapshot, principal, &payload, id);
	buf_fini(&payload);
	return known;
}
