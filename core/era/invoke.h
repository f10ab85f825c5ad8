/* SPDX-License-Identifier: Apache-2.0 */
/* From a request to the call of a row, and back to the request's one answer. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_INVOKE_H
#define CORE_ERA_INVOKE_H

#include <json-c/json.h>
#include <lakehost/plugin.h>
#include <stdbool.h>

#include "config/config.h"
#include "era/limited.h"
#include "registry/registry.h"

struct buf;
struct call_spec;
struct request;
struct result;
struct row;

/* Refuses a name that no row of the kind has, and suggests similar ones. */
void invoke_unknown(struct request *request, enum row_kind kind, const char *what,
		    const char *name);

/* params.arguments, made when absent. NULL: it is not an object, and the request was refused. */
struct json_object *invoke_arguments(struct request *request);
/* The member of `arguments` that contains U+0000, which texts in C cannot hold; NULL when there is
 * none. */
const char *invoke_nul(struct json_object *arguments);
/* Starts the row with these arguments, which are already prepared; a reference is kept. `uri` is
 * the URI that is read, or NULL. Later the method's answer() is called. */
void invoke(struct request *request, const struct row *row, struct json_object *arguments,
	    const char *uri);
/* Starts the row in the same way. `json` has the arguments as JSON text; NULL: this function writes
 * the text. */
void invoke_written(struct request *request, const struct row *row, struct json_object *arguments,
		    const struct buf *text);
/* What a call needs before it begins; borrowed. */
struct invoke_order {
	const char *uri;	/* that is read, or NULL */
	const struct buf *text; /* the arguments as JSON text, or NULL */
	enum confirm confirm;	/* the policy's answer: must a person confirm it? */
};
/* The store of limits has answered: the request goes on behind this stage. `fine`: the text was
 * not used before. */
void invoke_resumed(struct request *request, enum limited_stage stage, bool fine,
		    const struct invoke_order *order);
/* A legacy client has answered the question of confirm_ready(). */
void invoke_confirmed(struct request *request);
/* Refuses parameters; `why` has one line for each fault. `what` may be NULL. */
void invoke_refuse(struct request *request, const char *what, const struct buf *why);
/* Ends the request with a failure of the host, in the form that the method uses for failures. */
void invoke_fail(struct request *request, enum mcp_status status, const char *what, const char *why,
		 const char *next);
/* Makes request->answers_text of request->answers, if there are any. False: they are too large, and
 * the request was refused. */
bool invoke_answers(struct request *request);
/* Makes the call and starts it, or refuses the request, which may be gone afterwards. */
void invoke_begin(struct request *request, const struct call_spec *spec);
/* The traceparent in the `_meta` of the request, if it is valid; or NULL. */
const char *invoke_traceparent(const struct request *request);
/* Ends the request with a call's failure as a JSON-RPC error, where results have no isError. */
void invoke_error(struct request *request, const struct result *result);

#endif
