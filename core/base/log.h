/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log: one JSON object for each line on stderr (or text on a terminal). Secret values are
 * masked here, in one place, so that no caller can forget it. Any thread.
 *
 * The loop thread holds its lines (log_hold()) and writes them once in each round, with one system
 * call for many lines. They are also written when the host exits, when a CHECK() fails, and at a
 * fatal signal. Only SIGKILL loses them.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_LOG_H
#define CORE_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mask.h"

/* LOG_OFF is not a level of lines. As the least level it suppresses every line. */
enum log_level { LOG_DEBUG, LOG_INFO, LOG_NOTICE, LOG_WARNING, LOG_ERROR, LOG_OFF };

void log_init(enum log_level level, bool text);
bool log_enabled(enum log_level level);
bool log_level_parse(const char *name, enum log_level *level);

/* log_event(LOG_INFO, "call", "tool", "s", name, "ms", "i", (int64_t)12, NULL): an event name, then
 * triples of key, type and value. Types: s: const char *, NULL leaves it out; i: int64_t; b: int;
 * w: like s, but neither masked nor escaped: an id, a fixed word of this program, or a name that
 * the loader has checked. */
void log_event(enum log_level level, const char *event, ...) __attribute__((sentinel));
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Writes the line before abort(), at level error, even if the least level is higher. Takes no lock
 * and masks nothing, so its arguments must be texts of this program, not of a peer. */
void log_last(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* From now on the lines of this thread wait for log_flush(). With false, those that wait are
 * written, and this thread's next ones at once. A line of another thread, which does not hold its
 * lines, is written at once and behind those that wait. */
void log_hold(bool hold);
/* Writes the lines that wait. Cheap when there are none. */
void log_flush(void);

#endif
