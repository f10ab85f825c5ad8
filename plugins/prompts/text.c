/* SPDX-License-Identifier: Apache-2.0 */
/* The text that prompts embed: limited in length, built line by line. */
#include "prompts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ROOM_MAX 20000
#define LAST_LINE 200 /* bytes kept for the line with the number of missing lines */
#define LINE_MAX_BYTES 120

struct text
text_new(struct mcp_call *call)
{
	int64_t half = mcp_number(call, MCP_NUM_MAX_TEXT) / 2;
	size_t room = half < ROOM_MAX ? (size_t)half : ROOM_MAX;

	return (struct text){ .data = mcp_alloc(call, room + 1), .room = room };
}

void
text_line(struct mcp_call *call, struct text *text, const char *format, ...)
{
	size_t left = text->room - text->len;
	va_list args;
	int len;

	(void)call;
	va_start(args, format);
	len = vsnprintf(text->data + text->len, left, format, args);
	va_end(args);
	if (len < 0 || (size_t)len + 1 + LAST_LINE > left || text->left_out > 0) {
		text->data[text->len] = '\0';
		text->left_out++;
		return;
	}
	text->len += (size_t)len;
	text->data[text->len++] = '\n';
	text->data[text->len] = '\0';
	text->lines++;
}

void
text_lines(struct mcp_call *call, struct text *text, const char *lines)
{
	while (*lines != '\0') {
		size_t len = strcspn(lines, "\r\n");

		text_line(call, text, "  %s",
			  mcp_line(call, mcp_printf(call, "%.*s", (int)len, lines)));
		lines += len;
		lines += strspn(lines, "\r\n");
	}
}

void
text_end(struct mcp_call *call, struct text *text, const char *next)
{
	const char *end;

	if (text->left_out == 0)
		return;
	end = mcp_printf(call, "(%u more lines were left out: %s)\n", text->left_out, next);
	if (strlen(end) < text->room - text->len) {
		strcpy(text->data + text->len, end);
		text->len += strlen(end);
	}
}

int
text_embed(struct mcp_call *call, const struct text *text, const char *uri)
{
	const struct mcp_block block = { .size = sizeof(block),
					 .kind = "resource",
					 .uri = uri,
					 .mime = "text/plain",
					 .role = "user",
					 .text = { text->data, text->len } };

	return mcp_block(call, &block);
}

const char *
one_line(struct mcp_call *call, const char *value)
{
	return line_within(call, value, LINE_MAX_BYTES);
}

const char *
line_within(struct mcp_call *call, const char *value, size_t most)
{
	size_t len = value != NULL ? strlen(value) : 0;
	bool cut = len > most;

	while (cut && most > 0 && ((unsigned char)value[most] & 0xc0) == 0x80)
		most--;
	return mcp_line(call, mcp_printf(call, "%.*s%s", (int)(cut ? most : len),
					 value != NULL ? value : "", cut ? "…" : ""));
}
