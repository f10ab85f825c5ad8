/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report of check, which doctor goes on with: a host is started as serve starts it, up to the
 * opening of sockets, and each subject gets a line that says how it is.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CLI_CHECK_H
#define CORE_CLI_CHECK_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct cli;
struct config_upstream;
struct host;

enum check_state {
	CHECK_OK,
	CHECK_WARNING,
	CHECK_FAULT,   /* serving does not start, or a call cannot work: the exit status is 1 */
	CHECK_SKIPPED, /* it was not looked at, and the text says why */
};

struct check {
	struct host *host; /* never NULL after check_begin() */
	unsigned faults;
	bool online; /* the upstreams are contacted afterwards */
};

/* Loads the configuration, starts the parts and reports on all of them. False when there is no
 * configuration to speak of; its faults are on stderr then, and nothing is left to end. */
bool check_begin(struct check *check, const struct cli *cli, bool online);
/* "SUBJECT: STATE: TEXT" on stdout; the text of a line that is ok may be NULL. */
void check_say(struct check *check, enum check_state state, const char *subject, const char *format,
	       ...) __attribute__((format(printf, 4, 5)));
/* The names of the enabled plugins that send requests to it, comma-separated; false: none does. */
bool check_users(const struct check *check, const struct config_upstream *upstream,
		 struct buf *names);
/* Frees all, prints the number of faults, and returns the exit status. */
int check_end(struct check *check);

#endif
