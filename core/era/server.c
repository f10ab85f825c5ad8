/* SPDX-License-Identifier: Apache-2.0 */
/* Who this host is and what it offers: serverInfo, capabilities, server/discover. */
#include <lakehost/version.h>

#include "config.h"
#include "era/eras.h"

#define DISCOVER_TTL_MS 60000

void
server_info(const struct eras *eras, enum revision revision, struct buf *out)
{
	const struct config *config = eras->parts.config;

	buf_putc(out, '{');
	add_member(out, "name", config->server.name);
	if (revision >= REV_2025_06_18)
		add_member(out, "title", config->server.title);
	add_member(out, "version", LAKEHOST_VERSION);
	buf_putc(out, '}');
}

/*
 * Only what is there. Changes are announced to listens of the modern era and to a legacy session on
 * stdio; over HTTP legacy sessions have no stream that could carry them, so there they are not
 * promised. (A subscription is accepted there all the same: 2025-11-25 lets a server be silent.)
 */
void
server_capabilities(const struct request *request, struct buf *out)
{
	const struct registry *registry = request->eras->parts.registry;
	enum access access = request->principal.access;
	bool told = request->era == &era_modern || !request->exchange->http;
	const char *changes = told ? "\"listChanged\":true" : "";

	buf_putc(out, '{');
	if (registry_count(registry, ROW_TOOL, access) > 0)
		buf_printf(out, "\"tools\":{%s}", changes);
	if (registry_count(registry, ROW_RESOURCE, access) > 0 ||
	    registry_count(registry, ROW_TEMPLATE, access) > 0) {
		add_comma(out);
		buf_printf(out, "\"resources\":{\"subscribe\":true%s%s}", told ? "," : "", changes);
	}
	if (registry_count(registry, ROW_PROMPT, access) > 0) {
		add_comma(out);
		buf_printf(out, "\"prompts\":{%s}", changes);
	}
	if (registry_count(registry, ROW_COMPLETION, access) > 0 &&
	    request->revision >= REV_2025_03_26) {
		add_comma(out);
		buf_puts(out, "\"completions\":{}");
	}
	add_comma(out);
	buf_puts(out, "\"logging\":{}}");
}

void
server_discover(struct request *request)
{
	struct buf *out = request_begin(request);

	buf_printf(out,
		   "\"supportedVersions\":[\"%s\"],\"capabilities\":", revision_name(REV_MODERN));
	server_capabilities(request, out);
	add_member(out, "instructions", request->eras->parts.config->server.instructions);
	request_end(request, &(struct wrap){ .type = "complete", .ttl_ms = DISCOVER_TTL_MS });
}
