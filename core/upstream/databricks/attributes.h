/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attributes of "Databricks client unified authentication", with the names that the official
 * SDKs use: the key in .databrickscfg (which is also the key in upstreams.ROLE), the environment
 * variable, and the family of methods that the attribute belongs to.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_DATABRICKS_ATTRIBUTES_H
#define CORE_UPSTREAM_DATABRICKS_ATTRIBUTES_H

#include <stdbool.h>
#include <stddef.h>

enum attribute {
	A_HOST,
	A_ACCOUNT_ID,
	A_WORKSPACE_ID,
	A_GROUP_ID,
	A_CLOUD,
	A_DISCOVERY_URL,
	A_TOKEN,
	A_TOKEN_AUDIENCE,
	A_OIDC_TOKEN_ENV,
	A_OIDC_TOKEN_FILEPATH,
	A_USERNAME,
	A_PASSWORD,
	A_CLIENT_ID,
	A_CLIENT_SECRET,
	A_SCOPES,
	A_AUTHORIZATION_DETAILS,
	A_GOOGLE_SERVICE_ACCOUNT,
	A_GOOGLE_CREDENTIALS,
	A_AZURE_RESOURCE_ID,
	A_AZURE_USE_MSI,
	A_AZURE_CLIENT_SECRET,
	A_AZURE_CLIENT_ID,
	A_AZURE_TENANT_ID,
	A_AZURE_ENVIRONMENT,
	A_METADATA_SERVICE_URL,
	A_CLI_PATH,
	A_AUTH_TYPE,
	A_PROFILE,
	A_CONFIG_FILE,
	ATTRIBUTES
};

struct attribute_row {
	const char *key, *other_key; /* in .databrickscfg; the other one is of one SDK only */
	const char *env, *other_env; /* or NULL */
	const char *family;	     /* "oauth": attributes of two families exclude each other */
	bool secret;
};

extern const struct attribute_row databricks_attributes[ATTRIBUTES];

/* A value and its source. */
struct attribute_value {
	char *text;
	const char *from; /* "DATABRICKS_HOST", "the profile", "the configuration" */
	bool configured;  /* it is in lakehost.conf, or in --set */
};

/* Copies `text`, if the attribute has no value yet. NULL and "" are no values. */
void attribute_set(struct attribute_value *value, const char *text, const char *from,
		   bool configured);
void attributes_fini(struct attribute_value values[ATTRIBUTES]);
/* The families of the values that are set, sorted, as "oauth and pat"; NULL when there is at most
 * one. For free(). */
char *attributes_conflict(const struct attribute_value values[ATTRIBUTES]);
/* Is any value of a family set? */
bool attributes_any(const struct attribute_value values[ATTRIBUTES]);
/* "true", "1", "t" and so on, as the Go SDK reads truth. */
bool attribute_is_true(const struct attribute_value *value);

#endif
