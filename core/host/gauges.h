/* SPDX-License-Identifier: Apache-2.0 */
/* What the metrics say about the present: read when somebody asks. Loop thread only. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_HOST_GAUGES_H
#define CORE_HOST_GAUGES_H

struct buf;
struct calls;
struct egress;
struct limits;
struct http;
struct plugins;
struct pool;

/* All borrowed. */
struct gauges {
	struct calls *calls;
	struct egress *egress;
	struct plugins *plugins;
	struct pool *pool;
	const struct http *http;
	const struct limits *limits; /* or NULL */
	unsigned generation, reloads, refused;
};

/* The whole text of /metrics; `data` is a struct gauges. */
void gauges_write(void *data, struct buf *out);

#endif
