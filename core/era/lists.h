/* SPDX-License-Identifier: Apache-2.0 */
/* tools/list, prompts/list, resources/list, resources/templates/list. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_LISTS_H
#define CORE_ERA_LISTS_H

struct eras;
struct request;

void tools_list(struct request *request);
void prompts_list(struct request *request);
void resources_list(struct request *request);
void templates_list(struct request *request);

/* The results of the four lists are kept as bytes. */
void lists_init(struct eras *eras);
void lists_fini(struct eras *eras);

#endif
