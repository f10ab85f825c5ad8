/* SPDX-License-Identifier: Apache-2.0 */
/* Makes configurations from texts, with an empty environment. */
#ifndef TESTS_UNIT_CONFIG_RIG_H
#define TESTS_UNIT_CONFIG_RIG_H

#include "config/config.h"

/* The environment contains only variables that a test sets. */
void clean_environment(void);
/* Works like config_load() with a file that has this text; NULL: there is no file. */
struct config *parse(const char *text, const struct config_overrides *overrides,
		     struct config_faults *faults);
/* The configuration of a valid text. When the text is not valid, the program ends. */
struct config *fine(const char *text);
struct config *fine_with(const char *text, const struct config_overrides *overrides);
struct config *must_be_fine(struct config *config, struct config_faults *faults);
/* Asserts that the text has exactly this fault. */
void wrong_with(const char *text, const struct config_overrides *overrides, const char *expected);
void wrong(const char *text, const char *expected);
struct config *with_sets(const char *text, const char *set);
void wrong_set(const char *set, const char *expected);

#endif
