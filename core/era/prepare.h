/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Large messages. What takes time in proportion to a message (checking its arguments, writing them
 * for the plugin, giving its memory back) is a worker's work, so that nobody else waits for it.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_PREPARE_H
#define CORE_ERA_PREPARE_H

#include <json-c/json.h>
#include <stdbool.h>

#define PREPARE_NOTES_MAX 2000u /* bytes about what was changed in arguments */
#define PREPARE_WHY_MAX 8000u	/* bytes about what is wrong with them */

struct buf;
struct eras;
struct message;
struct request;
struct row;

/* On a worker: checks and changes the arguments. False with `why`: they are refused. */
typedef bool prepare_check(const struct row *row, struct json_object *arguments, bool nul,
			   struct buf *notes, struct buf *why);
/* On the loop: the arguments were checked (`why` NULL: fine) and written as `text`. Not called when
 * the request has ended meanwhile. */
typedef void prepare_done(struct request *request, const struct row *row,
			  struct json_object *arguments, struct buf *notes, const struct buf *text,
			  const struct buf *why);

/* Is the request's message one that must not be worked on here? */
bool prepare_needed(const struct request *request);
/* `arguments` are part of the request's message. `check` NULL: they are only written. */
void prepare_start(struct request *request, const struct row *row, struct json_object *arguments,
		   prepare_check *check, prepare_done *done);
/* The request ends: a worker that still reads its message takes it over. */
void prepare_leave(struct request *request);
/* message_fini(), by a worker if it is large. */
void message_dispose(struct eras *eras, struct message *message);

#endif
