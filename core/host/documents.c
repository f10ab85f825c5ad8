/* SPDX-License-Identifier: Apache-2.0 */
#include "host/documents.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/config.h"
#include "egress/egress.h"
#include "upstream/upstream.h"

#define DOCUMENT_TIMEOUT_MS 10000u
#define DOCUMENT_WHY_MAX 640

struct document {
	struct transfer *transfer;
	char *url;
	fetched_fn done;
	void *data;
	struct document *next, **link;
};

struct documents {
	struct egress *egress;
	struct config_upstream from;
	struct document *running;
};

static void
document_free(struct document *document)
{
	*document->link = document->next;
	if (document->next != NULL)
		document->next->link = document->link;
	free(document->url);
	free(document);
}

static void
arrived(void *data, const struct mcp_reply *reply)
{
	struct document *document = data;
	fetched_fn done = document->done;
	void *done_data = document->data;
	char why[DOCUMENT_WHY_MAX];

	if (reply->error != MCP_OK)
		snprintf(why, sizeof(why), "%s", reply->why);
	else
		snprintf(why, sizeof(why), "%s answered HTTP %d", document->url, reply->status);
	document_free(document);
	if (reply->error == MCP_OK && reply->status == 200)
		done(done_data, reply->body.data, reply->body.len, NULL);
	else
		done(done_data, NULL, 0, why);
}

static void *
start(void *data, const char *url, size_t max, fetched_fn done, void *done_data)
{
	struct documents *documents = data;
	struct document *document = xcalloc(1, sizeof(*document));

	document->url = xstrdup(url);
	document->done = done;
	document->data = done_data;
	document->link = &documents->running;
	document->next = documents->running;
	if (document->next != NULL)
		document->next->link = &document->next;
	documents->running = document;
	document->transfer =
	    egress_document(documents->egress, &documents->from, url, max, arrived, document);
	return document;
}

static void
cancel(void *data, void *running)
{
	struct document *document = running;

	(void)data;
	egress_cancel(document->transfer);
	document_free(document);
}

struct documents *
documents_new(struct egress *egress, const struct config *config)
{
	struct documents *documents = xcalloc(1, sizeof(*documents));
	size_t kind = 0;

	while (strcmp(upstream_kinds[kind]->name, "generic") != 0)
		kind++;
	documents->egress = egress;
	documents->from = (struct config_upstream){ .role = (char *)(uintptr_t) "auth.oauth",
						    .kind = upstream_kinds[kind],
						    .url = config->auth.oauth->issuer,
						    .ca_file = config->auth.oauth->ca_file,
						    .timeout_ms = DOCUMENT_TIMEOUT_MS,
						    .connect_timeout_ms = DOCUMENT_TIMEOUT_MS,
						    .max_retries = 1 };
	return documents;
}

void
documents_free(struct documents *documents)
{
	if (documents == NULL)
		return;
	for (struct document *document = documents->running, *next; document != NULL;
	     document = next) {
		next = document->next;
		free(document->url);
		free(document);
	}
	free(documents);
}

struct fetcher
documents_fetcher(struct documents *documents)
{
	return (struct fetcher){ documents, start, cancel };
}
