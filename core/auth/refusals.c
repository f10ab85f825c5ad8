/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/refusals.h"

#include <stddef.h>

#include "auth/failures.h"
#include "base/forwarded.h"
#include "base/principal.h"

#define CHALLENGE "Bearer realm=\"lakehost\""
#define RETRY_S "60" /* FAILURES_WINDOW_MS in seconds */
_Static_assert(FAILURES_WINDOW_MS == 60000, "Retry-After says so");

const struct auth_refusal refused_no_token = {
	401,
	"a token is missing: send the header \"Authorization: Bearer TOKEN\"; an administrator "
	"makes one with \"lakehost token new NAME\"",
	"WWW-Authenticate", CHALLENGE
};
const struct auth_refusal refused_malformed = {
	400, "the header Authorization is malformed: it must be \"Bearer TOKEN\"",
	"WWW-Authenticate", CHALLENGE ", error=\"invalid_request\""
};
const struct auth_refusal refused_unknown = {
	401,
	"the token is not valid: it is unknown or was revoked; ask an administrator for another "
	"one",
	"WWW-Authenticate", CHALLENGE ", error=\"invalid_token\""
};
const struct auth_refusal refused_expired = {
	401, "the token has expired: ask an administrator for another one", "WWW-Authenticate",
	CHALLENGE ", error=\"invalid_token\", error_description=\"the token has expired\""
};
const struct auth_refusal refused_often = {
	429,
	"too many requests from this address were refused: fix the credential, then try again in "
	"a minute",
	"Retry-After", RETRY_S
};
const struct auth_refusal refused_store = {
	503,
	"no request can be authenticated now, so all are refused: the administrator finds the "
	"reason in the log of lakehost",
	"Retry-After", RETRY_S
};
const struct auth_refusal refused_clear = {
	403,
	"credentials are not accepted over plain HTTP from this address: use HTTPS, or add the "
	"proxy to auth.trusted_proxies",
	NULL, NULL
};
const struct auth_refusal refused_forged = {
	403,
	"the header that names the user is accepted from the proxies in auth.trusted_proxies only",
	NULL, NULL
};
const struct auth_refusal refused_no_user = {
	401, "the request has no user: it must come through the proxy that authenticates users",
	"WWW-Authenticate", CHALLENGE
};
const struct auth_refusal refused_user = {
	403,
	"the header that names the user has no valid name: 1 to 255 printable ASCII characters "
	"without a comma, and not \"" PRINCIPAL_LOCAL "\"",
	NULL, NULL
};
const struct auth_refusal refused_access = {
	403,
	"this principal has no access here: an administrator can grant access in the list "
	"\"principals\" "
	"of the configuration, or with policy.default_access",
	NULL, NULL
};

const struct auth_refusal refused_groups = {
	403,
	"this principal is in more than 32 groups that the configuration names: an "
	"administrator must remove the principal from some of them",
	NULL, NULL
};
const struct auth_refusal refused_group_header = {
	403,
	"the header that names the groups is accepted from the proxies in auth.trusted_proxies "
	"only",
	NULL, NULL
};

const struct auth_refusal refused_forwarded = {
	403,
	"the header " FORWARDED_HEADER " is accepted from the proxies in auth.trusted_proxies only",
	NULL, NULL
};
const struct auth_refusal refused_no_forwarded = {
	400,
	"the header " FORWARDED_HEADER " has no valid token: 1 to 8000 characters of a bearer "
	"token",
	NULL, NULL
};

const struct auth_refusal refused_no_certificate = {
	403, "a client certificate is missing: connect to a listener that has tls_client_ca", NULL,
	NULL
};
