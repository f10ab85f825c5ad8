/* SPDX-License-Identifier: Apache-2.0 */
/* A folder below /tmp for one test, created empty, and removed with everything in it. */
#ifndef TESTS_UNIT_FOLDER_H
#define TESTS_UNIT_FOLDER_H

#include <stddef.h>
#include <sys/types.h>

extern char folder[64]; /* its path */

void folder_make(void);
void folder_remove(void);
char *folder_path(const char *name);				   /* for free() */
char *folder_put(const char *name, const char *text, mode_t mode); /* its path; for free() */
size_t folder_files(void); /* number of regular files in it, at any depth */

#endif
