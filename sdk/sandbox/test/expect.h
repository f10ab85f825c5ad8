/* SPDX-License-Identifier: Apache-2.0 */
/* One request and its expected answer: the form of most tests of the file and job domains. */
#ifndef SANDBOX_TEST_EXPECT_H
#define SANDBOX_TEST_EXPECT_H

#include "test/client.h"

/* Asserts status (and, unless NULL, error_code); prints the request on failure. */
void expect(const char *method, const char *path, const char *body, long status, const char *code);
/* Asserts 200 and returns the answer. */
struct answer *fetch(const char *method, const char *path, const char *body);
/* Asserts that a member of a GET answer has this text. */
void expect_text(const char *path, const char *member, const char *wanted);
char *base64(const void *data, size_t len); /* caller frees */
char *unbase64(const char *text);	    /* as text; caller frees */
/* printf into a fresh string; caller frees. */
char *text_of(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
bool holds(const char *text, const char *part);
/* The number of entries of a folder of the default workspace; and whether it becomes empty after a
 * while. */
int entries_of(const char *folder);
bool becomes_empty(const char *folder);

#endif
