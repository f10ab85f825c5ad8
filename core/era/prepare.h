/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Large messages. Work that takes time in proportion to a message (checking its arguments, writing
 * them for the plugin, freeing its memory) is done by a worker thread, so that other requests do
 * not wait for it.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_PREPARE_H
#define CORE_ERA_PREPARE_H

#include <json-c/json.h>
#include <stdbool.h>

#define PREPARE_NOTES_MAX 2000u /* bytes of the text about changed arguments */
#define PREPARE_WHY_MAX 8000u	/* bytes of the text about faults of arguments */

struct buf;
struct eras;
struct message;
struct request;
struct row;

/* Runs on a worker: checks and changes the arguments. False with `why`: they are refused. */
typedef bool prepare_check(const struct row *row, struct json_object *arguments, bool nul,
			   struct buf *notes, struct buf *why);
/* Called on the loop thread: the arguments were checked (`why` NULL: they are valid) and written as
 * `text`. This is not called when the request has ended meanwhile. */
typedef void prepare_done(struct request *request, const struct row *row,
			  struct json_object *arguments, struct buf *notes, const struct buf *text,
			  const struct buf *why);

/* Is the request's message too large to be processed on the loop thread? */
bool prepare_needed(const struct request *request);
/* `arguments` are part of the request's message. `check` NULL: they are only written. */
void prepare_start(struct request *request, const struct row *row, struct json_object *arguments,
		   prepare_check *check, prepare_done *done);
/* Called when the request ends. When a worker still reads its message, the worker becomes the owner
 * of the message. */
void prepare_leave(struct request *request);
/* Calls message_fini(), on a worker if the message is large. */
void message_dispose(struct eras *eras, struct message *message);

#endif
