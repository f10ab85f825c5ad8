/* SPDX-License-Identifier: Apache-2.0 */
/* The two parts of the yardstick: cref.c answers messages, http.c receives and sends them. */
#ifndef BENCH_CREF_H
#define BENCH_CREF_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;

enum outcome {
	ANSWERED, /* the answer is in text and len */
	/* the id is set: the answer follows after hold_ms, or when the upstream answers */
	LATER,
	BAD
};

struct answer {
	char *text; /* the text; the caller frees it, and it has room for one more byte */
	size_t len;
	struct json_object *id; /* the id; owned by the caller, with a reference */
	int hold_ms;
	bool upstream;
};

/* Answers one message. Any thread. */
enum outcome handle(const char *text, size_t len, struct answer *answer);
/* Sets text and len of an answer that is made later. Borrows `id`. */
void answer_text(struct answer *answer, struct json_object *id, const char *text, size_t len);

/* Serves until the process is killed. Returns 1 when it cannot serve. `upstream` may be NULL. */
int run_http(int port, int loops, const char *upstream);

#endif
