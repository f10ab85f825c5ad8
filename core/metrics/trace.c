/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lakehost/version.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/http_syntax.h"
#include "base/json_write.h"
#include "base/mask.h"
#include "base/seal.h"

#define TEXT_MAX 512 /* bytes of a text of an attribute */

static struct {
	bool on;
	struct buf spans; /* the inside of an array */
	struct json json;
	size_t waiting;
	uint64_t dropped;
} traces;

/* ---- places --------------------------------------------------------------------------------- */

static void
random_hex(char *text, size_t bytes)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char random[16];

	random_bytes(random, bytes);
	random[0] |= 1; /* an id of zeros is not valid */
	for (size_t i = 0; i < bytes; i++) {
		text[2 * i] = digits[random[i] >> 4];
		text[2 * i + 1] = digits[random[i] & 15];
	}
	text[2 * bytes] = '\0';
}

void
trace_begin(struct trace_place *place, const char *traceparent)
{
	place->parent[0] = '\0';
	place->sampled = true;
	if (traceparent != NULL && traceparent_valid(traceparent)) {
		snprintf(place->trace, sizeof(place->trace), "%.32s", traceparent + 3);
		snprintf(place->parent, sizeof(place->parent), "%.16s", traceparent + 36);
		place->sampled = (strtoul(traceparent + 53, NULL, 16) & 1) != 0;
	} else {
		random_hex(place->trace, 16);
	}
	random_hex(place->span, 8);
}

void
trace_parent(const struct trace_place *place, char text[TRACE_PARENT_LEN + 1])
{
	snprintf(text, TRACE_PARENT_LEN + 1, "00-%s-%s-%02d", place->trace, place->span,
		 place->sampled);
}

/* ---- spans ---------------------------------------------------------------------------------- */

static void
add_text(struct json *json, const char *key, const char *text)
{
	size_t len = strlen(text);
	char *masked = mask_record(text, len, &len);

	json_text(json_member(json, key), masked != NULL ? masked : text,
		  len < TEXT_MAX ? len : TEXT_MAX);
	free(masked);
}

/* 64-bit numbers are texts in the JSON form of OTLP. */
static void
add_number(struct json *json, const char *key, int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, number);
	json_string(json_member(json, key), text);
}

static void
add_attribute(struct json *json, const struct trace_attribute *attribute)
{
	if (attribute->text == NULL && attribute->number < 0)
		return;
	json_begin(json, '{');
	json_string(json_member(json, "key"), attribute->key);
	json_begin(json_member(json, "value"), '{');
	if (attribute->text != NULL)
		add_text(json, "stringValue", attribute->text);
	else
		add_number(json, "intValue", attribute->number);
	json_end(json);
	json_end(json);
}

static void
write_span(struct json *json, const struct trace_span *span)
{
	const int64_t now_us = clock_wall_ms() * 1000;

	json_begin(json, '{');
	json_string(json_member(json, "traceId"), span->place->trace);
	json_string(json_member(json, "spanId"), span->place->span);
	if (span->place->parent[0] != '\0')
		json_string(json_member(json, "parentSpanId"), span->place->parent);
	add_text(json, "name", span->name);
	json_number(json_member(json, "kind"), span->kind);
	add_number(json, "startTimeUnixNano", (now_us - span->us) * 1000);
	add_number(json, "endTimeUnixNano", now_us * 1000);
	json_begin(json_member(json, "attributes"), '[');
	for (size_t i = 0; i < span->attributes; i++)
		add_attribute(json, &span->attribute[i]);
	json_end(json);
	json_begin(json_member(json, "status"), '{');
	if (span->failed)
		json_number(json_member(json, "code"), 2);
	json_end(json);
	json_end(json);
}

void
traces_add(const struct trace_span *span)
{
	struct json_mark mark;

	if (!traces.on || !span->place->sampled)
		return;
	mark = json_here(&traces.json);
	if (traces.waiting < TRACE_SPANS_MAX)
		write_span(&traces.json, span);
	if (traces.waiting == TRACE_SPANS_MAX || !buf_ok(&traces.spans)) {
		json_back(&traces.json, &mark);
		traces.dropped++;
		return;
	}
	traces.waiting++;
}

size_t
traces_take(struct buf *body)
{
	static const char head[] =
	    "{\"resourceSpans\":[{\"resource\":{\"attributes\":["
	    "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"lakehost\"}},"
	    "{\"key\":\"service.version\",\"value\":{\"stringValue\":\"" LAKEHOST_VERSION "\"}}]},"
	    "\"scopeSpans\":[{\"scope\":{\"name\":\"lakehost\",\"version\":\"" LAKEHOST_VERSION
	    "\"},\"spans\":[";
	size_t n = traces.waiting;

	buf_puts(body, head);
	buf_add(body, traces.spans.data, traces.spans.len);
	buf_puts(body, "]}]}]}");
	buf_reset(&traces.spans);
	json_start_inside(&traces.json, &traces.spans, '[');
	traces.waiting = 0;
	return n;
}

size_t
traces_waiting(void)
{
	return traces.waiting;
}

uint64_t
traces_dropped(void)
{
	return traces.dropped;
}

void
traces_drop(size_t spans)
{
	traces.dropped += spans;
}

/* ---- life ----------------------------------------------------------------------------------- */

bool
traces_on(void)
{
	return traces.on;
}

void
traces_start(void)
{
	memset(&traces, 0, sizeof(traces));
	buf_init_keeping(&traces.spans, TRACE_BYTES_MAX);
	json_start_inside(&traces.json, &traces.spans, '[');
	traces.on = true;
}

void
traces_stop(void)
{
	if (traces.on)
		buf_fini(&traces.spans);
	traces.on = false;
}
