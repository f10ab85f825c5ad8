/* SPDX-License-Identifier: Apache-2.0 */
/* tools/call. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_TOOLS_H
#define CORE_ERA_TOOLS_H

struct request;
struct result;

void tools_call(struct request *request);
void tools_answer(struct request *request, const struct result *result);

#endif
