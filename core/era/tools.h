/* SPDX-License-Identifier: Apache-2.0 */
/* tools/call. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_TOOLS_H
#define CORE_ERA_TOOLS_H

struct config;
struct json;
struct request;
struct result;
struct row;

void tools_call(struct request *request);
void tools_answer(struct request *request, const struct result *result);
/* The whole result of a modern call of this row, as members of the open object. */
void tools_write(struct json *out, const struct config *config, const struct row *row,
		 const struct result *result);

#endif
