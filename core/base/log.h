/* SPDX-License-Identifier: Apache-2.0 */
/* The log: one JSON object for each line on stderr (or text on a terminal). Secret values are
 * masked here, in one place, so that no caller can forget it. Any thread. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_LOG_H
#define CORE_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mask.h"

/* LOG_OFF is not the level of a line: as the least level it allows no line. */
enum log_level { LOG_DEBUG, LOG_INFO, LOG_NOTICE, LOG_WARNING, LOG_ERROR, LOG_OFF };

void log_init(enum log_level level, bool text);
bool log_enabled(enum log_level level);
bool log_level_parse(const char *name, enum log_level *level);

/* log_event(LOG_INFO, "call", "tool", "s", name, "ms", "i", (int64_t)12, NULL): an event name, then
 * triples of key, type (s: const char *, NULL leaves it out; i: int64_t; b: int) and value. */
void log_event(enum log_level level, const char *event, ...) __attribute__((sentinel));
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The line before abort(): level error, whatever the least level is. Takes no lock and masks
 * nothing, so its arguments must be texts of this program, not of a peer. */
void log_last(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
