/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets that stand in URLs. They are masked, because services and libraries repeat URLs in their
 * error messages. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_SECRETS_H
#define CORE_EGRESS_SECRETS_H

/* Masks the passwords of the proxies in the environment, everywhere. */
void secrets_mask_proxies(void);
/* Masks the signature of a presigned link in the texts of this plugin. */
void secrets_mask_link(const char *plugin, const char *url);

#endif
