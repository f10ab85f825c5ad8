/* SPDX-License-Identifier: Apache-2.0 */
/* subscriptions/listen (MCP 2026-07-28, server/subscriptions): a request that stays open and
 * receives the changes that it asked for. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_SUBSCRIPTIONS_H
#define CORE_ERA_SUBSCRIPTIONS_H

#include <stddef.h>

struct buf;
struct eras;
struct request;

struct row;
struct task_view;
struct watch;

#define SUBSCRIPTION_KINDS 3 /* lists that can change: tools, prompts, resources */
#define LISTEN_URIS 256u     /* resources, and tasks, that one listen may watch */

void subscriptions_listen(struct request *request);
/* Notifies the clients that subscribed, and the legacy sessions; see eras_changed(). With `watch`
 * only the subscribers of that watch: another workspace may have an object with the same URI. */
void subscriptions_tell(struct eras *eras, const char *what, const char *uri,
			const struct watch *watch);
/* Writes the notification of a change. `kind` is the number of a list, and is ignored with `uri`.
 * `id` is raw JSON, or NULL for a legacy session, which has no subscription ids. */
void subscriptions_write(struct buf *out, size_t kind, const char *uri, const char *id);
/* The same for the state of a task. */
void subscriptions_tell_task(struct eras *eras, const struct watch *watch, const struct row *row,
			     const struct task_view *view);
/* A reload: each subscription moves to the new snapshot, or ends with its result. */
void subscriptions_move(struct eras *eras);
/* Ends each subscription whose principal may not have it any more (standing.h). */
void subscriptions_judge(struct eras *eras);
/* Ends the request with its result. After that no more changes are sent. */
void subscription_finish(struct request *request);
void subscriptions_finish(struct eras *eras); /* all of them */
/* Called when the request ends; frees the data of its subscription. */
void subscription_end(struct request *request);

#endif
