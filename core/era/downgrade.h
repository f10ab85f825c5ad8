/* SPDX-License-Identifier: Apache-2.0 */
/* Features that an older revision does not have are converted to its form, or left out. Strict
 * clients reject a whole message because of one unknown member. (For lists see registry_list().) */
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

/* Appends a content block in the form of `revision`. */
void downgrade_block(struct json *out, const struct result_block *block, enum revision revision);
/* May this structured content be sent to a client of this revision? */
bool downgrade_structured(const struct buf *structured, enum revision revision);
/* The parameters of a question, for a request with the id `id`. Changes them. */
void downgrade_question(struct json_object *params, enum revision revision, const char *id);

#endif
