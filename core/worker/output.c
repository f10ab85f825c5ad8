/* SPDX-License-Identifier: Apache-2.0 */
/* The standard output and error of a worker's process. The plugin writes these lines, so they must
 * not look like lines of the log and must not reach a terminal unchanged. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "worker/worker.h"

#define READ_MAX 16384
/* the period of the limit in milliseconds; bytes above the limit are only counted */
#define LINES_MAX 100
#define WINDOW_MS 1000

static void
say_left_out(struct worker_output *output)
{
	if (output->left_out > 0)
		log_event(LOG_WARNING, "plugin-output", "plugin", "s", output->plugin,
			  "lines_left_out", "i", output->left_out, NULL);
	output->left_out = 0;
}

static void
end_line(struct worker_output *output)
{
	int64_t now = clock_ms();

	if (output->len == 0)
		return;
	if (now - output->since >= WINDOW_MS) {
		say_left_out(output);
		output->since = now;
		output->lines = 0;
	}
	output->line[output->len] = '\0';
	output->len = 0;
	if (output->lines++ < LINES_MAX)
		log_event(LOG_NOTICE, "plugin-output", "plugin", "s", output->plugin, "text", "s",
			  output->line, NULL);
	else
		output->left_out++;
}

/* A line that is longer than this continues in the next event. */
static void
take_output(struct worker_output *output, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n' || data[i] == '\0') {
			end_line(output);
			continue;
		}
		output->line[output->len++] = data[i];
		if (output->len + 1 == sizeof(output->line))
			end_line(output);
	}
}

/* Reads one piece at a time, so that a worker that writes without end does not block the loop. */
static void
on_output(struct loop_watch *watch, uint32_t events)
{
	(void)events;
	worker_output_read(watch->data);
}

bool
worker_output_read(struct worker_output *output)
{
	char data[READ_MAX];
	ssize_t got;

	if (output->fd < 0)
		return false;
	got = read(output->fd, data, sizeof(data));
	if (got > 0)
		take_output(output, data, (size_t)got);
	else if (got == 0 || (errno != EAGAIN && errno != EINTR))
		worker_output_close(output);
	return got > 0;
}

void
worker_output_init(struct worker_output *output, struct loop *loop, const char *plugin)
{
	*output = (struct worker_output){ .loop = loop,
					  .plugin = plugin,
					  .fd = -1,
					  .watch = { .fn = on_output, .data = output } };
}

void
worker_output_open(struct worker_output *output, int fd)
{
	worker_output_close(output);
	output->fd = fd;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	loop_add(output->loop, &output->watch, fd, EPOLLIN);
}

void
worker_output_close(struct worker_output *output)
{
	if (output->fd < 0)
		return;
	if (output->watch.active)
		loop_remove(output->loop, &output->watch);
	close(output->fd);
	output->fd = -1;
	end_line(output);
	say_left_out(output);
}
