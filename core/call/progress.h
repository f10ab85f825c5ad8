/* SPDX-License-Identifier: Apache-2.0 */
/* Progress and logs from a call to its owner. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CALL_PROGRESS_H
#define CORE_CALL_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lakehost/plugin.h>

#include "base/bucket.h"

struct call;

struct call_progress {
	bool wanted;	    /* by the client */
	bool of_plugin;	    /* the plugin reports progress itself, so the host adds none */
	double last;	    /* the next value of progress must be larger */
	struct bucket sent; /* limits the rate of messages */
};

void progress_init(struct call_progress *progress, bool wanted);
/* Progress of the host itself: sent only if the client asked for it and the value is larger than
 * the last one. */
void progress_send(struct call *call, double done, double total, const char *message);

/* Runners call these during a step: the plugin's reports. */
void call_progressed(struct call *call, double done, double total, const char *message);
void call_logged(struct call *call, enum mcp_level level, const char *logger, const char *json,
		 size_t len);

#endif
