/* SPDX-License-Identifier: Apache-2.0 */
/* completion/complete. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_COMPLETION_H
#define CORE_ERA_COMPLETION_H

struct request;
struct result;

void completion_complete(struct request *request);
void completion_answer(struct request *request, const struct result *result);

#endif
