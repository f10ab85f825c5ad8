/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that writes the audit log. All functions are for the loop thread; they take one lock,
 * which the thread never has while it formats or writes. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUDIT_THREAD_H
#define CORE_AUDIT_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/audit.h"
#include "audit/line.h"

struct audit_thread;
struct loop;
struct loop_job;

/* `most`: bytes of records that may wait. `news` is posted to the loop when something was written
 * after audit_thread_wants_news(), and when writing begins to fail. NULL with `why`: the
 * destination cannot be used and the audit is required, or there is no thread. */
struct audit_thread *audit_thread_new(const struct audit_settings *settings, size_t most,
				      struct loop *loop, struct loop_job *news, char *why,
				      size_t why_size);
/* Writes what waits, and the end of the chain. */
void audit_thread_free(struct audit_thread *thread);

/* Takes the record. One that has no place in the queue is counted as lost. */
void audit_thread_give(struct audit_thread *thread, struct audit_record *record);
void audit_thread_wake(struct audit_thread *thread);
void audit_thread_reopen(struct audit_thread *thread);

/* `news` runs: it may be posted again. */
void audit_thread_heard(struct audit_thread *thread);
void audit_thread_wants_news(struct audit_thread *thread);
/* The number of the last record that the kernel has. */
uint64_t audit_thread_written(const struct audit_thread *thread);
uint64_t audit_thread_lost(struct audit_thread *thread);
/* True, and `why`, while nothing can be written. */
bool audit_thread_why(struct audit_thread *thread, char *why, size_t why_size);
/* Is more than a quarter of the queue used? */
bool audit_thread_is_late(struct audit_thread *thread);

#endif
