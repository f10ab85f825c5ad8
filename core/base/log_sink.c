/* SPDX-License-Identifier: Apache-2.0 */
/* Holds the lines of one round of the loop, and writes them together. */
#include "base/log_sink.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"

#define FATAL_STACK 16384

static pthread_mutex_t sink_lock = PTHREAD_MUTEX_INITIALIZER;
/* under the lock */
static char sink_bytes[LOG_LINE_MAX];
static atomic_size_t sink_len; /* log_flush() and a signal handler read it without the lock */
static uint64_t sink_lines, sink_lost;

static _Thread_local bool thread_holds;

/* ---- writing -------------------------------------------------------------------------------- */

static bool
has_room(void)
{
	struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&fd, 1, 0) == 1 && (fd.revents & (POLLOUT | POLLERR)) == POLLOUT;
}

static bool
write_chunk(const char *chunk, size_t len)
{
	return has_room() && write(STDERR_FILENO, chunk, len) == (ssize_t)len;
}

/* False when the lost lines cannot be reported either. */
static bool
write_lost(void)
{
	char line[LOG_LINE_MAX];

	if (sink_lost > 0 && write_chunk(line, log_lost_line(line, sink_lost)))
		sink_lost = 0;
	return sink_lost == 0;
}

/* Under the lock. */
static void
write_held(void)
{
	size_t len = atomic_load(&sink_len);

	if (len == 0)
		return;
	if (!write_lost() || !write_chunk(sink_bytes, len))
		sink_lost += sink_lines;
	atomic_store(&sink_len, 0);
	sink_lines = 0;
}

void
log_sink_add(const char *line, size_t len)
{
	size_t at;

	CHECK(len <= sizeof(sink_bytes));
	pthread_mutex_lock(&sink_lock);
	if (len > sizeof(sink_bytes) - atomic_load(&sink_len))
		write_held();
	at = atomic_load(&sink_len);
	memcpy(sink_bytes + at, line, len);
	atomic_store(&sink_len, at + len);
	sink_lines++;
	if (!thread_holds)
		write_held();
	pthread_mutex_unlock(&sink_lock);
}

void
log_flush(void)
{
	if (atomic_load_explicit(&sink_len, memory_order_relaxed) == 0)
		return;
	pthread_mutex_lock(&sink_lock);
	write_held();
	pthread_mutex_unlock(&sink_lock);
}

/* ---- the end of the process ----------------------------------------------------------------- */

/* Takes no lock, because the thread that ends the process may have it: a line that another thread
 * writes at this moment can appear twice. Async-signal-safe. */
static void
write_waiting(void)
{
	size_t len = atomic_exchange(&sink_len, 0);

	if (len > 0)
		(void)write_chunk(sink_bytes, len);
}

void
log_sink_last(const char *line, size_t len)
{
	write_waiting();
	(void)write_chunk(line, len);
}

static const int fatal_signals[] = { SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS, SIGTRAP };
#define FATALS (sizeof(fatal_signals) / sizeof(fatal_signals[0]))
static struct sigaction earlier_actions[FATALS];

/* Writes the lines that wait, and then lets the signal have its earlier effect. A fault happens
 * again when this function returns. A signal that was sent does not, so it is sent again. */
static void
on_fatal(int number, siginfo_t *info, void *context)
{
	(void)context;
	write_waiting();
	for (size_t i = 0; i < FATALS; i++)
		if (fatal_signals[i] == number)
			sigaction(number, &earlier_actions[i], NULL);
	if (info->si_code <= 0)
		raise(number);
}

static void
watch_fatal_signals(void)
{
	struct sigaction action = { .sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO | SA_ONSTACK };

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < FATALS; i++)
		sigaction(fatal_signals[i], &action, &earlier_actions[i]);
}

/* A stack that has no room left cannot run the handler. */
static void
give_signal_stack(void)
{
	static _Thread_local char room[FATAL_STACK];
	stack_t has, own = { .ss_sp = room, .ss_size = sizeof(room) };

	if (sigaltstack(NULL, &has) == 0 && (has.ss_flags & SS_DISABLE) != 0)
		sigaltstack(&own, NULL);
}

void
log_hold(bool hold)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (hold) {
		pthread_once(&once, watch_fatal_signals);
		give_signal_stack();
	}
	thread_holds = hold;
	if (!hold)
		log_flush();
}
