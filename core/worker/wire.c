/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes the fields of messages, and the input of a call. */
#include "worker/wire.h"

#include <math.h>
#include <string.h>

#include "base/check.h"

#define ABSENT UINT32_MAX /* the length that stands for NULL */

/* ---- writing -------------------------------------------------------------------------------- */

void
wire_u32(struct buf *out, uint32_t value)
{
	buf_add(out, &value, sizeof(value));
}

void
wire_i64(struct buf *out, int64_t value)
{
	buf_add(out, &value, sizeof(value));
}

void
wire_f64(struct buf *out, double value)
{
	buf_add(out, &value, sizeof(value));
}

void
wire_bytes(struct buf *out, const void *data, size_t len)
{
	CHECK(len < ABSENT);
	wire_u32(out, (uint32_t)len);
	buf_add(out, data, len);
	buf_putc(out, '\0');
}

void
wire_str(struct buf *out, const char *text)
{
	if (text == NULL)
		wire_u32(out, ABSENT);
	else
		wire_bytes(out, text, strlen(text));
}

/* ---- reading -------------------------------------------------------------------------------- */

static void
take(struct wire_reader *in, void *value, size_t size)
{
	CHECK(in->at <= in->end);
	if (in->bad || (size_t)(in->end - in->at) < size) {
		in->bad = true;
		memset(value, 0, size);
		return;
	}
	memcpy(value, in->at, size);
	in->at += size;
}

uint32_t
wire_take_u32(struct wire_reader *in)
{
	uint32_t value;

	take(in, &value, sizeof(value));
	return value;
}

int64_t
wire_take_i64(struct wire_reader *in)
{
	int64_t value;

	take(in, &value, sizeof(value));
	return value;
}

double
wire_take_f64(struct wire_reader *in)
{
	double value;

	take(in, &value, sizeof(value));
	if (!isfinite(value)) {
		in->bad = true;
		value = 0;
	}
	return value;
}

static const char *
take_len(struct wire_reader *in, size_t len)
{
	const char *data = in->at;

	if (in->bad || (size_t)(in->end - in->at) <= len || data[len] != '\0') {
		in->bad = true;
		return NULL;
	}
	in->at += len + 1;
	return data;
}

const char *
wire_take_bytes(struct wire_reader *in, size_t *len)
{
	uint32_t said = wire_take_u32(in);
	const char *data = take_len(in, said);

	*len = data != NULL ? said : 0;
	return data != NULL ? data : "";
}

const char *
wire_take_str(struct wire_reader *in)
{
	uint32_t len = wire_take_u32(in);
	const char *text;

	if (in->bad || len == ABSENT)
		return NULL;
	text = take_len(in, len);
	if (text == NULL)
		return NULL;
	if (memchr(text, '\0', len) == NULL && utf8_valid(text, len))
		return text;
	in->bad = true;
	return NULL;
}

const char *
wire_take_text(struct wire_reader *in)
{
	const char *text = wire_take_str(in);

	if (text != NULL)
		return text;
	in->bad = true;
	return "";
}

uint32_t
wire_take_enum(struct wire_reader *in, uint32_t most)
{
	uint32_t value = wire_take_u32(in);

	if (value <= most)
		return value;
	in->bad = true;
	return 0;
}

bool
wire_at_end(const struct wire_reader *in)
{
	return !in->bad && in->at == in->end;
}

/* ---- run_input ------------------------------------------------------------------------------ */

void
wire_input(struct buf *out, const struct run_input *input)
{
	wire_bytes(out, input->arguments, input->arguments_len);
	wire_str(out, input->principal);
	wire_str(out, input->row);
	wire_str(out, input->upstream_url);
	wire_str(out, input->traceparent);
	wire_str(out, input->uri);
	wire_str(out, input->call_id);
	wire_str(out, input->number);
	wire_str(out, input->capabilities);
	wire_str(out, input->answers);
	wire_bytes(out, input->handle, input->handle != NULL ? input->handle_len : 0);
	wire_u32(out, input->wants_progress);
	wire_u32(out, input->completion);
	wire_i64(out, input->deadline_ms);
	wire_i64(out, input->wait_until_ms);
	wire_i64(out, (int64_t)input->limits.rows);
	wire_i64(out, (int64_t)input->limits.text);
	wire_i64(out, (int64_t)input->limits.cell);
	wire_i64(out, (int64_t)input->limits.whole_rows);
	wire_u32(out, input->limits.format);
	wire_u32(out, input->limits.reveals);
}

void
wire_take_input(struct wire_reader *in, struct run_input *input)
{
	*input = (struct run_input){ 0 };
	input->arguments = wire_take_bytes(in, &input->arguments_len);
	input->principal = wire_take_str(in);
	input->row = wire_take_str(in);
	input->upstream_url = wire_take_str(in);
	input->traceparent = wire_take_str(in);
	input->uri = wire_take_str(in);
	input->call_id = wire_take_str(in);
	input->number = wire_take_str(in);
	input->capabilities = wire_take_str(in);
	input->answers = wire_take_str(in);
	input->handle = (const unsigned char *)wire_take_bytes(in, &input->handle_len);
	if (input->handle_len == 0)
		input->handle = NULL;
	input->wants_progress = wire_take_enum(in, 1) != 0;
	input->completion = wire_take_enum(in, 1) != 0;
	input->deadline_ms = wire_take_i64(in);
	input->wait_until_ms = wire_take_i64(in);
	input->limits.rows = (size_t)wire_take_i64(in);
	input->limits.text = (size_t)wire_take_i64(in);
	input->limits.cell = (size_t)wire_take_i64(in);
	input->limits.whole_rows = (size_t)wire_take_i64(in);
	input->limits.format = wire_take_enum(in, RESULT_FORMATS - 1);
	input->limits.reveals = wire_take_enum(in, 1) != 0;
	if (input->handle_len > MCP_HANDLE_MAX)
		in->bad = true;
}
