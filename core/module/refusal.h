/* SPDX-License-Identifier: Apache-2.0 */
/* Why a plugin is refused: one named reason, and its details. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_MODULE_REFUSAL_H
#define CORE_MODULE_REFUSAL_H

#include <stdbool.h>

#define REFUSAL_WHY_MAX 512

/* The reasons for refusing a file, as operators see them. (An X-macro.) */
#define PLUGIN_REFUSALS(X)                                                         \
	X(NOT_FOUND, "not found in a plugin directory")                            \
	X(NAME, "not a valid plugin name")                                         \
	X(SYMLINK_OUT, "outside of its plugin directory")                          \
	X(NOT_REGULAR, "not a regular file")                                       \
	X(OWNER, "owned by a user other than root or this user")                   \
	X(WRITABLE, "writable by group or others")                                 \
	X(DIRECTORY, "in a directory that others can write to")                    \
	X(TOO_LARGE, "larger than a plugin may be")                                \
	X(NOT_ELF, "not an ELF shared object")                                     \
	X(ARCHITECTURE, "built for another architecture")                          \
	X(TRUNCATED, "truncated")                                                  \
	X(NO_MANIFEST, "without a manifest inside the file")                       \
	X(BAD_MANIFEST, "with an invalid manifest")                                \
	X(SIGNATURE, "without a valid signature")                                  \
	X(APPROVAL, "not approved")                                                \
	X(CHANGED, "different from what was approved")                             \
	X(ABI, "built for another plugin ABI")                                     \
	X(MANIFEST_NAME, "named differently in its manifest")                      \
	X(DUPLICATE, "listed twice")                                               \
	X(OPTIONS, "with options that are not valid")                              \
	X(PERMISSIONS, "with a permission or request that is not in its manifest") \
	X(UPSTREAM, "made for another kind of service")                            \
	X(ROWS, "with a tool, resource or prompt that is not valid")               \
	X(DLOPEN, "not loadable")                                                  \
	X(NO_SYMBOL, "without the symbol mcp_plugin")                              \
	X(DESCRIPTOR, "with a descriptor that differs from its manifest")          \
	X(START, "unable to start")                                                \
	X(WORKER, "without a worker process")

enum plugin_refusal {
	PLUGIN_OK,
#define X(name, text) PLUGIN_##name,
	PLUGIN_REFUSALS(X)
#undef X
};
const char *plugin_refusal_text(enum plugin_refusal refusal);

/* PLUGIN_OK: the plugin is not refused. */
struct refusal {
	enum plugin_refusal kind;
	char why[REFUSAL_WHY_MAX];
};

/* Records a refusal with its details; returns false. */
bool refusal_set(struct refusal *refusal, enum plugin_refusal kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
