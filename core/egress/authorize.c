/* SPDX-License-Identifier: Apache-2.0 */
#include "egress/authorize.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/principal.h"
#include "config/text.h"
#include "egress/internal.h"

static struct authorizer *
authorizer_of(const struct flight *flight)
{
	const struct egress *egress = flight->egress;
	size_t i = (size_t)(flight->request.upstream - egress->config->upstream);

	if (flight->request.user != NULL)
		return flight->request.user;
	/* never the host's own credential where requests are made on behalf of users */
	CHECK(flight->request.upstream->behalf == BEHALF_NONE);
	CHECK(i < egress->config->upstreams);
	return &egress->authorizer[i];
}

void
authorizer_init(struct authorizer *authorizer, struct egress *egress,
		const struct config_upstream *upstream)
{
	*authorizer = (struct authorizer){ .egress = egress };
	TAILQ_INIT(&authorizer->waiting);
	credential_init(&authorizer->credential, upstream);
}

void
authorizer_init_for(struct authorizer *authorizer, struct egress *egress,
		    const struct config_upstream *upstream, const struct principal *principal)
{
	*authorizer = (struct authorizer){ .egress = egress };
	TAILQ_INIT(&authorizer->waiting);
	credential_init_for(&authorizer->credential, upstream, principal->name,
			    principal->forwarded);
}

void
authorizer_fini(struct authorizer *authorizer)
{
	CHECK(TAILQ_EMPTY(&authorizer->waiting) && authorizer->n_waiting == 0);
	if (authorizer->program != NULL)
		child_cancel(authorizer->program);
	credential_fini(&authorizer->credential);
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void
wait_in(struct authorizer *authorizer, struct flight *flight)
{
	TAILQ_INSERT_TAIL(&authorizer->waiting, flight, waiting);
	authorizer->n_waiting++;
	flight_move(flight, FLIGHT_WAITS);
}

void
authorize_leave(struct flight *flight)
{
	struct authorizer *authorizer;

	if (flight->phase != FLIGHT_WAITS)
		return;
	authorizer = authorizer_of(flight);
	CHECK(authorizer->n_waiting > 0);
	TAILQ_REMOVE(&authorizer->waiting, flight, waiting);
	authorizer->n_waiting--;
	flight_move(flight, FLIGHT_RESTS);
}

/* Starting or ending a flight may add others, so the list is read again. New ones wait for the next
 * answer. */
static void
release(struct authorizer *authorizer, enum mcp_status error, const char *why)
{
	for (size_t n = authorizer->n_waiting; n > 0 && authorizer->n_waiting > 0; n--) {
		struct flight *flight = TAILQ_FIRST(&authorizer->waiting);

		authorize_leave(flight);
		if (error == MCP_OK)
			flight_queue(flight);
		else
			flight_fail(flight, error, why);
	}
}

/* ---- access tokens --------------------------------------------------------------------------- */

static void renew(struct authorizer *authorizer);

/* The reply to a request, or the end of a program. */
static void
answered(struct authorizer *authorizer, const struct credential_outcome *answer)
{
	char why[CREDENTIAL_WHY_MAX];
	enum mcp_status error;

	error = credential_reply(&authorizer->credential, answer, clock_ms(), why, sizeof(why));
	if (error == MCP_OK && authorizer->credential.more)
		renew(authorizer);
	else
		release(authorizer, error, why);
}

static void
token_arrived(void *data, const struct mcp_reply *reply)
{
	struct authorizer *authorizer = data;
	const struct credential_outcome answer = { .reply = reply };

	CHECK(authorizer->renewal != NULL);
	authorizer->renewal = NULL;
	answered(authorizer, &answer);
}

static void
program_ended(void *data, const struct child_result *result)
{
	struct authorizer *authorizer = data;
	const struct credential_outcome answer = { .result = result };

	CHECK(authorizer->program != NULL);
	authorizer->program = NULL;
	answered(authorizer, &answer);
}

/* Makes a request of the host from what the credential asks for. Takes the contents of `asked`. */
static void
make_request(const struct authorizer *authorizer, struct credential_request *asked,
	     struct request *request)
{
	const bool post = strcmp(asked->method, "POST") == 0;

	*request = (struct request){ .upstream = authorizer->credential.upstream,
				     .grant = true,
				     .direct = asked->direct,
				     .has_body = post,
				     .retry = MCP_RETRY_SAFE,
				     .reply = MCP_REPLY_BUFFER,
				     .max_bytes = asked->reply_max,
				     .timeout_ms = asked->timeout_ms,
				     .url = asked->url,
				     .path = asked->target,
				     .headers = asked->headers,
				     .body = asked->body };
	request->plugin = xstrdup("lakehost");
	request->method = xstrdup(asked->method);
	request->accept = xstrdup("application/json");
}

static char **
pointers(const struct strings *list)
{
	char **array = xcalloc(list->count + 1, sizeof(*array));

	for (size_t i = 0; i < list->count; i++)
		array[i] = list->item[i];
	return array;
}

static void
run_program(struct authorizer *authorizer, struct credential_request *asked)
{
	char **argv = pointers(&asked->command), **envp = pointers(&asked->environment);
	const struct child_command command = { .argv = argv,
					       .envp = envp,
					       .timeout_ms = asked->timeout_ms,
					       .output_max = asked->reply_max };

	authorizer->program =
	    child_start(authorizer->egress->loop, &command, program_ended, authorizer);
	free(argv);
	free(envp);
	credential_request_fini(asked);
}

static void
renew(struct authorizer *authorizer)
{
	struct credential_request asked;
	struct request request;
	char why[CREDENTIAL_WHY_MAX];
	enum mcp_status error;

	if (authorizer->renewal != NULL || authorizer->program != NULL)
		return;
	error = credential_request(&authorizer->credential, &asked, clock_ms(), why, sizeof(why));
	if (error != MCP_OK) {
		release(authorizer, error, why);
	} else if (asked.command.count > 0) {
		run_program(authorizer, &asked);
	} else {
		make_request(authorizer, &asked, &request);
		authorizer->renewal =
		    egress_take_off(authorizer->egress, &request, clock_ms() + request.timeout_ms,
				    token_arrived, authorizer);
	}
}

/* ---- flights --------------------------------------------------------------------------------- */

/* A link contains its own credential, a token request has its own headers, and a document is
 * public. */
static bool
needs_none(const struct flight *flight)
{
	return flight->request.link || flight->request.grant || flight->request.document;
}

bool
authorize(struct flight *flight, struct strings *headers)
{
	struct authorizer *authorizer;
	struct credential_step step;

	*headers = (struct strings){ 0 };
	if (needs_none(flight))
		return true;
	authorizer = authorizer_of(flight);
	flight->generation = authorizer->credential.generation;
	credential_step(&authorizer->credential, clock_ms(), &step);
	if (step.answer == CREDENTIAL_ERROR) {
		flight_fail(flight, step.error, step.why);
		return false;
	}
	if (step.answer == CREDENTIAL_REQUEST)
		wait_in(authorizer, flight);
	if (step.answer == CREDENTIAL_REQUEST || step.renew)
		renew(authorizer);
	*headers = step.headers;
	return step.answer == CREDENTIAL_HEADERS;
}

bool
authorize_again(struct flight *flight)
{
	if (needs_none(flight) || flight->authorized_again)
		return false;
	flight->authorized_again = true;
	return credential_refused(&authorizer_of(flight)->credential, flight->generation);
}
