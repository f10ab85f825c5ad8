/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that every kind needs when it reads its group of the configuration. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_GROUP_H
#define CORE_UPSTREAM_GROUP_H

struct config_upstream;
struct node;

/* Adds a warning for the operator, if a plugin uses the upstream. */
void group_warn(struct config_upstream *upstream, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* If the secret under this key is in a file, stores the reference in secret_reference, so that the
 * file can be read again. Warns if every user of this machine may read the file. */
void group_take_reference(struct config_upstream *upstream, const struct node *group,
			  const char *key);

#endif
