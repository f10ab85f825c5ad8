/* SPDX-License-Identifier: Apache-2.0 */
/* One JSON-RPC message on each line (MCP basic/transports, "stdio"). The code must not block, and
 * must not change the descriptors (descriptors.h): input is read only when epoll reports it, and
 * output is written in a way that depends on the kind of its descriptor. */
#include "transport/stdio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/states.h"
#include "rpc/frame.h"
#include "rpc/recover.h"
#include "transport/descriptors.h"

#define READ_ROOM 65536u     /* what a pipe holds */
#define QUEUE_MAX (8u << 20) /* while more output than this waits, input is not read */
/* most output for answers to earlier requests; with more, output is given up */
#define OUTPUT_MAX (256u << 20)
#define OUTPUT_KEEP_ROOM (1u << 20) /* an empty buffer that is larger than this is freed */
#define SPARES_MAX 256u		    /* number of exchanges that are kept for reuse */
#define BAD_LINE (-32600)	    /* JSON-RPC "Invalid Request" */

enum input {
	INPUT_READING,
	INPUT_DELIVERING, /* the receiver is being called, so output is collected */
	INPUT_PAUSED,	  /* too much output waits */
	INPUT_ENDED,
};

struct line {
	struct exchange exchange;
	struct stdio *stdio; /* NULL: the transport was freed before */
	struct line *next, *prev;
};

struct stdio {
	struct loop *loop;
	struct receiver receiver;
	struct principal principal;
	unsigned since; /* the snapshot that let it in */
	size_t max_line;
	struct {
		int fd;
		struct loop_watch watch;
		char *data; /* room + 1 bytes */
		size_t len, room, scanned;
		struct recover *skipping; /* inside a line that is too long: reads its id */
		enum input state;
	} in;
	struct {
		int fd;
		enum output kind;
		struct loop_watch watch;
		struct buf queue;
		size_t sent;
		struct loop_timer tell; /* writing failed; the loop reports it */
	} out;
	/* heads of lists: exchanges that are not finished, and closed ones */
	struct line open, lost;
	struct line *spare;
	size_t spares;
};

static const struct states_row input_rows[] = {
	[INPUT_READING] = { "reading", TO(INPUT_DELIVERING) | TO(INPUT_PAUSED) | TO(INPUT_ENDED) },
	[INPUT_DELIVERING] = { "delivering", TO(INPUT_READING) },
	[INPUT_PAUSED] = { "paused", TO(INPUT_READING) | TO(INPUT_ENDED) },
	[INPUT_ENDED] = { "ended", 0 },
};
static const struct states inputs = { "stdin", input_rows, ARRAY_SIZE(input_rows) };

static void
input_move(struct stdio *stdio, enum input state)
{
	stdio->in.state = states_move(&inputs, stdio->in.state, state);
}

static bool
is_broken(const struct stdio *stdio)
{
	return stdio->out.kind == OUTPUT_BROKEN;
}

static struct line *
line_of(struct exchange *exchange)
{
	return (struct line *)exchange; /* its first member */
}

/* ---- output -------------------------------------------------------------------------------- */

static bool
writable(const struct stdio *stdio)
{
	struct pollfd ask = { .fd = stdio->out.fd, .events = POLLOUT };

	return stdio->out.kind != OUTPUT_BLOCKING || poll(&ask, 1, 0) == 1;
}

