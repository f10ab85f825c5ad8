/* SPDX-License-Identifier: Apache-2.0 */
/* The states of a worker: down, starting, up, and down again. */
#include "worker/worker.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "metrics/metrics.h"
#include "module/refusal.h"
#include "registry/provider.h"
#include "worker/remote.h"
#include "worker/replies.h"

#define BACKOFF_LEAST_MS 100
#define BACKOFF_MOST_MS 30000
/* the longest time that a call waits for the next start; with a longer delay the call fails at
 * once */
#define PATIENCE_MS 2000
#define HEALTHY_MS 60000 /* a process that ran for this time did not fail at its start */
#define WATCHDOG_MS 500
#define ENDING_MS 250 /* time between the end of the socket and the end of the process */
#define REAP_MS 20
#define TRIAL_MS 2
#define LAST_PIECES 8 /* bytes of output that are read before the process counts as ended */

static void worker_down(struct worker *worker, const char *why, bool by_itself);

/* ---- states --------------------------------------------------------------------------------- */

#define MAY(state) (1u << WORKER_##state)

static const unsigned worker_next[] = {
	/* worker_down(), worker_free() */
	[WORKER_DOWN] = MAY(STARTING),
	/* worker_start(), from the timer that worker_want() has set */
	[WORKER_STARTING] = MAY(UP) | MAY(DOWN),
	/* on_ready() */
	[WORKER_UP] = MAY(ENDING) | MAY(DOWN),
	/* on_closed() */
	[WORKER_ENDING] = MAY(DOWN),
};
#undef MAY

static void
worker_move(struct worker *worker, enum worker_state to)
{
	CHECK(loop_inside(worker->loop));
	CHECK((worker_next[worker->state] & 1u << to) != 0);
	worker->state = to;
}

/* ---- reaping -------------------------------------------------------------------------------- */

static void
reap(struct loop_timer *timer)
{
	struct worker *worker = timer->data;
	size_t left = 0;

	for (size_t i = 0; i < worker->n_dying; i++)
		if (!process_reap(&worker->dying[i], NULL, 0))
			worker->dying[left++] = worker->dying[i];
	worker->n_dying = left;
	if (left > 0)
		loop_timer_set(worker->loop, timer, REAP_MS);
}

static void
kill_and_reap(struct worker *worker)
{
	process_kill(&worker->process);
	worker->dying = xrealloc(worker->dying, (worker->n_dying + 1) * sizeof(*worker->dying));
	worker->dying[worker->n_dying++] = worker->process;
	worker->process = (struct process){ .pid = 0, .pidfd = -1 };
	loop_timer_set(worker->loop, &worker->reap, REAP_MS);
}

/* ---- start ---------------------------------------------------------------------------------- */

static void
on_death(struct loop_watch *watch, uint32_t events)
{
	struct worker *worker = watch->data;
	const unsigned epoch = worker->epoch;

	(void)events;
	/* Messages that the process has sent before it ended are still handled, even after the end
	 * of its socket. */
	channel_drain(&worker->channel);
	if (worker->epoch == epoch && worker->state != WORKER_DOWN)
		worker_down(worker, "the process ended", true);
}

static void
send_open(struct worker *worker)
{
	struct buf out;

	buf_init(&out, WIRE_MESSAGE_MAX);
	wire_u32(&out, WIRE_VERSION);
	wire_str(&out, worker->provider->options);
	channel_send(&worker->channel, WIRE_OPEN, 0, 0, out.data, out.len);
	buf_fini(&out);
}

