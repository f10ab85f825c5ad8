/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of service that Lakehost uses. Everything that is special for one kind (its
 * configuration, how a request is authenticated, how a reply of its API is recognised) is in its
 * own folder, behind this table of functions. A third kind is one more folder, and one more line in
 * upstream.c.
 *
 * All kinds are compiled in. None is loaded as a module, because:
 * - `check`, `doctor` and the order "configuration, environment, profile" must know a kind before
 *   any code is loaded, also without a configuration: then the environment can still name a
 *   Databricks workspace;
 * - a kind sees credentials, so it must be trusted. A loadable kind would be a second plugin
 *   contract, one that gives out secrets; there must be none;
 * - it would save nothing: both kinds together are about 40 KB of code, and no library.
 *
 * Nothing here sends requests. All functions are for the loop thread, or for the start.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_UPSTREAM_H
#define CORE_UPSTREAM_UPSTREAM_H

#include <lakehost/plugin.h>

#include "base/fence.h"
#include "config/config.h"

struct buf;
struct credential;
struct credential_outcome;
struct credential_request;
struct credential_step;
struct node;

struct upstream_request {
	const char *method, *path, *query; /* percent-encoded; the query may be "" */
	const char *body;		   /* JSON, or NULL */
	size_t body_len;
};
typedef void (*upstream_object_fn)(void *data, enum fence_kind kind, const char *value, size_t len);

struct upstream_kind {
	const char *name;    /* the value of `kind` in the configuration: "databricks" */
	const char *service; /* a name for people: "the workspace" */
	/* Keys of upstreams.ROLE that belong to this kind; the list ends with NULL. Then the keys
	 * that are needed first: "host and token". */
	const char *const *keys, *main_keys;
	/* The hosts to which pre-signed links may point when no hosts are configured. The list ends
	 * with NULL; NULL: no hosts. See struct config_upstream. */
	const char *const *link_suffixes;

	/* Reads upstreams.ROLE: sets url, auth_type, auth_why, secret, secret_reference, warnings
	 * and `own` with own_free. An invalid configuration is a fault of the node. */
	void (*resolve)(struct config_upstream *upstream, const struct node *group);
	/* Appends the data that distinguishes two accounts with the same address and secret. NULL:
	 * there is no such data. */
	void (*account)(const struct config_upstream *upstream, struct buf *out);
	/* Reads the secret again; for secret_free(). NULL with `why`, or with an empty `why` when
	 * it is not in a file. */
	char *(*read_secret)(const struct config_upstream *upstream, char *why, size_t why_size);

	/* Returns what a request below upstream->url needs: headers, another request that must be
	 * made before, or an error. See credential.h. */
	void (*authorize)(const struct credential *credential, int64_t now_ms,
			  struct credential_step *step);
	/* Where authorize() may answer with a request: that request, and what its reply means. NULL
	 * where it never does. */
	enum mcp_status (*token_request)(struct credential *credential,
					 struct credential_request *request, int64_t now_ms,
					 char *why, size_t why_size);
	enum mcp_status (*token_reply)(struct credential *credential,
				       const struct credential_outcome *answer, int64_t now_ms,
				       char *why, size_t why_size);
	/* Makes and frees credential->state. NULL where the kind needs none. */
	void *(*state_new)(const struct config_upstream *upstream);
	void (*state_free)(void *state);
	/* The operator asked to read all credentials again. True when the access token is not to be
	 * used any more. NULL: only the secret is read again. */
	bool (*reload)(struct credential *credential);
	/* See credential_explain(). May be NULL. */
	void (*explain)(const struct credential *credential, struct strings *lines);

	/* Appends what the service must trust for on_behalf_of = "exchange", as JSON. NULL where
	 * the kind does not have that. */
	void (*federation_policy)(const struct config_upstream *upstream, struct buf *out);

	/* Calls `each` for every object that a request names: its kind, and its name or id. `len`
	 * 0: the object has no id yet, or is not named although the request needs it. `value`
	 * NULL: the request uses an object of this kind that it does not name, such as the tables
	 * in a statement. NULL where requests name no object. */
	void (*objects)(const struct upstream_request *request, upstream_object_fn each,
			void *data);

	/* Appends to User-Agent, beginning with a blank. NULL: nothing. */
	void (*user_agent)(const struct credential *credential, struct buf *out);
	/* True when a reply cannot be from the API, with `why`, which continues after the address.
	 * `accept` is the type that the request asked for, `location` may be NULL. */
	bool (*foreign_reply)(const char *path, const char *accept, int status,
			      const char *content_type, const char *location, char *why,
			      size_t why_size);
	/* Does the reply mean that the credential is not valid (any more), and not that a
	 * permission is missing? Such a request was not carried out. */
	bool (*refused)(int status, struct mcp_text body);
	/* The id by which the service can find the request; "" when there is none. For free(). */
	char *(*request_id)(const struct mcp_header *headers, size_t n, struct mcp_text body);
	/* How to find out whose credential it is: the path to GET, and the member of the reply with
	 * the name. NULL when no such request is known. */
	const char *identity_path, *identity_key;
};

/* All kinds; the list ends with NULL. The first kind is used for an upstream that does not set
 * one. */
extern const struct upstream_kind *const upstream_kinds[];

/* For config_load(): reads the group `upstreams`; each role is read by its kind. */
void upstream_load(struct config *config, const struct node *root);

#endif
