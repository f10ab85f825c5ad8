/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that end their process, such as a CHECK() that fails, run in a child. */
#ifndef TESTS_UNIT_CHILD_H
#define TESTS_UNIT_CHILD_H

#include <stdbool.h>

/* The child's wait status: 0 when `fn` returned. */
int child_run(void (*fn)(void));
/* Did `fn` end in abort()? */
bool child_aborts(void (*fn)(void));
/* What the last child wrote to standard error. */
const char *child_output(void);

#endif
