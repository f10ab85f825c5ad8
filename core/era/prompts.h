/* SPDX-License-Identifier: Apache-2.0 */
/* prompts/get. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_PROMPTS_H
#define CORE_ERA_PROMPTS_H

struct request;
struct result;

void prompts_get(struct request *request);
void prompts_answer(struct request *request, const struct result *result);

#endif
