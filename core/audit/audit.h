/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit log: one JSON line for each decision and each call. There is one in a process, like the
 * log, and without `audit.file`, `audit.syslog` or `audit.socket` there is none: then each function
 * here returns at once.
 *
 * audit_report() copies the event into a queue. A thread of the audit makes the lines, chains them
 * with an HMAC (chain.h) and writes them, so that no disk and no socket can block the loop.
 *
 * With `audit.required` an answer may leave only after its lines were handed to the kernel
 * (audit_wait()), and the host refuses requests while nothing can be written (audit_fault()).
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUDIT_AUDIT_H
#define CORE_AUDIT_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/event.h"
#include "base/seal.h"

struct loop;

enum audit_kind { AUDIT_NONE, AUDIT_FILE, AUDIT_SYSLOG, AUDIT_SOCKET };
enum audit_format { AUDIT_LAKEHOST, AUDIT_OCSF };

#define AUDIT_QUEUE_MAX (8u << 20) /* bytes of events that wait to be written */

struct audit_settings {
	enum audit_kind kind;
	const char *path; /* of the file or the socket; borrowed */
	enum audit_format format;
	bool required;
	bool arguments; /* the arguments are written too, without secrets */
	unsigned char key[SEAL_KEY_LEN];
};

/* Opens the destination, writes the first line of a new chain, and starts the thread. False with
 * `why` when that fails and the audit is required; otherwise the log says so, and the thread goes
 * on trying. `loop` is borrowed. */
bool audit_start(struct loop *loop, const struct audit_settings *settings, char *why,
		 size_t why_size);
/* Writes what waits and the last line of the chain. */
void audit_stop(void);
/* SIGHUP: opens the file, or connects to the socket, again. */
void audit_reopen(void);

/* Can the destination be used? Looks, and changes nothing. False with `why`. */
bool audit_try(const struct audit_settings *settings, char *why, size_t why_size);

/* Is there an audit log? Otherwise an event need not be made. */
bool audit_on(void);
/* Loop thread. Returns the number of the event, for audit_wait(); 0 when there is no audit log. */
uint64_t audit_report(const struct audit_event *event);

/* Why nothing can be served now; NULL when all is well, or the audit is not required. Borrowed
 * until the next call. */
const char *audit_fault(void);

/* Does writing fail at this moment, required or not? */
bool audit_fails(void);

/* Embedded in what waits for an event to be written. */
struct audit_wait {
	/* On the loop thread. `written` is false when the event could not be written. */
	void (*fn)(struct audit_wait *wait, bool written);
	uint64_t number;
	struct audit_wait *next, **link; /* private */
};

/* Must the answer that belongs to the event `number` wait? Then wait->fn is called later. False
 * when it need not wait, and `wait` is not used. */
bool audit_wait(struct audit_wait *wait, uint64_t number);
void audit_wait_end(struct audit_wait *wait); /* `fn` is not called any more */

/* For the metrics: events so far, and those that were lost because the queue was full. */
uint64_t audit_count(void);
uint64_t audit_lost(void);

#endif
