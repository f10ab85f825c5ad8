/* SPDX-License-Identifier: Apache-2.0 */
/* Sends one request and checks its answer. Most tests of the file and job domains have this
 * form. */
#ifndef SANDBOX_TEST_EXPECT_H
#define SANDBOX_TEST_EXPECT_H

#include "test/client.h"

/* Asserts the status, and the error_code unless it is NULL. Prints the request on failure. */
void expect(const char *method, const char *path, const char *body, long status, const char *code);
/* Asserts 200 and returns the answer. */
struct answer *fetch(const char *method, const char *path, const char *body);
/* Asserts that a member of a GET answer has this text. */
void expect_text(const char *path, const char *member, const char *wanted);
char *base64(const void *data, size_t len); /* caller frees */
char *unbase64(const char *text);	    /* the answer as text; the caller frees it */
/* Formats like printf into a new string, which the caller frees. */
char *text_of(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
bool holds(const char *text, const char *part);
/* The number of entries in a folder of the default workspace; and whether the folder becomes empty
 * after a while. */
int entries_of(const char *folder);
bool becomes_empty(const char *folder);

#endif
