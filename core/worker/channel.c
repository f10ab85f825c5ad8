/* SPDX-License-Identifier: Apache-2.0 */
/* Frames over a stream socket. A frame has a fixed header and a payload of limited size. */
#include "worker/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"

#define READ_ROOM (64u << 10)
#define KEEP_MAX (1u << 20) /* bytes of memory that an empty buffer keeps */

static void
empty(struct buf *buf)
{
	if (buf->room > KEEP_MAX)
		buf_fini(buf);
	else
		buf_reset(buf);
}

/* ---- sending -------------------------------------------------------------------------------- */

/* On the loop thread: waits until the socket accepts more. */
static void
wait_for_room(struct loop_job *job)
{
	struct channel *channel = job->data;
	bool waits, broken;

	pthread_mutex_lock(&channel->lock);
	CHECK(channel->posted && (channel->fd < 0) == (channel->state == CHANNEL_CLOSED));
	channel->posted = false;
	waits = channel->state == CHANNEL_OPEN && channel->sent < channel->out.len;
	broken = channel->state == CHANNEL_BROKEN;
	pthread_mutex_unlock(&channel->lock);
	if (broken)
		channel_fail(channel, "the process does not read from its socket");
	else if (waits)
		loop_modify(channel->loop, &channel->watch, EPOLLIN | EPOLLOUT);
}

static void
post(struct channel *channel)
{
	if (channel->posted)
		return;
	channel->posted = true;
	loop_post(channel->loop, &channel->job);
}