static ssize_t
write_some(struct stdio *stdio, const char *data, size_t len)
{
	if (stdio->out.kind == OUTPUT_SOCKET)
		return send(stdio->out.fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	/* a pipe that is writable takes PIPE_BUF bytes without blocking (pipe(7)) */
	if (stdio->out.kind == OUTPUT_BLOCKING && len > PIPE_BUF)
		len = PIPE_BUF;
	return write(stdio->out.fd, data, len);
}

static void
break_output(struct stdio *stdio)
{
	if (is_broken(stdio))
		return;
	stdio->out.kind = OUTPUT_BROKEN;
	buf_fini(&stdio->out.queue);
	stdio->out.sent = 0;
	loop_remove(stdio->loop, &stdio->out.watch);
	loop_timer_set(stdio->loop, &stdio->out.tell, 0);
}

static void
resume_input(struct stdio *stdio)
{
	if (stdio->in.state == INPUT_PAUSED) {
		input_move(stdio, INPUT_READING);
		loop_modify(stdio->loop, &stdio->in.watch, EPOLLIN);
	}
}

static void
wait_writable(struct stdio *stdio)
{
	if (stdio->out.watch.active)
		loop_modify(stdio->loop, &stdio->out.watch, EPOLLOUT);
	else if (!loop_add(stdio->loop, &stdio->out.watch, stdio->out.fd, EPOLLOUT))
		break_output(stdio);
}

/* False when the rest must wait, or when the peer has stopped reading. */
static bool
write_queue(struct stdio *stdio)
{
	struct buf *queue = &stdio->out.queue;

	CHECK(!is_broken(stdio) && stdio->out.sent <= queue->len);
	while (stdio->out.sent < queue->len) {
		ssize_t n = -1;

		errno = EAGAIN;
		if (writable(stdio))
			n = write_some(stdio, queue->data + stdio->out.sent,
				       queue->len - stdio->out.sent);
		if (n >= 0) {
			stdio->out.sent += (size_t)n;
		} else if (errno == EAGAIN) {
			wait_writable(stdio);
			return false;
		} else if (errno != EINTR) {
			log_event(LOG_NOTICE, "stdio", "lost", "s", strerror(errno), NULL);
			break_output(stdio);
			return false;
		}
	}
	return true;
}

static void
flush(struct stdio *stdio)
{
	struct buf *queue = &stdio->out.queue;

	if (!write_queue(stdio))
		return;
	if (stdio->in.state == INPUT_ENDED)
		loop_modify(stdio->loop, &stdio->out.watch, 0);
	else
		loop_remove(stdio->loop, &stdio->out.watch);
	stdio->out.sent = 0;
	if (queue->room > OUTPUT_KEEP_ROOM)
		buf_fini(queue);
	else
		buf_reset(queue);
	resume_input(stdio);
}

static void
on_writable(struct loop_watch *watch, uint32_t events)
{
	struct stdio *stdio = watch->data;

	if ((events & (EPOLLERR | EPOLLHUP)) != 0 && stdio_idle(stdio))
		break_output(stdio); /* nothing was written, so no error is possible */
	else
		flush(stdio);
}

/* One message becomes one line. A line break between its tokens becomes a space, which has the same
 * meaning. Strings in JSON contain no line breaks. */
static void
put_line(struct stdio *stdio, const char *json, size_t len)
{
	struct buf *queue = &stdio->out.queue;
	size_t start = queue->len;

	if (is_broken(stdio))
		return;
	buf_add(queue, json, len);
	if (buf_ok(queue) && (memchr(json, '\n', len) != NULL || memchr(json, '\r', len) != NULL))
		for (char *c = queue->data + start; c < queue->data + start + len; c++)
			if (*c == '\n' || *c == '\r')
				*c = ' ';
	buf_putc(queue, '\n');
	if (!buf_ok(queue)) { /* a part of a line must not be sent */
		log_event(LOG_ERROR, "stdio", "lost", "s", "too many answers wait to be read",
			  NULL);
		break_output(stdio);
	} else if (stdio->in.state != INPUT_DELIVERING) {
		flush(stdio);
	}
}

static bool
queue_full(const struct stdio *stdio)
{
	return stdio->out.queue.len - stdio->out.sent > QUEUE_MAX;
}

void
stdio_send(struct stdio *stdio, const char *json, size_t len)
{
	if (queue_full(stdio))
		log_event(LOG_WARNING, "stdio", "dropped", "s", "the client does not read", NULL);
	else
		put_line(stdio, json, len);
}

bool
stdio_idle(const struct stdio *stdio)
{
	return stdio->out.sent == stdio->out.queue.len;
}

/* ---- the exchange -------------------------------------------------------------------------- */

static void
unlink_line(struct line *line)
{
	CHECK(line->prev->next == line && line->next->prev == line);
	line->prev->next = line->next;
	line->next->prev = line->prev;
}

static void
link_line(struct line *ring, struct line *line)
{
	line->next = ring;
	line->prev = ring->prev;
	line->prev->next = line->next->prev = line;
}

static bool
stdio_notify(struct exchange *exchange, const char *json, size_t len)
{
	struct stdio *stdio = line_of(exchange)->stdio;

	if (stdio == NULL || exchange->closed || is_broken(stdio) || queue_full(stdio))
		return false;
	put_line(stdio, json, len);
	return true;
}

/* Nothing to do: stdio is already a stream. */
static bool
stdio_stream(struct exchange *exchange)
{
	return !exchange->closed;
}

static void
stdio_finish(struct exchange *exchange, int status, const struct exchange_header *headers, size_t n,
	     const char *json, size_t len)
{
	struct line *line = line_of(exchange);
	struct stdio *stdio = line->stdio;

	(void)status;
	(void)headers;
	(void)n;
	if (stdio == NULL) {
		free(line);
		return;
	}
	unlink_line(line);
	if (json != NULL && !exchange->closed)
		put_line(stdio, json, len);
	if (stdio->spares == SPARES_MAX) {
		free(line);
	} else {
		line->next = stdio->spare;
		stdio->spare = line;
		stdio->spares++;
	}
}

static const struct exchange_ops ops = {
	.header = exchange_no_header,
	.headers = exchange_no_headers,
	.notify = stdio_notify,
	.stream = stdio_stream,
	.finish = stdio_finish,
};

static struct line *
new_line(struct stdio *stdio)
{
	struct line *line = stdio->spare;

	if (line == NULL) {
		line = xmalloc(sizeof(*line));
	} else {
		CHECK(stdio->spares > 0);
		stdio->spare = line->next;
		stdio->spares--;
	}
	line->exchange = (struct exchange){ .ops = &ops };
	line->exchange.principal = stdio->principal;
	line->exchange.since = stdio->since;
	line->stdio = stdio;
	link_line(&stdio->open, line);
	return line;
}

/* Tells the receiver that the peer has stopped reading its answers. The receiver may then end any
 * request. */
static void
close_exchanges(struct stdio *stdio)
{
	while (stdio->open.next != &stdio->open) {
		struct line *line = stdio->open.next;

		unlink_line(line);
		link_line(&stdio->lost, line);
		line->exchange.closed = true;
		if (line->exchange.on_close != NULL)
			line->exchange.on_close(&line->exchange);
	}
}

/* ---- input --------------------------------------------------------------------------------- */

/* Called at the end of input. Requests are still answered, unless the peer has stopped reading:
 * then epoll reports that the other end of standard output is closed. */
static void
end_input(struct stdio *stdio)
{
	if (stdio->in.state == INPUT_ENDED)
		return;
	input_move(stdio, INPUT_ENDED);
	loop_remove(stdio->loop, &stdio->in.watch);
	if (!is_broken(stdio) && !stdio->out.watch.active &&
	    !loop_add(stdio->loop, &stdio->out.watch, stdio->out.fd, 0))
		break_output(stdio);
	if (stdio->receiver.eof != NULL)
		stdio->receiver.eof(stdio->receiver.data);
}

static void
on_broken(struct loop_timer *timer)
{
	struct stdio *stdio = timer->data;
	bool ended = stdio->in.state == INPUT_ENDED;

	close_exchanges(stdio);
	end_input(stdio);
	if (ended && stdio->receiver.eof != NULL) /* the client's work on other requests is over */
		stdio->receiver.eof(stdio->receiver.data);
}

static void
refuse_long_line(struct stdio *stdio)
{
	char message[128];
	struct buf error;

	snprintf(message, sizeof(message),
		 "the message is longer than the %zu bytes that a line may have", stdio->max_line);
	buf_init(&error, RECOVER_ID_MAX + 256);
	rpc_write_error(&error, recover_id(stdio->in.skipping), BAD_LINE, message, NULL);
	put_line(stdio, error.data, error.len);
	buf_fini(&error);
	free(stdio->in.skipping);
	stdio->in.skipping = NULL;
}

/* A line that is too long is read only for its id. */
static void
skip(struct stdio *stdio, const char *text, size_t len)
{
	if (stdio->in.skipping == NULL)
		stdio->in.skipping = xcalloc(1, sizeof(*stdio->in.skipping));
	recover_feed(stdio->in.skipping, text, len);
}

static void
take_message(struct stdio *stdio, char *text, size_t len)
{
	if (len > 0 && text[len - 1] == '\r')
		len--;
	if (stdio->in.skipping != NULL || len > stdio->max_line) {
		skip(stdio, text, len);
		refuse_long_line(stdio);
		return;
	}
	if (len == 0)
		return;
	text[len] = '\0';
	stdio->receiver.message(stdio->receiver.data, &new_line(stdio)->exchange, text, len);
}

/* Delivers all complete lines. The rest moves to the front of the buffer. */
static void
take_lines(struct stdio *stdio)
{
	char *data = stdio->in.data, *end = data + stdio->in.len, *start = data;
	char *newline = memchr(data + stdio->in.scanned, '\n', stdio->in.len - stdio->in.scanned);

	while (newline != NULL && !is_broken(stdio)) {
		take_message(stdio, start, (size_t)(newline - start));
		start = newline + 1;
		newline = memchr(start, '\n', (size_t)(end - start));
	}
	stdio->in.len = (size_t)(end - start);
	memmove(data, start, stdio->in.len);
	/* one byte more for "\r": a line of exactly max_line bytes is allowed */
	if (stdio->in.skipping != NULL || stdio->in.len > stdio->max_line + 1) {
		skip(stdio, data, stdio->in.len);
		stdio->in.len = 0;
	}
	stdio->in.scanned = stdio->in.len;
}

static void
fit_room(struct stdio *stdio)
{
	size_t most = stdio->max_line + 2 > READ_ROOM ? stdio->max_line + 2 : READ_ROOM;
	size_t room = stdio->in.room;

	if (stdio->in.len == room)
		room = room > most / 2 ? most : room * 2;
	else if (room > READ_ROOM && stdio->in.len < READ_ROOM / 2)
		room = READ_ROOM;
	if (room == stdio->in.room)
		return;
	stdio->in.data = xrealloc(stdio->in.data, room + 1);
	stdio->in.room = room;
}

static void
on_input(struct loop_watch *watch, uint32_t events)
{
	struct stdio *stdio = watch->data;
	ssize_t n;

	(void)events;
	fit_room(stdio);
	n = read(stdio->in.fd, stdio->in.data + stdio->in.len, stdio->in.room - stdio->in.len);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	input_move(stdio, INPUT_DELIVERING);
	if (n > 0) {
		stdio->in.len += (size_t)n;
		take_lines(stdio);
	} else if (stdio->in.len > 0 || stdio->in.skipping != NULL) {
		take_message(stdio, stdio->in.data,
			     stdio->in.len); /* the last line has no line end */
		stdio->in.len = 0;
	}
	input_move(stdio, INPUT_READING);
	if (!is_broken(stdio))
		flush(stdio);
	if (n <= 0) {
		end_input(stdio);
	} else if (queue_full(stdio)) {
		input_move(stdio, INPUT_PAUSED);
		loop_modify(stdio->loop, &stdio->in.watch, 0);
	}
}

/* ---- life ---------------------------------------------------------------------------------- */

struct stdio *
stdio_new(struct loop *loop, const struct receiver *receiver, size_t max_line,
	  const struct principal *principal)
{
	struct stdio *stdio = xcalloc(1, sizeof(*stdio));

	signal(SIGPIPE, SIG_IGN); /* then write() reports a client that has left */
	stdio->loop = loop;
	stdio->receiver = *receiver;
	stdio->principal = *principal;
	stdio->max_line = max_line;
	stdio->open.next = stdio->open.prev = &stdio->open;
	stdio->lost.next = stdio->lost.prev = &stdio->lost;
	stdio->in.fd = descriptor_take(STDIN_FILENO, O_RDONLY);
	stdio->out.fd = descriptor_take(STDOUT_FILENO, O_WRONLY);
	descriptors_seal();
	stdio->out.kind = descriptor_open_output(&stdio->out.fd);
	stdio->in.room = READ_ROOM;
	stdio->in.data = xmalloc(READ_ROOM + 1);
	stdio->in.watch = (struct loop_watch){ .fn = on_input, .data = stdio };
	stdio->out.watch = (struct loop_watch){ .fn = on_writable, .data = stdio };
	stdio->out.tell = (struct loop_timer){ .fn = on_broken, .data = stdio };
	buf_init(&stdio->out.queue, OUTPUT_MAX);
	if (!loop_add(loop, &stdio->in.watch, stdio->in.fd, EPOLLIN))
		break_output(stdio);
	return stdio;
}

void
stdio_use(struct stdio *stdio, const struct principal *principal, unsigned since, size_t max_line)
{
	stdio->principal = *principal;
	stdio->since = since;
	stdio->max_line = max_line;
}

void
stdio_free(struct stdio *stdio)
{
	if (stdio == NULL)
		return;
	close_exchanges(stdio);
	for (struct line *line = stdio->lost.next; line != &stdio->lost; line = line->next)
		line->stdio = NULL;
	while (stdio->spare != NULL) {
		struct line *line = stdio->spare;

		stdio->spare = line->next;
		free(line);
	}
	loop_remove(stdio->loop, &stdio->in.watch);
	loop_remove(stdio->loop, &stdio->out.watch);
	loop_timer_stop(stdio->loop, &stdio->out.tell);
	close(stdio->in.fd);
	close(stdio->out.fd);
	free(stdio->in.data);
	free(stdio->in.skipping);
	buf_fini(&stdio->out.queue);
	free(stdio);
}
