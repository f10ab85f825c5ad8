/* SPDX-License-Identifier: Apache-2.0 */
/* Any service with an HTTP API: its address may have a path, and requests are authenticated by one
 * of the usual methods. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_GENERIC_GENERIC_H
#define CORE_UPSTREAM_GENERIC_GENERIC_H

#include "upstream/oauth.h"
#include "upstream/secret.h"
#include "upstream/upstream.h"

extern const struct upstream_kind upstream_generic;

/* How a request is authenticated. */
enum generic_method { GENERIC_BEARER, GENERIC_NONE, GENERIC_BASIC, GENERIC_HEADER, GENERIC_OAUTH };

/* The data in `own`. Each text is for free(); NULL when the method does not use it. */
struct generic {
	enum generic_method method;
	char *user;			    /* the user of basic; the client id of oauth */
	char *header;			    /* the name of the header, for the method header */
	char *token_url, *scope, *audience; /* for oauth; the last two may be NULL */
	bool secret_in_body;		    /* of oauth */
};

/* The syntax that the secret of this method must have. */
enum secret_form generic_secret_form(enum generic_method method);

#endif
