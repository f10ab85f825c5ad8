/* SPDX-License-Identifier: Apache-2.0 */
/* Behaves like lakehost-worker, but breaks one rule of the wire format. The text after the last "-"
 * of the program's name selects the rule. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "worker/channel.h"

#define HOST 3

static void
put(const void *data, size_t len)
{
	if (write(HOST, data, len) != (ssize_t)len)
		_exit(1);
}

static void
put_frame(enum wire_type type, uint16_t flags, uint64_t call, const void *data, uint32_t len)
{
	const struct frame frame = { .magic = FRAME_MAGIC,
				     .type = (uint16_t)type,
				     .flags = flags,
				     .call = call,
				     .len = len };

	put(&frame, sizeof(frame));
	put(data, len);
}

/* Waits for a message of this kind and returns the number of its call. The socket is non-blocking,
 * so the function polls it. */
static uint64_t
await(enum wire_type type)
{
	static char payload[1 << 20];
	struct frame frame = { 0 };

	do {
		size_t got = 0;

		while (got < sizeof(frame)) {
			ssize_t n = read(HOST, (char *)&frame + got, sizeof(frame) - got);

			if (n == 0)
				_exit(0);
			got += n > 0 ? (size_t)n : 0;
			if (n < 0)
				usleep(1000);
		}
		for (got = 0; got < frame.len;) {
			ssize_t n = read(HOST, payload + got, frame.len - got);

			got += n > 0 ? (size_t)n : 0;
		}
	} while (frame.type != type);
	return frame.call;
}

/* Sends a valid READY and waits for the step of the call. */
static uint64_t
answer_until_step(void)
{
	const uint32_t version = WIRE_VERSION;

	await(WIRE_OPEN);
	put_frame(WIRE_READY, 0, 0, &version, sizeof(version));
	return await(WIRE_STEP);
}

static void
break_at_once(const char *fault)
{
	const uint32_t version = 999;
	struct frame frame = { .magic = FRAME_MAGIC, .type = WIRE_READY };

	if (strcmp(fault, "garbage") == 0) {
		put("What the host reads here is no frame at all.", 44);
	} else if (strcmp(fault, "type") == 0) {
		put_frame(WIRE_TYPES_END, 0, 0, "", 0);
	} else if (strcmp(fault, "length") == 0) {
		frame.len = CHANNEL_FRAME_MAX + 1;
		put(&frame, sizeof(frame));
	} else if (strcmp(fault, "mixed") == 0) {
		put_frame(WIRE_LOG, FRAME_MORE, 0, "a", 1);
		put_frame(WIRE_MASK, 0, 0, "b", 1);
	} else if (strcmp(fault, "early") == 0) {
		put_frame(WIRE_STEPPED, 0, 0, "", 0);
	} else if (strcmp(fault, "version") == 0) {
		put_frame(WIRE_READY, 0, 0, &version, sizeof(version));
	}
}

static void
break_later(const char *fault)
{
	/* the fields: OUTCOME_DONE without members, then a result of three bytes that are not
	 * JSON */
	const uint32_t done[] = { 0, 0, 0, 0, 0, 0, UINT32_MAX, UINT32_MAX, UINT32_MAX, 0 };
	uint64_t call = answer_until_step();
	char message[64];
	size_t len = 0;

	if (strcmp(fault, "host") == 0) {
		put_frame(WIRE_BEGIN, 0, call, "", 0);
	} else if (strcmp(fault, "fetch") == 0) {
		put_frame(WIRE_FETCH, 0, call, "", 0);
	} else if (strcmp(fault, "outcome") == 0) {
		put_frame(WIRE_STEPPED, 0, call, &(uint32_t){ 77 }, sizeof(uint32_t));
	} else if (strcmp(fault, "result") == 0) {
		/* the fields: kind, requests, after, questions, handle "" */
		memcpy(message, done, 5 * sizeof(uint32_t));
		len = 5 * sizeof(uint32_t);
		message[len++] = '\0';
		/* the fields: percent -1, message NULL, next */
		memcpy(message + len, &done[6], 4 * sizeof(uint32_t));
		len += 4 * sizeof(uint32_t);
		memcpy(message + len, &(uint32_t){ 3 }, sizeof(uint32_t));
		len += sizeof(uint32_t);
		memcpy(message + len, "{]}", 4);
		len += 4;
		put_frame(WIRE_STEPPED, 0, call, message, (uint32_t)len);
	} else {
		_exit(3);
	}
}

int
main(int argc, char **argv)
{
	static const char *const later[] = { "host", "fetch", "outcome", "result", "quit" };
	const char *fault = strrchr(argc > 0 ? argv[0] : "", '-');

	fault = fault != NULL ? fault + 1 : "";
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++)
		if (strcmp(fault, later[i]) == 0)
			break_later(fault);
	break_at_once(fault);
	await(WIRE_TYPES_END); /* waits until the host closes the socket or kills this process */
	return 0;
}
