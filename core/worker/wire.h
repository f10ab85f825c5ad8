/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages between host and worker: each has a type, and its payload is written and read field by
 * field. Both run on one machine and come from one build, so integers use its byte order. But
 * neither trusts the other: a reader that finds anything unexpected becomes bad and stays bad.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_WORKER_WIRE_H
#define CORE_WORKER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "run/run.h"

#define WIRE_VERSION 1u
/* most bytes of one message: replies of up to 16 MiB, in base64 */
#define WIRE_MESSAGE_MAX (48u << 20)
#define WIRE_RUNS_MAX 32768u	      /* most calls in one worker at a time */
#define WIRE_SINK_WINDOW (256u << 10) /* most bytes that may be on the way to one sink */
#define WIRE_FETCH_SINK UINT32_MAX    /* the index that stands for the sink of a blocking request */

/* The messages, their sender, and their content. (An X-macro.) */
#define WIRE_TYPES(X)                                                     \
	X(OPEN)	      /* host: version, name, options */                  \
	X(READY)      /* worker: version */                               \
	X(REFUSED)    /* worker: refusal, why */                          \
	X(BEGIN)      /* host: kind, index, inline, run_input */          \
	X(STEP)	      /* host: entry, answers, replies */                 \
	X(CANCEL)     /* host */                                          \
	X(DEADLINE)   /* host: deadline_ms, wait_until_ms */              \
	X(SINK)	      /* host: bytes, for sink `index` */                 \
	X(FETCHED)    /* host: reply */                                   \
	X(END)	      /* host: the call is dropped */                     \
	X(STEPPED)    /* worker: outcome, result */                       \
	X(PROGRESS)   /* worker: done, total, message */                  \
	X(LOG)	      /* worker: level, message */                        \
	X(CLIENT_LOG) /* worker: level, logger, JSON */                   \
	X(MASK)	      /* worker: value */                                 \
	X(CHANGED)    /* worker: what */                                  \
	X(UPDATED)    /* worker: uri */                                   \
	X(FETCH)      /* worker: one request, and wait for FETCHED */     \
	X(CREDIT)     /* worker: bytes of sink `index` that were taken */ \
	X(SINK_STOP)  /* worker: sink `index` needs no more bytes */

enum wire_type {
	WIRE_NONE,
#define X(name) WIRE_##name,
	WIRE_TYPES(X)
#undef X
	    WIRE_TYPES_END
};

/* ---- writing, into a buffer capped at WIRE_MESSAGE_MAX -------------------------------------- */

void wire_u32(struct buf *out, uint32_t value);
void wire_i64(struct buf *out, int64_t value);
void wire_f64(struct buf *out, double value);
void wire_bytes(struct buf *out, const void *data, size_t len);
void wire_str(struct buf *out, const char *text); /* or NULL */

void wire_input(struct buf *out, const struct run_input *input);
void wire_request(struct buf *out, const struct mcp_http *request);
void wire_reply(struct buf *out, const struct mcp_reply *reply);
void wire_outcome(struct buf *out, const struct outcome *outcome);

/* ---- reading -------------------------------------------------------------------------------- */

struct wire_reader {
	const char *at, *end;
	bool bad;
};

uint32_t wire_take_u32(struct wire_reader *in);
int64_t wire_take_i64(struct wire_reader *in);
double wire_take_f64(struct wire_reader *in); /* finite */
/* The bytes are borrowed from the message; a NUL follows them. */
const char *wire_take_bytes(struct wire_reader *in, size_t *len);
/* Text without NUL inside, in valid UTF-8. NULL when NULL was written, or when the reader is
 * bad. */
const char *wire_take_str(struct wire_reader *in);
/* Reads a text in the same way. NULL makes the reader bad, and "" is returned. */
const char *wire_take_text(struct wire_reader *in);
/* Reads a value of an enum, which must be at most `most`. */
uint32_t wire_take_enum(struct wire_reader *in, uint32_t most);
bool wire_at_end(const struct wire_reader *in); /* Is the reader at the end, and not bad? */

/* Reads a run_input, which borrows from the message. */
void wire_take_input(struct wire_reader *in, struct run_input *input);
/* Reads requests as a deep copy, owned like that of requests_copy(). NULL when n is 0 or the
 * message is bad. */
struct mcp_http *wire_take_requests(struct wire_reader *in, size_t n);
/* Reads a reply. `headers` has room for WIRE_HEADERS_MAX. Everything is borrowed from the
 * message. */
#define WIRE_HEADERS_MAX 128u
void wire_take_reply(struct wire_reader *in, struct mcp_reply *reply, struct mcp_header *headers);
/* Fills an outcome; its members are owned (outcome_fini). */
void wire_take_outcome(struct wire_reader *in, struct outcome *outcome);

#endif
