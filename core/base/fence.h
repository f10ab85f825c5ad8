/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The objects of a service that a principal may use: allow-lists by kind of object. The policy
 * makes a fence from its rules; egress compares each request that is sent with it. A kind without a
 * list is not limited. With several lists of one kind, a value must be in each of them.
 *
 * How a value is compared:
 * - catalogs: the name, in any case; `*` is any text;
 * - schemas: "catalog.schema", in any case; `*` is any text. Where only the catalog is known, the
 *   catalog must be that of some entry;
 * - paths: an entry allows itself and everything below it, and `*` is any text. "/Workspace/X" is
 *   the same as "/X", and "/dbfs/X" the same as "dbfs:/X". A path with an empty part, with "." or
 *   with ".." is never allowed;
 * - secret scopes, warehouses, clusters, jobs: the name of a secret scope, else the id. `*` is any
 *   text.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_FENCE_H
#define CORE_BASE_FENCE_H

#include <stdbool.h>
#include <stddef.h>

enum fence_kind {
	FENCE_CATALOG,
	FENCE_SCHEMA, /* the value is "catalog.schema", or "catalog" alone */
	FENCE_PATH,
	FENCE_SECRET_SCOPE,
	FENCE_WAREHOUSE,
	FENCE_CLUSTER,
	FENCE_JOB,
	FENCE_KINDS
};

/* As rules of the configuration spell them: "catalogs", … */
extern const char *const fence_keys[FENCE_KINDS];
/* As tools declare them in `scope`, and messages name them: "catalog", … */
extern const char *const fence_names[FENCE_KINDS];

/* One allow-list. All is borrowed from the configuration. */
struct fence_list {
	const char *const *entry;
	size_t entries;
	const char *where; /* "lakehost.conf:12" */
};

#define FENCE_LISTS_MAX 32u /* lists of one kind that apply to one principal */

struct fence {
	struct fence_list list[FENCE_KINDS][FENCE_LISTS_MAX];
	size_t lists[FENCE_KINDS];
};

bool fence_limits(const struct fence *fence, enum fence_kind kind);
/* NULL when the value is allowed, else the list that does not have it. `len` 0: a new object, which
 * has no id yet; only an entry "*" allows it. */
const struct fence_list *fence_refuses(const struct fence *fence, enum fence_kind kind,
				       const char *value, size_t len);
/* The same for a path, and for the catalog and schema of a path below /Volumes. `kind` receives the
 * kind of the list. */
const struct fence_list *fence_refuses_path(const struct fence *fence, const char *path, size_t len,
					    enum fence_kind *kind);

#endif
