/* SPDX-License-Identifier: Apache-2.0 */
/* The caller. On stdio, and over HTTP without inbound authentication, every caller is "local";
 * authentication never gives that name to a caller. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_PRINCIPAL_H
#define CORE_BASE_PRINCIPAL_H

#include <stdbool.h>
#include <stdint.h>

#define PRINCIPAL_NAME_MAX 256
#define PRINCIPAL_LOCAL "local"
#define PRINCIPAL_GROUPS_MAX 32u /* groups of one principal that the configuration names */

enum access { ACCESS_NONE, ACCESS_READ, ACCESS_WRITE, ACCESS_ADMIN };
/* The names of the access levels in policy.access. The list ends with NULL. */
extern const char *const access_names[];
const char *access_name(enum access access);
/* false: the text is not a name of a level */
bool access_parse(const char *name, enum access *access);

struct principal {
	/* the name of the caller: handles are sealed for it, budgets are counted for it */
	char name[PRINCIPAL_NAME_MAX];
	enum access access;
	/* What a token with more scopes would allow this principal: for lists, and for the question
	 * whether to ask the client for such a token. Never a reason to allow something. */
	enum access reach;
	/* Its groups, as far as the configuration names them: other groups change nothing. The
	 * texts are interned (base/intern.h). */
	const char *groups[PRINCIPAL_GROUPS_MAX];
	unsigned n_groups;
	/* when its credential ends, in seconds since 1970; 0: not known. Each request is checked
	 * anew, so only a stream that stays open must look at this. */
	int64_t until_s;
	/* It is a user of an identity provider, not the name of a token or of this machine. So
	 * requests may be made on its behalf. */
	bool user;
	/* the number of the token that a proxy forwarded with the request (base/forwarded.h); 0:
	 * none */
	uint64_t forwarded;
};

/* The widest access that the principal has or could get: never less than `access`. */
static inline enum access
principal_reach(const struct principal *principal)
{
	return principal->reach > principal->access ? principal->reach : principal->access;
}

bool principal_in_group(const struct principal *principal, const char *group);

#endif
