/* SPDX-License-Identifier: Apache-2.0 */
/* The report of check; doctor prints the same report and adds to it. The host starts as in serve,
 * but opens no sockets, and each subject gets one line with its state. */
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
	CHECK_FAULT,   /* serving does not start, or a call cannot work; the exit status is 1 */
	CHECK_SKIPPED, /* not checked; the text gives the reason */
	CHECK_INFO,    /* neither good nor bad */
};

struct check {
	struct host *host; /* the host; never NULL after check_begin() */
	unsigned faults;
	bool online; /* doctor will contact the upstreams later */
};

/* Loads the configuration, starts the parts and reports on all of them. False when the
 * configuration cannot be read: its faults are then on stderr, and check_end() must not be
 * called. */
bool check_begin(struct check *check, const struct cli *cli, bool online);
/* Prints "SUBJECT: STATE: TEXT" on stdout. The text may be NULL when the state is ok. */
void check_say(struct check *check, enum check_state state, const char *subject, const char *format,
	       ...) __attribute__((format(printf, 4, 5)));
/* The names of the enabled plugins that send requests to this upstream, comma-separated; false when
 * there is none. */
bool check_users(const struct check *check, const struct config_upstream *upstream,
		 struct buf *names);
/* Frees all, prints the number of faults, and returns the exit status. */
int check_end(struct check *check);

#endif
