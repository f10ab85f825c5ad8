/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of channels: messages of every size arrive completely and in order, from any thread; an
 * invalid message ends the channel. */
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/mem.h"
#include "worker/channel.h"
#include "suite.h"

#define SENDERS 4
#define EACH 500

struct rig {
	struct loop *loop;
	struct channel here, there;
	size_t received, wanted;
	uint32_t next[SENDERS]; /* index of a sender's next message */
	bool in_order;
	char why[64]; /* the reason why `there` was closed */
};

static char
pattern(size_t at)
{
	return (char)(at * 31 >> 3);
}

/* Each message is filled with a pattern, and its call number is its length. */
static void
on_message(struct channel *channel, const struct channel_message *message)
{
	struct rig *rig = channel->data;

	CU_ASSERT(message->len == message->call);
	for (size_t i = 0; i < message->len; i += message->len < 1000 ? 1 : 997)
		if (message->data[i] != pattern(i))
			rig->in_order = false;
	if (message->type == WIRE_SINK) {
		uint32_t sender = message->index % SENDERS;

		rig->in_order &= message->index / SENDERS == rig->next[sender]++;
	}
	if (++rig->received == rig->wanted)
		loop_stop(rig->loop);
}

static void
on_closed(struct channel *channel, const char *why)
{
	struct rig *rig = channel->data;

	snprintf(rig->why, sizeof(rig->why), "%s", why);
	loop_stop(rig->loop);
}

static void
rig_init(struct rig *rig)
{
	int pair[2];

	memset(rig, 0, sizeof(*rig));
	rig->in_order = true;
	rig->loop = loop_new();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
		abort();
	rig->here.data = rig->there.data = rig;
	rig->here.message = rig->there.message = on_message;
	rig->here.closed = rig->there.closed = on_closed;
	channel_init(&rig->here, rig->loop);
	channel_init(&rig->there, rig->loop);
	CU_ASSERT(channel_attach(&rig->here, pair[0]));
	CU_ASSERT(channel_attach(&rig->there, pair[1]));
}

static void
rig_fini(struct rig *rig)
{
	channel_fini(&rig->here);
	channel_fini(&rig->there);
	loop_free(rig->loop);
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
	struct rig rig;

	rig_init(&rig);
	rig.wanted = 2 * ARRAY_SIZE(sizes);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		send_pattern(&rig.here, WIRE_STEP, 0, sizes[i]);
		send_pattern(&rig.there, WIRE_STEPPED, 0, sizes[i]);
	}
	loop_run(rig.loop, 0);
	ASSERT_INT(rig.received, rig.wanted);
	CU_ASSERT(rig.in_order);
	ASSERT_STR(rig.why, "");
	rig_fini(&rig);
}

struct sender {
	struct rig *rig;
	uint32_t number;
};

static void *
send_many(void *data)
{
	const struct sender *sender = data;

	for (uint32_t i = 0; i < EACH; i++)
		send_pattern(&sender->rig->here, WIRE_SINK, i * SENDERS + sender->number,
			     i % 7 * 3000);
	return NULL;
}

static void
takes_many_senders(void)
{
	struct rig rig;
	struct sender sender[SENDERS];
	pthread_t thread[SENDERS];

	rig_init(&rig);
	rig.wanted = (size_t)SENDERS * EACH;
	for (uint32_t i = 0; i < SENDERS; i++) {
		sender[i] = (struct sender){ &rig, i };
		if (pthread_create(&thread[i], NULL, send_many, &sender[i]) != 0)
			abort();
	}
	loop_run(rig.loop, 0);
	for (size_t i = 0; i < SENDERS; i++)
		pthread_join(thread[i], NULL);
	ASSERT_INT(rig.received, rig.wanted);
	CU_ASSERT(rig.in_order);
	rig_fini(&rig);
}

static void
ends_with_its_peer(void)
{
	struct rig rig;

	rig_init(&rig);
	send_pattern(&rig.here, WIRE_STEP, 0, 10);
	channel_close(&rig.here);
	loop_run(rig.loop, 0);
	ASSERT_INT(rig.received, 1); /* messages that arrived earlier are still handled */
	ASSERT_STR(rig.why, "the process closed the connection");
	send_pattern(&rig.there, WIRE_STEP, 0, 10); /* has no effect */
	rig_fini(&rig);
}

static void
refuses_invalid_frames(void)
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
		struct rig rig;

		rig_init(&rig);
		CU_ASSERT(send(rig.here.fd, &frames[i], sizeof(frames[i]), 0) ==
			  (ssize_t)sizeof(frames[i]));
		loop_run(rig.loop, 0);
		ASSERT_STR(rig.why, "the process sent a malformed frame");
		ASSERT_INT(rig.received, 0);
		rig_fini(&rig);
	}
}

static void
reads_frames_in_any_pieces(void)
{
	const struct frame frame = { .magic = FRAME_MAGIC, .type = WIRE_STEP, .call = 3, .len = 3 };
	const char payload[] = { pattern(0), pattern(1), pattern(2) };
	char bytes[sizeof(frame) + 3];
	struct rig rig;

	rig_init(&rig);
	memcpy(bytes, &frame, sizeof(frame));
	memcpy(bytes + sizeof(frame), payload, 3);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		ASSERT_INT(rig.received, 0);
		CU_ASSERT(send(rig.here.fd, bytes + i, 1, 0) == 1);
		channel_drain(&rig.there);
	}
	ASSERT_INT(rig.received, 1);
	CU_ASSERT(rig.in_order);
	rig_fini(&rig);
}

static const struct test tests[] = {
	TEST(carries_every_size),     TEST(takes_many_senders),		TEST(ends_with_its_peer),
	TEST(refuses_invalid_frames), TEST(reads_frames_in_any_pieces),
};

SUITE(tests)
