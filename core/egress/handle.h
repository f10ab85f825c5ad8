/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handles of libcurl. Making one and setting its options costs more than the rest of an attempt, so
 * a handle is used again for requests of the same upstream and the same shape. Everything that
 * differs between two such requests is set for each attempt, and taken away after it. Loop thread
 * only.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_HANDLE_H
#define CORE_EGRESS_HANDLE_H

#include <stdbool.h>

#include "egress/curl_api.h"

/* Unused handles that are kept for one upstream and shape. One needs about 6 KB. */
#define HANDLES_KEPT 32u

struct egress;
struct flight;

/* The requests that can use the same handle. */
enum handle_shape {
	HANDLE_GET,  /* GET of the API whose reply stays in memory */
	HANDLE_BODY, /* the same with another method, and a body in memory */
	HANDLE_SHAPES,
	HANDLE_OWN = HANDLE_SHAPES, /* any other request: its handle is not used again */
};

/* Handles of one upstream, which no request uses. Zeroed: none. */
struct handles {
	CURL *kept[HANDLE_SHAPES][HANDLES_KEPT];
	unsigned n[HANDLE_SHAPES];
};

/* Gives the flight a handle with its method, target and limits. The caller sets the callbacks and
 * the headers. False: there is no memory. */
bool handle_take(struct flight *flight);
/* Sets an option that is a pointer. */
void handle_point(struct flight *flight, CURLoption option, const void *value);
/* Takes the handle away. `whole`: the attempt ended with a complete reply, so its handle may be
 * used again. */
void handle_give(struct flight *flight, bool whole);
/* Frees all handles that no request uses. */
void handles_drop(struct egress *egress);

#endif
