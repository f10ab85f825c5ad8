/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The code of a plugin: loaded after its file and manifest were checked, and compared with the
 * manifest. The same functions are used in the host and in lakehost-worker.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_MODULE_CODE_H
#define CORE_MODULE_CODE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include <lakehost/plugin.h>

#include "module/refusal.h"
#include "registry/registry.h"

/* The services of the host for a plugin's own threads. Any thread may call them until code_fini()
 * returns. `level` and `what` are valid, and the message is limited. */
struct code_services {
	void (*log)(void *owner, enum mcp_level level, const char *message, size_t len);
	void (*changed)(void *owner, const char *what);
	void (*updated)(void *owner, const char *uri);
};

#define CODE_LOG_MAX 8192u /* bytes of a log line of a plugin outside of calls */
#define CODE_URI_MAX 4096u /* bytes of a URI in an update */

enum code_state {
	/* no file was loaded; the rows of the host itself have no file */
	CODE_NONE,
	CODE_LOADED,  /* dlopen succeeded, so the descriptor of the file must stay open */
	CODE_STARTED, /* start() succeeded, so stop() must be called */
};

struct code {
	enum code_state state;
	/* a copy of the descriptor; members that its minor version does not have are zero */
	struct mcp_plugin descriptor;
	struct mcp_row *row[ROW_KINDS];	 /* copies of the rows, in the order of the manifest */
	struct mcp_operation *operation; /* copies of the operations to which tools refer */
	/* the struct that start() gets; valid until stop() has returned */
	struct mcp_host host;
	const struct code_services *services;
	void *owner;  /* of the services */
	void *self;   /* set by start() */
	void *object; /* of dlopen(); NULL: no file was loaded */
};

/* Loads the open file with dlopen and compares descriptor and manifest, member by member. `fd` must
 * stay open for as long as the code is mapped: the loader identifies objects by name, which here is
 * /proc/self/fd/N. A second file with the same N would silently count as the first. */
enum plugin_refusal code_open(struct code *code, int fd, struct json_object *manifest, char *why,
			      size_t why_size);
/* Does the same for a descriptor that is part of the program. */
enum plugin_refusal code_adopt(struct code *code, const struct mcp_plugin *plugin,
			       struct json_object *manifest, char *why, size_t why_size);
/* Runs start(). All arguments must be valid until code_fini(), and `code` must not move, because
 * the plugin has its address. */
enum plugin_refusal code_start(struct code *code, const char *options,
			       const struct code_services *services, void *owner, char *why,
			       size_t why_size);
/* Runs stop() if start() succeeded. The shared object stays mapped. */
void code_fini(struct code *code);
/* Unmaps the object that was loaded from this file, after code_fini(). False: it stays mapped, for
 * example because it is marked so, and `fd` must stay open. */
bool code_unmap(void *object, int fd);

/* The row with this number. NULL when there is no such row. */
const struct mcp_row *code_row(const struct code *code, struct json_object *manifest,
			       enum row_kind kind, unsigned index);

/* Splits "METHOD /path" of a request row; false when it has another form. */
bool code_request_parse(const char *request, char *method, size_t method_size, const char **path);

#endif
