/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations from texts, with an empty environment. */
#ifndef TESTS_UNIT_CONFIG_RIG_H
#define TESTS_UNIT_CONFIG_RIG_H

#include "config/config.h"

/* Only what a test sets is in the environment. */
void clean_environment(void);
/* Like config_load() with a file of this text; NULL: no file. */
struct config *parse(const char *text, const struct config_overrides *overrides,
		     struct config_faults *faults);
/* The configuration of a valid text; otherwise the program ends. */
struct config *fine(const char *text);
struct config *fine_with(const char *text, const struct config_overrides *overrides);
struct config *must_be_fine(struct config *config, struct config_faults *faults);
/* The text must have exactly this fault. */
void wrong_with(const char *text, const struct config_overrides *overrides, const char *expected);
void wrong(const char *text, const char *expected);
struct config *with_sets(const char *text, const char *set);
void wrong_set(const char *set, const char *expected);

#endif
