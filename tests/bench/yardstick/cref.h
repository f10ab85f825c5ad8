/* SPDX-License-Identifier: Apache-2.0 */
/* The two halves of the yardstick: cref.c answers messages, http.c carries them. */
#ifndef BENCH_CREF_H
#define BENCH_CREF_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;

enum outcome {
	ANSWERED, /* text and len are set */
	LATER,	  /* id is set: hold_ms has to pass, or the upstream to answer */
	BAD
};

struct answer {
	char *text; /* the caller frees it; has room for one more byte */
	size_t len;
	struct json_object *id; /* the caller's, with a reference */
	int hold_ms;
	bool upstream;
};

/* Answers one message. Any thread. */
enum outcome handle(const char *text, size_t len, struct answer *answer);
/* Sets text and len of an answer that came later. Borrows `id`. */
void answer_text(struct answer *answer, struct json_object *id, const char *text, size_t len);

/* Serves until the process is killed; returns 1 when it cannot. `upstream` may be NULL. */
int run_http(int port, int loops, const char *upstream);

#endif
