/* SPDX-License-Identifier: Apache-2.0 */
/* Runs functions that end their process, for example a failing CHECK(), in a child process. */
#ifndef TESTS_UNIT_CHILD_H
#define TESTS_UNIT_CHILD_H

#include <stdbool.h>

/* Runs `fn` in a child process. Returns the wait status of the child: 0 when `fn` returned. */
int child_run(void (*fn)(void));
/* Does `fn` end with abort()? */
bool child_aborts(void (*fn)(void));
/* The text that the last child wrote to standard error. */
const char *child_output(void);

#endif
