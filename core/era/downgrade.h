/* SPDX-License-Identifier: Apache-2.0 */
/* What older revisions do not know is said in their words, or left out: strict clients reject a
 * whole message for one unknown thing in it. (Lists: registry_list().) */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_DOWNGRADE_H
#define CORE_ERA_DOWNGRADE_H

#include <json-c/json.h>
#include <stdbool.h>

#include "registry/registry.h"

struct buf;
struct json;
struct result_block;

/* Appends a content block as `revision` knows it. */
void downgrade_block(struct json *out, const struct result_block *block, enum revision revision);
/* May this structured content be sent? */
bool downgrade_structured(const struct buf *structured, enum revision revision);
/* The parameters of a question, to be sent as a request with the id `id`. Changes them. */
void downgrade_question(struct json_object *params, enum revision revision, const char *id);

#endif
