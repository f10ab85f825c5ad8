/* SPDX-License-Identifier: Apache-2.0 */
/* Where the lines of the audit log go: a file, the syslog, or a unix stream socket. Used by the
 * thread of the audit alone, so its functions may wait for the kernel. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUDIT_SINK_H
#define CORE_AUDIT_SINK_H

#include <stdbool.h>
#include <stddef.h>

#include "audit/audit.h"
#include "audit/line.h"

struct audit_sink {
	enum audit_kind kind;
	char *path;
	int fd;			/* -1: not open */
	struct audit_tail tail; /* of the file, when it was opened */
	char why[256];		/* after a failure */
};

enum audit_sink_state {
	AUDIT_SINK_SAME,  /* as at the last call */
	AUDIT_SINK_FRESH, /* was opened: the next line must say where its chain stands */
	AUDIT_SINK_DOWN,  /* cannot be opened */
};

void audit_sink_init(struct audit_sink *sink, enum audit_kind kind, const char *path);
void audit_sink_fini(struct audit_sink *sink);
/* Opens it when it is closed. A file that does not have its name any more is opened again. */
enum audit_sink_state audit_sink_ready(struct audit_sink *sink);
/* The next audit_sink_ready() opens it again. */
void audit_sink_close(struct audit_sink *sink);
/* Writes whole lines, from `*done` on, which moves. False: the rest is to be written later. */
bool audit_sink_write(struct audit_sink *sink, const char *lines, size_t len, size_t *done);

/* Why it cannot be opened, in sink->why; opens nothing. */
bool audit_sink_try(struct audit_sink *sink);

#endif
