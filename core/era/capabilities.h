/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of questions that a legacy client can answer (MCP basic/lifecycle, "Capability
 * Negotiation"). */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_CAPABILITIES_H
#define CORE_ERA_CAPABILITIES_H

#include "registry/registry.h"

struct buf;
struct json_object;

/* The kinds are bits, because the session id contains them. */
enum {
	CAN_ROOTS = 1 << 0,
	CAN_SAMPLING = 1 << 1,
	CAN_SAMPLING_TOOLS = 1 << 2,
	CAN_SAMPLING_CONTEXT = 1 << 3,
	CAN_ELICIT = 1 << 4, /* by form */
	CAN_ELICIT_URL = 1 << 5,
};
unsigned capabilities_read(struct json_object *capabilities, enum revision revision);
void capabilities_write(unsigned can, struct buf *out);

#endif
