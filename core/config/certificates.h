/* SPDX-License-Identifier: Apache-2.0 */
/* Files with the certificates of authorities. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CONFIG_CERTIFICATES_H
#define CORE_CONFIG_CERTIFICATES_H

struct node;

/* Adds a fault at the key when the file cannot be read, or does not hold certificates in PEM. */
void config_check_certificates(const struct node *node, const char *key, const char *path);

#endif
