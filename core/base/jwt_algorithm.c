/* SPDX-License-Identifier: Apache-2.0 */
#include "base/jwt_algorithm.h"

const char *const jwt_algorithm_names[] = { "RS256", "RS384", "RS512", "PS256", "PS384",
					    "PS512", "ES256", "ES384", "ES512", NULL };

_Static_assert(sizeof(jwt_algorithm_names) / sizeof(jwt_algorithm_names[0]) == JWT_ALGORITHMS + 1,
	       "every algorithm has a name");
