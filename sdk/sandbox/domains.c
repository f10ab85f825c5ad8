/* SPDX-License-Identifier: Apache-2.0 */
/* The list of domains, in the order of routing and seeding. Each entry NAME means NAME_domain. */
#include "sandbox.h"

/* clang-format off */
#define DOMAINS(X) \
	X(settings) X(fault) X(requestlog) X(scim) X(oauth) \
	X(clusters) X(warehouses) \
	X(uc) X(permissions) X(grants) X(uc_change) \
	X(statements) X(links) X(history) \
	X(notebooks) X(wsfiles) X(repos) \
	X(dbfs) X(volumes) X(fs) X(secrets) \
	X(contexts) X(commands) X(jobs) X(runs) X(pipelines) \
	X(mlflow) X(mlflow_runs) X(registry) X(uc_models) \
	X(serving) X(vectors)
/* clang-format on */

#define DECLARE(name) extern const struct domain name##_domain;
#define ROW(name) &name##_domain,

DOMAINS(DECLARE)

const struct domain *const domains[] = { DOMAINS(ROW) NULL };
