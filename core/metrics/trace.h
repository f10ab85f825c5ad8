/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spans of traces, collected for a collector that speaks OTLP over HTTP with JSON
 * (opentelemetry.io/docs/specs/otlp). There is one collection in a process; before traces_start()
 * nothing is collected. What does not fit is dropped and counted. Texts are masked. Loop thread
 * only.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_METRICS_TRACE_H
#define CORE_METRICS_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

#define TRACE_SPANS_MAX 2048	   /* that wait to be sent */
#define TRACE_BYTES_MAX (4u << 20) /* of them */
#define TRACE_PARENT_LEN 55	   /* characters of a traceparent */

/* The place of a span: W3C Trace Context. All texts are lower-case hexadecimal. */
struct trace_place {
	char trace[33], span[17], parent[17]; /* parent: empty for a root */
	bool sampled;
};

/* A new span below the one that `traceparent` names; NULL or not valid: of a new trace. */
void trace_begin(struct trace_place *place, const char *traceparent);
/* The header with which the receiver's spans come below this one. */
void trace_parent(const struct trace_place *place, char text[TRACE_PARENT_LEN + 1]);

enum trace_kind { TRACE_SERVER = 2, TRACE_CLIENT = 3 }; /* the numbers of OTLP */

struct trace_attribute {
	const char *key, *text; /* text NULL: the number */
	int64_t number;
};

struct trace_span {
	const struct trace_place *place;
	const char *name;
	enum trace_kind kind;
	int64_t us; /* how long it took; it ends now */
	bool failed;
	const struct trace_attribute
	    *attribute; /* those without a text and a number < 0 are left out */
	size_t attributes;
};

void traces_start(void);
void traces_stop(void);
bool traces_on(void);
/* Takes a copy. Not if its trace is not sampled. */
void traces_add(const struct trace_span *span);
size_t traces_waiting(void);
uint64_t traces_dropped(void);
void traces_drop(size_t spans); /* the collector did not take this many: they are counted */
/* The body of one request with all spans that wait, which then wait no more; their number. */
size_t traces_take(struct buf *body);

#endif