static void
worker_start(struct worker *worker)
{
	char why[REFUSAL_WHY_MAX];
	int fd = -1, output = -1;

	CHECK(worker->process.pid == 0 && worker->channel.fd < 0);
	worker->epoch++;
	worker_move(worker, WORKER_STARTING);
	if (!process_start(&worker->process, worker->provider->name, worker->file, &fd, &output,
			   why, sizeof(why))) {
		worker_down(worker, why, false);
		return;
	}
	worker_output_open(&worker->output, output);
	if (!channel_attach(&worker->channel, fd)) {
		close(fd);
		worker_down(worker, "the socket of the process cannot be watched", false);
		return;
	}
	if (worker->process.pidfd >= 0)
		loop_add(worker->loop, &worker->death, worker->process.pidfd, EPOLLIN);
	loop_timer_set(worker->loop, &worker->timer, WORKER_START_MS);
	send_open(worker);
	log_event(LOG_INFO, "worker-start", "plugin", "s", worker->provider->name, "pid", "i",
		  (int64_t)worker->process.pid, NULL);
}

bool
worker_want(struct worker *worker)
{
	int64_t now = clock_ms();

	if (worker->state != WORKER_DOWN)
		return true;
	if (worker->not_before - now > PATIENCE_MS)
		return false;
	loop_timer_set(worker->loop, &worker->timer,
		       worker->not_before > now ? worker->not_before - now : 0);
	return true;
}

static void
on_timer(struct loop_timer *timer)
{
	struct worker *worker = timer->data;

	if (worker->state == WORKER_DOWN)
		worker_start(worker);
	else if (worker->state == WORKER_STARTING)
		worker_fault(worker, "the process did not start in time");
	else if (worker->state == WORKER_ENDING)
		worker_fault(worker, "the process closed the connection");
}

static void
on_watchdog(struct loop_timer *timer)
{
	struct worker *worker = timer->data;

	if (worker->state != WORKER_UP)
		return;
	loop_timer_set(worker->loop, timer, WATCHDOG_MS);
	remotes_watch(worker);
}

/* ---- end ------------------------------------------------------------------------------------ */

static int64_t
backoff(unsigned failures)
{
	int64_t delay = BACKOFF_LEAST_MS;

	while (failures-- > 1 && delay < BACKOFF_MOST_MS)
		delay *= 2;
	return delay < BACKOFF_MOST_MS ? delay : BACKOFF_MOST_MS;
}

/* When a process ended by itself its exit status is more useful than `why`. */
static void
worker_down(struct worker *worker, const char *why, bool by_itself)
{
	const bool was_up = worker->state == WORKER_UP || worker->state == WORKER_ENDING;
	int64_t now = clock_ms();
	char how[128] = "";

	if (worker->death.active)
		loop_remove(worker->loop, &worker->death);
	channel_close(&worker->channel);
	loop_timer_stop(worker->loop, &worker->timer);
	if (!process_reap(&worker->process, how, sizeof(how)))
		kill_and_reap(worker);
	for (int i = 0; i < LAST_PIECES && worker_output_read(&worker->output); i++)
		;
	/* not until the end of the pipe: a child of the process may keep it open */
	worker_output_close(&worker->output);
	if (was_up && now - worker->up_since >= HEALTHY_MS)
		worker->failures = 0;
	worker->failures++;
	worker->not_before = now + backoff(worker->failures);
	worker_move(worker, WORKER_DOWN);
	CHECK(worker->process.pid == 0);
	snprintf(worker->why, sizeof(worker->why), "%s", by_itself && how[0] != '\0' ? how : why);
	metrics_ended(worker->provider->name);
	log_event(LOG_ERROR, "worker-end", "plugin", "s", worker->provider->name, "why", "s",
		  worker->why, "next_start_ms", "i", worker->not_before - now, NULL);
	remotes_lost(worker, was_up);
}

void
worker_fault(struct worker *worker, const char *why)
{
	if (worker->state == WORKER_DOWN)
		return;
	process_kill(&worker->process);
	worker_down(worker, why, false);
}

/* ---- messages ------------------------------------------------------------------------------- */

