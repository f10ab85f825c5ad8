/* SPDX-License-Identifier: Apache-2.0 */
/* The group auth.oauth, and what clients are told about it. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CONFIG_OAUTH_H
#define CORE_CONFIG_OAUTH_H

#include "config/config.h"

#define OAUTH_METADATA "/.well-known/oauth-protected-resource" /* RFC 9728, 3 */

struct node;

/* Sets config->auth.oauth when auth.inbound is "oauth". `auth` is the group auth. */
void config_read_oauth(struct config *config, const struct node *auth);
void config_oauth_fini(struct config *config);

/* NULL when requests may be sent to this URL: https, or http on this machine; else the reason. */
const char *oauth_url_fault(const char *text);
/* The scope that gives this access and no more than necessary; NULL: no scope gives it. */
const struct config_scope *oauth_scope_for(const struct config_oauth *oauth, enum access needed);
/* The widest access that a scope gives; ACCESS_ADMIN when there are no scopes. */
enum access oauth_widest(const struct config_oauth *oauth);
/* The value of WWW-Authenticate (RFC 6750, 3; RFC 9728, 5.1), for free(). It names the scope for
 * `needed`, if there is one. `error` and `description` may be NULL. */
char *oauth_challenge(const struct config_oauth *oauth, enum access needed, const char *error,
		      const char *description);

#endif
