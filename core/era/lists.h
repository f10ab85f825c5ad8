/* SPDX-License-Identifier: Apache-2.0 */
/* tools/list, prompts/list, resources/list, resources/templates/list. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_LISTS_H
#define CORE_ERA_LISTS_H

struct request;

void tools_list(struct request *request);
void prompts_list(struct request *request);
void resources_list(struct request *request);
void templates_list(struct request *request);

#endif
