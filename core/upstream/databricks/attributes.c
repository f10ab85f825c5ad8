/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/databricks/attributes.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

const struct attribute_row databricks_attributes[ATTRIBUTES] = {
	[A_HOST] = { .key = "host", .env = "DATABRICKS_HOST" },
	[A_ACCOUNT_ID] = { .key = "account_id", .env = "DATABRICKS_ACCOUNT_ID" },
	[A_WORKSPACE_ID] = { .key = "workspace_id", .env = "DATABRICKS_WORKSPACE_ID" },
	[A_GROUP_ID] = { .key = "group_id", .env = "DATABRICKS_GROUP_ID" },
	[A_CLOUD] = { .key = "cloud", .env = "DATABRICKS_CLOUD" },
	[A_DISCOVERY_URL] = { .key = "discovery_url", .env = "DATABRICKS_DISCOVERY_URL" },
	[A_TOKEN] = { .key = "token", .env = "DATABRICKS_TOKEN", .family = "pat", .secret = true },
	[A_TOKEN_AUDIENCE] = { .key = "token_audience",
			       .other_key = "audience",
			       .env = "DATABRICKS_TOKEN_AUDIENCE" },
	[A_OIDC_TOKEN_ENV] = { .key = "oidc_token_env",
			       .env = "DATABRICKS_OIDC_TOKEN_ENV",
			       .family = "env-oidc" },
	[A_OIDC_TOKEN_FILEPATH] = { .key = "oidc_token_filepath",
				    .other_key = "databricks_id_token_filepath",
				    .env = "DATABRICKS_OIDC_TOKEN_FILEPATH",
				    .other_env = "DATABRICKS_OIDC_TOKEN_FILE",
				    .family = "file-oidc" },
	[A_USERNAME] = { .key = "username", .env = "DATABRICKS_USERNAME", .family = "basic" },
	[A_PASSWORD] = { .key = "password",
			 .env = "DATABRICKS_PASSWORD",
			 .family = "basic",
			 .secret = true },
	[A_CLIENT_ID] = { .key = "client_id", .env = "DATABRICKS_CLIENT_ID", .family = "oauth" },
	[A_CLIENT_SECRET] = { .key = "client_secret",
			      .env = "DATABRICKS_CLIENT_SECRET",
			      .family = "oauth",
			      .secret = true },
	[A_SCOPES] = { .key = "scopes" },
	[A_AUTHORIZATION_DETAILS] = { .key = "authorization_details" },
	[A_GOOGLE_SERVICE_ACCOUNT] = { .key = "google_service_account",
				       .env = "DATABRICKS_GOOGLE_SERVICE_ACCOUNT",
				       .family = "google" },
	[A_GOOGLE_CREDENTIALS] = { .key = "google_credentials",
				   .env = "GOOGLE_CREDENTIALS",
				   .family = "google",
				   .secret = true },
	[A_AZURE_RESOURCE_ID] = { .key = "azure_workspace_resource_id",
				  .env = "DATABRICKS_AZURE_RESOURCE_ID",
				  .family = "azure" },
	[A_AZURE_USE_MSI] = { .key = "azure_use_msi", .env = "ARM_USE_MSI", .family = "azure" },
	[A_AZURE_CLIENT_SECRET] = { .key = "azure_client_secret",
				    .env = "ARM_CLIENT_SECRET",
				    .family = "azure",
				    .secret = true },
	[A_AZURE_CLIENT_ID] = { .key = "azure_client_id",
				.env = "ARM_CLIENT_ID",
				.family = "azure" },
	[A_AZURE_TENANT_ID] = { .key = "azure_tenant_id",
				.env = "ARM_TENANT_ID",
				.family = "azure" },
	[A_AZURE_ENVIRONMENT] = { .key = "azure_environment", .env = "ARM_ENVIRONMENT" },
	[A_METADATA_SERVICE_URL] = { .key = "metadata_service_url",
				     .env = "DATABRICKS_METADATA_SERVICE_URL",
				     .family = "metadata-service" },
	[A_CLI_PATH] = { .key = "databricks_cli_path", .env = "DATABRICKS_CLI_PATH" },
	[A_AUTH_TYPE] = { .key = "auth_type", .env = "DATABRICKS_AUTH_TYPE" },
	[A_PROFILE] = { .key = "profile", .env = "DATABRICKS_CONFIG_PROFILE" },
	[A_CONFIG_FILE] = { .key = "config_file", .env = "DATABRICKS_CONFIG_FILE" },
};

void
attribute_set(struct attribute_value *value, const char *text, const char *from, bool configured)
{
	if (value->text == NULL && text != NULL && *text != '\0')
		*value = (struct attribute_value){ xstrdup(text), from, configured };
}

void
attributes_fini(struct attribute_value values[ATTRIBUTES])
{
	for (size_t i = 0; i < ATTRIBUTES; i++) {
		secret_free(values[i].text);
		values[i] = (struct attribute_value){ 0 };
	}
}

bool
attribute_is_true(const struct attribute_value *value)
{
	static const char *const words[] = { "1", "t", "T", "true", "TRUE", "True" };

	for (size_t i = 0; value->text != NULL && i < ARRAY_SIZE(words); i++) {
		if (strcmp(value->text, words[i]) == 0)
			return true;
	}
	return false;
}

/* "false" is the same as no value. */
static bool
is_set(const struct attribute_value values[ATTRIBUTES], size_t i)
{
	if (i == A_AZURE_USE_MSI)
		return attribute_is_true(&values[i]);
	return values[i].text != NULL;
}

bool
attributes_any(const struct attribute_value values[ATTRIBUTES])
{
	for (size_t i = 0; i < ATTRIBUTES; i++) {
		if (databricks_attributes[i].family != NULL && is_set(values, i))
			return true;
	}
	return false;
}

char *
attributes_conflict(const struct attribute_value values[ATTRIBUTES])
{
	static const char *const families[] = { "azure",     "basic",  "env-oidc",
						"file-oidc", "google", "metadata-service",
						"oauth",     "pat" };
	struct buf text;
	size_t n = 0;

	buf_init(&text, 256);
	for (size_t f = 0; f < ARRAY_SIZE(families); f++) {
		bool used = false;

		for (size_t i = 0; i < ATTRIBUTES; i++) {
			const char *family = databricks_attributes[i].family;

			used = used || (family != NULL && strcmp(family, families[f]) == 0 &&
					is_set(values, i));
		}
		if (used)
			buf_printf(&text, "%s%s", n++ > 0 ? " and " : "", families[f]);
	}
	if (n > 1)
		return buf_take(&text, NULL);
	buf_fini(&text);
	return NULL;
}
