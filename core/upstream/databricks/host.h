/* SPDX-License-Identifier: Apache-2.0 */
/* The address of a workspace as people paste it, and the hosts that its links point to. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_DATABRICKS_HOST_H
#define CORE_UPSTREAM_DATABRICKS_HOST_H

/* Makes "https://host[:port][/path]" of what people paste: without a scheme, or with ?o=ID,
 * which is the id of the workspace. A path is kept, as that of a gateway; with a query or
 * fragment behind it the address is that of a page, and refused. Both for free(). Returns NULL
 * when fine, else why not. */
const char *databricks_host(const char *text, char **url, char **workspace_id);

/* Where pre-signed links of the platform point: ends of host names, `*` is one label. */
extern const char *const databricks_link_suffixes[];

#endif
