/* SPDX-License-Identifier: Apache-2.0 */
/* The signatures of access tokens that can be checked (RFC 7518, 3.1). There is no "none", and no
 * HMAC, because a host that can check an HMAC can also make one. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_JWT_ALGORITHM_H
#define CORE_BASE_JWT_ALGORITHM_H

#include <stddef.h>

enum jwt_algorithm {
	JWT_RS256,
	JWT_RS384,
	JWT_RS512,
	JWT_PS256,
	JWT_PS384,
	JWT_PS512,
	JWT_ES256,
	JWT_ES384,
	JWT_ES512,
	JWT_ALGORITHMS,
};

/* By its index; the list ends with NULL. */
extern const char *const jwt_algorithm_names[];

#endif