static void
on_ready(struct worker *worker, struct wire_reader *in)
{
	uint32_t version = wire_take_u32(in);

	if (worker->state != WORKER_STARTING || !wire_at_end(in) || version != WIRE_VERSION) {
		worker_fault(worker, "the process has another version than this host");
		return;
	}
	refusal_set(worker->refusal, PLUGIN_OK, "%s", "");
	worker_move(worker, WORKER_UP);
	worker->up_since = clock_ms();
	loop_timer_stop(worker->loop, &worker->timer);
	loop_timer_set(worker->loop, &worker->watchdog, WATCHDOG_MS);
	remotes_send(worker);
}

/* The plugin cannot be loaded in the worker. That is a defect of the plugin, and another attempt
 * costs little. */
static void
on_refused(struct worker *worker, struct wire_reader *in)
{
	enum plugin_refusal refusal = wire_take_enum(in, PLUGIN_WORKER);
	const char *details = wire_take_text(in);
	char why[REFUSAL_WHY_MAX];

	if (!wire_at_end(in) || refusal == PLUGIN_OK) {
		worker_fault(worker, "the process sent a malformed message");
		return;
	}
	snprintf(why, sizeof(why), "the plugin is %s: %.300s", plugin_refusal_text(refusal),
		 details);
	refusal_set(worker->refusal, refusal, "%s", details);
	worker_fault(worker, why);
}

static void
on_message(struct channel *channel, const struct channel_message *message)
{
	struct worker *worker = channel->data;
	struct wire_reader in = { message->data, message->data + message->len, false };

	switch (message->type) {
	case WIRE_READY: on_ready(worker, &in); break;
	case WIRE_REFUSED: on_refused(worker, &in); break;
	default: remote_message(worker, message); break;
	}
}

static void
on_closed(struct channel *channel, const char *why)
{
	struct worker *worker = channel->data;

	snprintf(worker->why, sizeof(worker->why), "%s", why);
	if (worker->state == WORKER_UP && worker->death.active) {
		worker_move(worker, WORKER_ENDING);
		loop_timer_set(worker->loop, &worker->timer, ENDING_MS);
	} else {
		worker_fault(worker, why);
	}
}

/* ---- life ----------------------------------------------------------------------------------- */

struct worker *
worker_new(const struct provider *provider, int file, struct refusal *refusal, struct loop *loop)
{
	struct worker *worker;

	if (process_program() == NULL) {
		refusal_set(refusal, PLUGIN_WORKER, "%s does not exist or cannot be executed",
			    LAKEHOST_WORKER_PROGRAM);
		return NULL;
	}
	worker = xcalloc(1, sizeof(*worker));
	worker->provider = provider;
	worker->file = file;
	worker->refusal = refusal;
	worker->loop = loop;
	worker->process.pidfd = -1;
	worker->death = (struct loop_watch){ .fn = on_death, .data = worker };
	worker->timer = (struct loop_timer){ .fn = on_timer, .data = worker };
	worker->watchdog = (struct loop_timer){ .fn = on_watchdog, .data = worker };
	worker->reap = (struct loop_timer){ .fn = reap, .data = worker };
	worker->channel.data = worker;
	worker->channel.message = on_message;
	worker->channel.closed = on_closed;
	channel_init(&worker->channel, loop);
	worker_output_init(&worker->output, loop, provider->name);
	return worker;
}

struct trial {
	struct loop_timer timer;
	struct worker *worker;
};

static void
trial_look(struct loop_timer *timer)
{
	const struct trial *trial = timer->data;
	const struct worker *worker = trial->worker;

	if (worker->state == WORKER_UP || worker->failures > 0)
		loop_stop(worker->loop);
	else
		loop_timer_set(worker->loop, timer, TRIAL_MS);
}

