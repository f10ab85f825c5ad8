/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CHECK(condition) tests a condition that only a mistake in this program can make false: a state
 * or a phase that was skipped, a list that lost a member, an owner that freed too early, "cannot
 * happen". Going on would give a wrong answer or touch freed memory, so the process ends
 * (SIGABRT), also in release builds, and its last line in the log names the place and the
 * condition.
 *
 * CHECK() must not test a condition that a peer, a plugin or a file can make false: that is an
 * error with an answer. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_CHECK_H
#define CORE_BASE_CHECK_H

#define CHECK(condition)                              \
	(__builtin_expect(!!(condition), 1) ? (void)0 \
					    : check_failed(__FILE__, __LINE__, #condition))

/* Writes the last line of the log and aborts. Any thread may call this, also while it holds a lock
 * of the log or the mask. */
_Noreturn void check_failed(const char *file, int line, const char *condition)
    __attribute__((cold));

#endif
