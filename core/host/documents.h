/* SPDX-License-Identifier: Apache-2.0 */
/* Documents that auth/ needs, fetched by egress/. Loop thread only. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_HOST_DOCUMENTS_H
#define CORE_HOST_DOCUMENTS_H

#include "auth/fetch.h"

struct config;
struct documents;
struct egress;

/* Both are borrowed; config->auth.oauth is there. */
struct documents *documents_new(struct egress *egress, const struct config *config);
/* After egress_free(): a running fetch is not reported any more. NULL is fine. */
void documents_free(struct documents *documents);
/* What auth/ is given. */
struct fetcher documents_fetcher(struct documents *documents);

#endif