void
worker_try(struct worker *worker)
{
	struct trial trial = { .timer = { .fn = trial_look }, .worker = worker };

	if (worker->state == WORKER_UP || !worker_want(worker))
		return;
	trial.timer.data = &trial;
	loop_timer_set(worker->loop, &trial.timer, 0);
	loop_run(worker->loop, 0);
	loop_timer_stop(worker->loop, &trial.timer);
	if (worker->state != WORKER_UP && worker->refusal->kind == PLUGIN_OK)
		refusal_set(worker->refusal, PLUGIN_WORKER, "%s", worker->why);
}

/* A worker ends when its socket is closed. A worker that does not end is killed. */
static void
quit(struct worker *worker)
{
	struct pollfd wait[2] = { { .fd = worker->process.pidfd, .events = POLLIN },
				  { .fd = worker->output.fd, .events = POLLIN } };
	int64_t until = clock_ms() + WORKER_QUIT_MS;

	while (!process_reap(&worker->process, NULL, 0) && clock_ms() < until) {
		poll(wait, 2, worker->process.pidfd >= 0 ? WORKER_QUIT_MS : REAP_MS);
		worker_output_read(&worker->output);
		wait[1].fd = worker->output.fd;
	}
	if (worker->process.pid > 0)
		kill_and_reap(worker);
	until = clock_ms() + WORKER_QUIT_MS;
	while (worker->n_dying > 0 && clock_ms() < until) {
		poll(NULL, 0, REAP_MS);
		reap(&worker->reap);
	}
}

/* Closes the socket, which tells the process to end. */
static void
disconnect(struct worker *worker)
{
	if (worker->death.active)
		loop_remove(worker->loop, &worker->death);
	channel_close(&worker->channel);
	if (worker->state != WORKER_DOWN)
		worker_move(worker, WORKER_DOWN);
	remotes_free(worker);
	loop_timer_stop(worker->loop, &worker->timer);
	loop_timer_stop(worker->loop, &worker->watchdog);
}

static void
release(struct worker *worker)
{
	loop_timer_stop(worker->loop, &worker->reap);
	for (int i = 0; i < LAST_PIECES && worker_output_read(&worker->output); i++)
		;
	worker_output_close(&worker->output);
	channel_fini(&worker->channel);
	free(worker->dying);
	free(worker);
}

void
worker_free(struct worker *worker)
{
	if (worker == NULL)
		return;
	disconnect(worker);
	quit(worker);
	release(worker);
}

/* ---- leaving while the host serves ----------------------------------------------------------- */

static struct worker *leaving; /* loop thread */

static void
forget_leaving(struct worker *worker)
{
	struct worker **at = &leaving;

	while (*at != worker)
		at = &(*at)->leaving;
	*at = worker->leaving;
}

/* Frees the worker when its process has ended, and nothing that was posted will still run. */
static void
on_leaving(struct loop_timer *timer)
{
	struct worker *worker = timer->data;
	bool gone = process_reap(&worker->process, NULL, 0);

	if (!gone && clock_ms() > worker->leave_ms)
		process_kill(&worker->process);
	if (!gone || worker->channel.posted) {
		worker_output_read(&worker->output);
		loop_timer_set(worker->loop, timer, REAP_MS);
		return;
	}
	forget_leaving(worker);
	loop_timer_stop(worker->loop, &worker->reap);
	while (worker->n_dying > 0 && process_reap(&worker->dying[worker->n_dying - 1], NULL, 0))
		worker->n_dying--;
	release(worker);
}

void
worker_leave(struct worker *worker)
{
	if (worker == NULL)
		return;
	disconnect(worker);
	worker->leaving = leaving;
	leaving = worker;
	worker->leave_ms = clock_ms() + WORKER_QUIT_MS;
	worker->timer.fn = on_leaving;
	loop_timer_set(worker->loop, &worker->timer, 0);
}

void
workers_left(void)
{
	while (leaving != NULL) {
		struct worker *worker = leaving;

		leaving = worker->leaving;
		loop_timer_stop(worker->loop, &worker->timer);
		quit(worker);
		release(worker);
	}
}
