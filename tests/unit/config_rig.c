/* SPDX-License-Identifier: Apache-2.0 */
/* See config_rig.h. */
#include "config_rig.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/faults.h"
#include "upstream/upstream.h"

static const struct config_overrides nothing;

void
clean_environment(void)
{
	static const char *const names[] = { "DATABRICKS_HOST",		  "DATABRICKS_TOKEN",
					     "DATABRICKS_CONFIG_PROFILE", "DATABRICKS_CONFIG_FILE",
					     "DATABRICKS_AUTH_TYPE",	  "DATABRICKS_WORKSPACE_ID",
					     "DATABRICKS_CLIENT_ID",	  "LOG_LEVEL",
					     "XDG_CONFIG_HOME",		  "XDG_STATE_HOME",
					     "STATE_DIRECTORY",		  "CREDENTIALS_DIRECTORY" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unsetenv(names[i]);
	setenv("HOME", "/nonexistent", 1);
}

struct config *
parse(const char *text, const struct config_overrides *overrides, struct config_faults *faults)
{
	struct config_source source = { .name = "t.conf", .text = text, .mode = 0600 };

	return config_from(&source, overrides, upstream_load, faults);
}

struct config *
must_be_fine(struct config *config, struct config_faults *faults)
{
	for (size_t i = 0; i < faults->count; i++)
		printf("\n    unexpected: %s\n", faults->line[i]);
	CU_ASSERT(config != NULL && faults->count == 0);
	if (config == NULL)
		exit(EXIT_FAILURE); /* stop: later checks would have no meaning */
	config_faults_fini(faults);
	return config;
}

struct config *
fine_with(const char *text, const struct config_overrides *overrides)
{
	struct config_faults faults = { 0 };

	return must_be_fine(parse(text, overrides, &faults), &faults);
}

struct config *
fine(const char *text)
{
	return fine_with(text, &nothing);
}

void
wrong_with(const char *text, const struct config_overrides *overrides, const char *expected)
{
	struct config_faults faults = { 0 };
	struct config *config = parse(text, overrides, &faults);

	CU_ASSERT(config == NULL);
	CU_ASSERT(faults.count == 1);
	if (faults.count > 0 && strcmp(faults.line[0], expected) != 0)
		printf("\n    \"%s\" should be \"%s\"", faults.line[0], expected);
	CU_ASSERT(faults.count > 0 && strcmp(faults.line[0], expected) == 0);
	config_free(config);
	config_faults_fini(&faults);
}

void
wrong(const char *text, const char *expected)
{
	wrong_with(text, &nothing, expected);
}

struct config *
with_sets(const char *text, const char *set)
{
	const struct config_overrides overrides = { .set = &set, .sets = 1 };

	return fine_with(text, &overrides);
}

void
wrong_set(const char *set, const char *expected)
{
	struct config_overrides overrides = { .set = &set, .sets = 1 };

	wrong_with(NULL, &overrides, expected);
}
