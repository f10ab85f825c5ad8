/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of "plugin lint". */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CLI_LINT_H
#define CORE_CLI_LINT_H

#include <stddef.h>

struct elf_facts;
struct findings;
struct json_object;

#define LINT_TOOLS_TOKENS 8000u /* most tokens of all tools of a plugin together */
#define LINT_TOOL_TOKENS 1500u	/* most tokens of one tool */

/* About how many tokens a tool takes in the context of a model: a quarter of its bytes in the
 * answer of tools/list. */
size_t lint_tokens(struct json_object *tool);
/* What the loader will see. */
void lint_elf(struct findings *findings, const struct elf_facts *facts);
/* What operators and clients will see. */
void lint_manifest(struct findings *findings, struct json_object *manifest);

#endif
