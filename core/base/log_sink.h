/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where finished lines of the log go: standard error. Lines are written in chunks of at most
 * PIPE_BUF bytes, so that a pipe takes each chunk whole, and only when standard error has room: a
 * client that does not read it must not stop the host. Lost lines are counted, and the next chunk
 * that can be written begins with their number. Any thread.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_LOG_SINK_H
#define CORE_BASE_LOG_SINK_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_LINE_MAX PIPE_BUF

/* `line`, at most LOG_LINE_MAX bytes with its newline, is copied. It is written at once, behind the
 * lines that wait, unless this thread holds its lines (log_hold()). */
void log_sink_add(const char *line, size_t len);
/* For the line before the end of the process: writes what waits, and this line, without a lock. */
void log_sink_last(const char *line, size_t len);

/* Supplied by log.c: the line which says how many lines were lost. Returns its length. */
size_t log_lost_line(char line_bytes[LOG_LINE_MAX], uint64_t lost_lines);

#endif
