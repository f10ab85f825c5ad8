/* SPDX-License-Identifier: Apache-2.0 */
/* resources/read and the legacy subscriptions. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_RESOURCES_H
#define CORE_ERA_RESOURCES_H

struct request;
struct result;

void resources_read(struct request *request);
void resources_answer(struct request *request, const struct result *result);
void resources_subscribe(struct request *request);
void resources_unsubscribe(struct request *request);

#endif
