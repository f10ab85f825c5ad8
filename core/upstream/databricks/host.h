/* SPDX-License-Identifier: Apache-2.0 */
/* The address of a workspace as people paste it, and the hosts to which its links point. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_DATABRICKS_HOST_H
#define CORE_UPSTREAM_DATABRICKS_HOST_H

/* Makes "https://host[:port]" from a pasted address. The address may lack the scheme, or have
 * ?o=ID, the id of the workspace. An address with a path is rejected: it is that of a page or of a
 * gateway, and not that of a workspace. Both for free(). Returns NULL when valid, else the
 * reason. */
const char *databricks_host(const char *text, char **url, char **workspace_id);

/* The hosts of the platform's pre-signed links: ends of host names, `*` is one label. */
extern const char *const databricks_link_suffixes[];

#endif