/* Sends as much of header and payload as the socket accepts; queues the rest. */
static void
send_frame(struct channel *channel, const struct frame *frame, const char *data)
{
	struct iovec part[2] = { { (void *)(uintptr_t)frame, sizeof(*frame) },
				 { (void *)(uintptr_t)data, frame->len } };
	struct msghdr message = { .msg_iov = part, .msg_iovlen = 2 };
	ssize_t n = 0;
	size_t done;

	if (channel->out.len == 0)
		n = sendmsg(channel->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	done = n > 0 ? (size_t)n : 0;
	if (done < sizeof(*frame)) {
		buf_add(&channel->out, (const char *)frame + done, sizeof(*frame) - done);
		done = sizeof(*frame);
	}
	done -= sizeof(*frame);
	if (done < frame->len)
		buf_add(&channel->out, data + done, frame->len - done);
}

void
channel_send(struct channel *channel, enum wire_type type, uint64_t call, uint32_t index,
	     const void *data, size_t len)
{
	struct frame frame = {
		.magic = FRAME_MAGIC, .type = (uint16_t)type, .call = call, .index = index
	};
	const char *from = data != NULL ? data : "";

	pthread_mutex_lock(&channel->lock);
	do {
		size_t piece = len < CHANNEL_FRAME_MAX ? len : CHANNEL_FRAME_MAX;

		if (channel->state != CHANNEL_OPEN)
			break;
		len -= piece;
		frame.len = (uint32_t)piece;
		frame.flags = len > 0 ? FRAME_MORE : 0;
		send_frame(channel, &frame, from);
		from += piece;
		if (!buf_ok(&channel->out))
			channel->state = CHANNEL_BROKEN;
	} while (len > 0);
	if (channel->out.len > channel->sent || channel->state == CHANNEL_BROKEN)
		post(channel);
	pthread_mutex_unlock(&channel->lock);
}

static void
flush(struct channel *channel)
{
	bool empty_now;

	pthread_mutex_lock(&channel->lock);
	while (channel->sent < channel->out.len) {
		ssize_t n = send(channel->fd, channel->out.data + channel->sent,
				 channel->out.len - channel->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n <= 0)
			/* the socket accepts no more, or has an error that the next read reports */
			break;
		channel->sent += (size_t)n;
	}
	CHECK(channel->sent <= channel->out.len);
	empty_now = channel->sent == channel->out.len;
	if (empty_now) {
		empty(&channel->out);
		channel->sent = 0;
	}
	pthread_mutex_unlock(&channel->lock);
	if (empty_now)
		loop_modify(channel->loop, &channel->watch, EPOLLIN);
}

/* ---- receiving ------------------------------------------------------------------------------ */

/* Adds a frame to a message that consists of several frames. True when it was the last frame. */
static bool
add_piece(struct channel *channel, const struct frame *frame, const char *data)
{
	if (!channel->more) {
		channel->first = (struct channel_message){ .type = frame->type,
							   .call = frame->call,
							   .index = frame->index };
		buf_reset(&channel->large);
	} else if (channel->first.type != frame->type || channel->first.call != frame->call ||
		   channel->first.index != frame->index) {
		channel_fail(channel, "the process mixed the frames of two messages");
		return false;
	}
	buf_add(&channel->large, data, frame->len);
	if (!buf_ok(&channel->large)) {
		channel_fail(channel, "the process sent a message that is too large");
		return false;
	}
	channel->more = (frame->flags & FRAME_MORE) != 0;
	return !channel->more;
}

static void
take_frame(struct channel *channel, const struct frame *frame, const char *data)
{
	struct channel_message message = { .type = frame->type,
					   .call = frame->call,
					   .index = frame->index,
					   .data = data,
					   .len = frame->len };

	if (!channel->more && (frame->flags & FRAME_MORE) == 0) {
		channel->message(channel, &message);
		return;
	}
	if (!add_piece(channel, frame, data))
		return;
	message.data = channel->large.data;
	message.len = channel->large.len;
	channel->message(channel, &message);
	empty(&channel->large);
}

static bool
frame_valid(const struct frame *frame)
{
	return frame->magic == FRAME_MAGIC && frame->type > WIRE_NONE &&
	       frame->type < WIRE_TYPES_END && (frame->flags & ~FRAME_MORE) == 0 &&
	       frame->len <= CHANNEL_FRAME_MAX &&
	       (frame->len > 0 || (frame->flags & FRAME_MORE) == 0);
}

static void
take_frames(struct channel *channel)
{
	const unsigned generation = channel->generation;
	size_t at = 0;
	struct frame frame;

	while (channel->in.len - at >= sizeof(frame)) {
		memcpy(&frame, channel->in.data + at, sizeof(frame));
		if (!frame_valid(&frame)) {
			channel_fail(channel, "the process sent a malformed frame");
			return;
		}
		if (channel->in.len - at - sizeof(frame) < frame.len)
			break;
		take_frame(channel, &frame, channel->in.data + at + sizeof(frame));
		if (channel->fd < 0 || channel->generation != generation)
			return;
		at += sizeof(frame) + frame.len;
	}
	buf_drop(&channel->in, at);
}

/* True when more may be readable at once. */
static bool
read_some(struct channel *channel)
{
	char piece[READ_ROOM];
	ssize_t n = recv(channel->fd, piece, sizeof(piece), MSG_DONTWAIT);

	if (n > 0) {
		buf_add(&channel->in, piece, (size_t)n);
		take_frames(channel);
		return true;
	}
	if (n == 0)
		channel_fail(channel, "the process closed the connection");
	else if (errno != EAGAIN && errno != EINTR)
		channel_fail(channel, strerror(errno));
	return false;
}

static void
channel_event(struct loop_watch *watch, uint32_t events)
{
	struct channel *channel = watch->data;

	if ((events & EPOLLOUT) != 0)
		flush(channel);
	read_some(channel);
}

void
channel_drain(struct channel *channel)
{
	const unsigned generation = channel->generation;

	while (channel->fd >= 0 && channel->generation == generation && read_some(channel))
		;
}

/* ---- life ----------------------------------------------------------------------------------- */

void
channel_init(struct channel *channel, struct loop *loop)
{
	channel->loop = loop;
	channel->fd = -1;
	channel->watch = (struct loop_watch){ .fn = channel_event, .data = channel };
	channel->job = (struct loop_job){ .fn = wait_for_room, .data = channel };
	pthread_mutex_init(&channel->lock, NULL);
	buf_init(&channel->in, sizeof(struct frame) + CHANNEL_FRAME_MAX + READ_ROOM);
	buf_init(&channel->large, WIRE_MESSAGE_MAX);
	buf_init_keeping(&channel->out, CHANNEL_QUEUE_MAX);
}

void
channel_fini(struct channel *channel)
{
	channel_close(channel);
	buf_fini(&channel->in);
	buf_fini(&channel->large);
	buf_fini(&channel->out);
	pthread_mutex_destroy(&channel->lock);
}

bool
channel_attach(struct channel *channel, int fd)
{
	CHECK(loop_inside(channel->loop));
	CHECK(channel->fd < 0 && fd >= 0);
	buf_reset(&channel->in);
	channel->more = false;
	channel->generation++;
	if (!loop_add(channel->loop, &channel->watch, fd, EPOLLIN))
		return false;
	pthread_mutex_lock(&channel->lock);
	channel->fd = fd;
	channel->state = CHANNEL_OPEN;
	channel->sent = 0;
	buf_reset(&channel->out);
	pthread_mutex_unlock(&channel->lock);
	return true;
}

void
channel_close(struct channel *channel)
{
	if (channel->fd < 0)
		return;
	loop_remove(channel->loop, &channel->watch);
	pthread_mutex_lock(&channel->lock);
	close(channel->fd);
	channel->fd = -1;
	channel->state = CHANNEL_CLOSED;
	empty(&channel->out);
	channel->sent = 0;
	pthread_mutex_unlock(&channel->lock);
}

void
channel_fail(struct channel *channel, const char *why)
{
	CHECK(loop_inside(channel->loop));
	if (channel->fd < 0)
		return;
	channel_close(channel);
	channel->closed(channel, why);
}
