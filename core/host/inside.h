/* SPDX-License-Identifier: Apache-2.0 */
/* The members of the host, for the files of this folder. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_HOST_INSIDE_H
#define CORE_HOST_INSIDE_H

#include "base/loop.h"
#include "base/log.h"
#include "base/principal.h"
#include "host/gauges.h"
#include "host/generation.h"
#include "host/host.h"
#include "host/reload.h"

struct host {
	struct generation *now;		/* what new requests use; held */
	struct generations generations; /* the others */
	struct reload reload;
	unsigned refused;	 /* reloads */
	struct running *running; /* NULL: no directory for it */
	struct loop *loop;
	struct watchdog *watchdog;
	struct sealer *sealer;
	struct pool *pool;
	struct limits *limits;	      /* NULL: principals have none */
	struct config *limits_config; /* of the start, which the limits use until the end */
	struct calls *calls;
	struct gauges gauges;
	struct tracing *tracing; /* NULL: no traces */
	struct eras *eras;
	struct principal local;
	struct http *http;
	struct stdio *stdio;
	bool terminal;	       /* stdin is one: SIGHUP means that it was closed */
	struct notify *notify; /* NULL: no service manager started the host */
	struct loop_watch signals;
	struct loop_timer flush;
	int64_t flush_until;
	bool draining;
};

#endif
