/* SPDX-License-Identifier: Apache-2.0 */
/* The settings that a reload cannot change. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_HOST_FIXED_H
#define CORE_HOST_FIXED_H

struct config;
struct strings;

/* Adds one line for each key that differs and that only a restart can change. Any thread. */
void fixed_compare(const struct config *now, const struct config *wanted, struct strings *faults);

#endif
