/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The methods of "Databricks client unified authentication". A method applies when the attributes
 * that it needs are set and its condition holds; nothing is asked for that. Its stages are requests
 * or programs, one after the other: the last one brings the token. A method without stages has its
 * headers at once.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_DATABRICKS_METHOD_H
#define CORE_UPSTREAM_DATABRICKS_METHOD_H

#include "upstream/credential.h"
#include "upstream/databricks/databricks.h"

struct login;

enum login_result {
	LOGIN_NEXT,  /* this stage is done */
	LOGIN_AGAIN, /* the same stage once more, in another form */
	LOGIN_SKIP,  /* the method does not apply after all: the next candidate, if there is one */
	LOGIN_FAILED,
};

struct login_stage {
	/* False: there is nothing to ask, for example because the answer is known. NULL: always. */
	bool (*needed)(const struct login *login);
	/* Fills the request. False with `why` in the login: it cannot be made. */
	bool (*ask)(struct login *login, struct credential_request *request);
	enum login_result (*take)(struct login *login, const struct credential_outcome *answer);
};

struct method {
	const char *name;
	enum attribute needs[4]; /* ends with A_HOST, which every method needs */
	enum attribute secret;	 /* the one that is its secret; A_HOST: none */
	/* Another reason why the method does not apply, for free(); NULL: it does. May be NULL. */
	char *(*missing)(const struct databricks *own);
	bool missing_is_fault;		  /* then no other method is tried */
	bool groups;			  /* it can act for a group (group_id) */
	const struct login_stage *stages; /* ends with an empty one; NULL: none */
};

/* In the order in which they are tried, NULL-terminated. */
extern const struct method *const databricks_methods[];
/* The names of all methods, "a, b, c"; for free(). */
char *databricks_method_names(void);

#endif
