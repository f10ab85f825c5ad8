/* SPDX-License-Identifier: Apache-2.0 */
/* The faults of a configuration. All are collected, so that `check` can print every one. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CONFIG_FAULTS_H
#define CORE_CONFIG_FAULTS_H

#include <stddef.h>

/* Each fault is a line "file:12: key: what". */
struct config_faults {
	char **line;
	size_t count;
};

/* Adds one fault, up to a hundred. */
void config_faults_add(struct config_faults *faults, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void config_faults_fini(struct config_faults *faults);

#endif
