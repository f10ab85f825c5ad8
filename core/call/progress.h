/* SPDX-License-Identifier: Apache-2.0 */
/* Progress and logs of a call on their way to its owner. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CALL_PROGRESS_H
#define CORE_CALL_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lakehost/plugin.h>

struct call;

struct call_progress {
	bool wanted;	   /* by the client */
	bool of_plugin;	   /* the plugin reports some, so the host makes up none */
	double last;	   /* the next one must be larger */
	unsigned tokens;   /* messages that may be sent now */
	int64_t earned_ms; /* when the last token was earned */
};

void progress_init(struct call_progress *progress, bool wanted);
/* The host's own: nothing unless the client wants it, and it is more than the last one. */
void progress_send(struct call *call, double done, double total, const char *message);

/* From runners, in the middle of a step: what the plugin reports. */
void call_progressed(struct call *call, double done, double total, const char *message);
void call_logged(struct call *call, enum mcp_level level, const char *logger, const char *json,
		 size_t len);

#endif
