/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects that clients subscribed to: a resource by its URI, or a task. One watch polls its object
 * for all subscribers, and ends with the last of them. Nothing else is polled. Loop thread only.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_WATCH_H
#define CORE_ERA_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct eras;
struct principal;
struct watch;

#define WATCH_MS 5000	  /* between two polls of a resource */
#define WATCHES_MAX 4096u /* objects of the host; a further one is not watched */

/* Another subscriber of the object; watch_release() ends it. NULL: it does not exist for this
 * principal, or there are too many. A change is told with subscriptions_tell() or
 * subscriptions_tell_task(), later and from the loop. */
struct watch *watch_resource(struct eras *eras, const struct principal *principal, const char *uri);
struct watch *watch_task(struct eras *eras, const struct principal *principal, const char *id);
/* A hash of what its last poll saw. False: no poll has succeeded yet. */
bool watch_seen(const struct watch *watch, uint64_t *seen);
void watch_release(struct watch *watch); /* NULL is fine */

#endif
