/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a configuration: all of it, so that `check` can print every line. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CONFIG_FAULTS_H
#define CORE_CONFIG_FAULTS_H

#include <stddef.h>

/* Each is a line "file:12: key: what". */
struct config_faults {
	char **line;
	size_t count;
};

/* Adds one, up to a hundred. */
void config_faults_add(struct config_faults *faults, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void config_faults_fini(struct config_faults *faults);

#endif
