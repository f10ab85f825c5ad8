/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that live as long as the process: names of plugins and groups, which outlive the
 * configuration that named them. Only for names from the configuration, so their number is
 * small. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_INTERN_H
#define CORE_BASE_INTERN_H

/* The one copy of this text. Equal texts have the same address. Never freed. Any thread. */
const char *intern(const char *text);

#endif
