/* SPDX-License-Identifier: Apache-2.0 */
/* Channels: messages of every size arrive whole and in order, from any thread; what is no message
 * ends the channel. */
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/mem.h"
#include "plugin/channel.h"
#include "suite.h"

#define SENDERS 4
#define EACH 500

struct bench {
	struct loop *loop;
	struct channel here, there;
	size_t received, wanted;
	uint32_t next[SENDERS]; /* index that the next message of a sender has */
	bool in_order;
	char why[64]; /* why `there` was closed */
};

static char
pattern(size_t at)
{
	return (char)(at * 31 >> 3);
}

/* Each message is filled with a pattern, and its call says how long it is. */
static void
on_message(struct channel *channel, const struct channel_message *message)
{
	struct bench *bench = channel->data;

	CU_ASSERT(message->len == message->call);
	for (size_t i = 0; i < message->len; i += message->len < 1000 ? 1 : 997)
		if (message->data[i] != pattern(i))
			bench->in_order = false;
	if (message->type == WIRE_SINK) {
		uint32_t sender = message->index % SENDERS;

		bench->in_order &= message->index / SENDERS == bench->next[sender]++;
	}
	if (++bench->received == bench->wanted)
		loop_stop(bench->loop);
}

static void
on_closed(struct channel *channel, const char *why)
{
	struct bench *bench = channel->data;

	snprintf(bench->why, sizeof(bench->why), "%s", why);
	loop_stop(bench->loop);
}

static void
bench_init(struct bench *bench)
{
	int pair[2];

	memset(bench, 0, sizeof(*bench));
	bench->in_order = true;
	bench->loop = loop_new();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
		abort();
	bench->here.data = bench->there.data = bench;
	bench->here.message = bench->there.message = on_message;
	bench->here.closed = bench->there.closed = on_closed;
	channel_init(&bench->here, bench->loop);
	channel_init(&bench->there, bench->loop);
	CU_ASSERT(channel_attach(&bench->here, pair[0]));
	CU_ASSERT(channel_attach(&bench->there, pair[1]));
}

static void
bench_fini(struct bench *bench)
{
	channel_fini(&bench->here);
	channel_fini(&bench->there);
	loop_free(bench->loop);
}

static void
send_pattern(struct channel *channel, enum wire_type type, uint32_t index, size_t len)
{
	char *data = xmalloc(len + 1);

	for (size_t i = 0; i < len; i++)
		data[i] = pattern(i);
	channel_send(channel, type, len, index, data, len);
	free(data);
}

static void
carries_every_size(void)
{
	static const size_t sizes[] = { 0,
					1,
					4095,
					CHANNEL_FRAME_MAX - 1,
					CHANNEL_FRAME_MAX,
					CHANNEL_FRAME_MAX + 1,
					2 * CHANNEL_FRAME_MAX,
					20u << 20,
					3 };
	struct bench bench;

	bench_init(&bench);
	bench.wanted = 2 * ARRAY_SIZE(sizes);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		send_pattern(&bench.here, WIRE_STEP, 0, sizes[i]);
		send_pattern(&bench.there, WIRE_STEPPED, 0, sizes[i]);
	}
	loop_run(bench.loop, 0);
	ASSERT_INT(bench.received, bench.wanted);
	CU_ASSERT(bench.in_order);
	ASSERT_STR(bench.why, "");
	bench_fini(&bench);
}

struct sender {
	struct bench *bench;
	uint32_t number;
};

static void *
send_many(void *data)
{
	const struct sender *sender = data;

	for (uint32_t i = 0; i < EACH; i++)
		send_pattern(&sender->bench->here, WIRE_SINK, i * SENDERS + sender->number,
			     i % 7 * 3000);
	return NULL;
}

static void
takes_many_senders(void)
{
	struct bench bench;
	struct sender sender[SENDERS];
	pthread_t thread[SENDERS];

	bench_init(&bench);
	bench.wanted = (size_t)SENDERS * EACH;
	for (uint32_t i = 0; i < SENDERS; i++) {
		sender[i] = (struct sender){ &bench, i };
		if (pthread_create(&thread[i], NULL, send_many, &sender[i]) != 0)
			abort();
	}
	loop_run(bench.loop, 0);
	for (size_t i = 0; i < SENDERS; i++)
		pthread_join(thread[i], NULL);
	ASSERT_INT(bench.received, bench.wanted);
	CU_ASSERT(bench.in_order);
	bench_fini(&bench);
}

static void
ends_with_its_peer(void)
{
	struct bench bench;

	bench_init(&bench);
	send_pattern(&bench.here, WIRE_STEP, 0, 10);
	channel_close(&bench.here);
	loop_run(bench.loop, 0);
	ASSERT_INT(bench.received, 1); /* what was said before still counts */
	ASSERT_STR(bench.why, "it closed the connection");
	send_pattern(&bench.there, WIRE_STEP, 0, 10); /* into nothing, without harm */
	bench_fini(&bench);
}

static void
refuses_what_is_no_frame(void)
{
	static const struct frame frames[] = {
		{ .magic = 1, .type = WIRE_STEP },
		{ .magic = FRAME_MAGIC, .type = WIRE_NONE },
		{ .magic = FRAME_MAGIC, .type = WIRE_TYPES_END },
		{ .magic = FRAME_MAGIC, .type = WIRE_STEP, .flags = 2 },
		{ .magic = FRAME_MAGIC, .type = WIRE_STEP, .flags = FRAME_MORE },
		{ .magic = FRAME_MAGIC, .type = WIRE_STEP, .len = CHANNEL_FRAME_MAX + 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(frames); i++) {
		struct bench bench;

		bench_init(&bench);
		CU_ASSERT(send(bench.here.fd, &frames[i], sizeof(frames[i]), 0) ==
			  (ssize_t)sizeof(frames[i]));
		loop_run(bench.loop, 0);
		ASSERT_STR(bench.why, "it sent a malformed frame");
		ASSERT_INT(bench.received, 0);
		bench_fini(&bench);
	}
}

static void
reads_frames_in_any_pieces(void)
{
	const struct frame frame = { .magic = FRAME_MAGIC, .type = WIRE_STEP, .call = 3, .len = 3 };
	const char payload[] = { pattern(0), pattern(1), pattern(2) };
	char bytes[sizeof(frame) + 3];
	struct bench bench;

	bench_init(&bench);
	memcpy(bytes, &frame, sizeof(frame));
	memcpy(bytes + sizeof(frame), payload, 3);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		ASSERT_INT(bench.received, 0);
		CU_ASSERT(send(bench.here.fd, bytes + i, 1, 0) == 1);
		channel_drain(&bench.there);
	}
	ASSERT_INT(bench.received, 1);
	CU_ASSERT(bench.in_order);
	bench_fini(&bench);
}

static const struct test tests[] = {
	TEST(carries_every_size),	TEST(takes_many_senders),	  TEST(ends_with_its_peer),
	TEST(refuses_what_is_no_frame), TEST(reads_frames_in_any_pieces),
};

SUITE(tests)
