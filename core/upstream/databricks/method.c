/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order is that of the Python SDK, with azure-msi, which only the Go SDK has, behind
 * azure-client-secret. Left out are external-browser (a host has no browser), runtime and
 * model-serving (code inside the platform).
 */
#include "upstream/databricks/method.h"

#include <stdlib.h>

#include "base/mem.h"
#include "upstream/databricks/login_oidc.h"
#include "upstream/databricks/login_cli.h"
#include "upstream/databricks/login_azure.h"
#include "upstream/databricks/login_google.h"

static const struct method pat = { .name = "pat", .needs = { A_TOKEN }, .secret = A_TOKEN };

static const struct method basic = { .name = "basic",
				     .needs = { A_USERNAME, A_PASSWORD },
				     .secret = A_PASSWORD };

static const struct method metadata_service = { .name = "metadata-service",
						.needs = { A_METADATA_SERVICE_URL },
						.missing = login_metadata_missing,
						.missing_is_fault = true,
						.stages = login_metadata_stages };

static const struct method oauth_m2m = { .name = "oauth-m2m",
					 .needs = { A_CLIENT_ID, A_CLIENT_SECRET },
					 .secret = A_CLIENT_SECRET,
					 .groups = true,
					 .stages = login_m2m_stages };

static const struct method env_oidc = {
	.name = "env-oidc", .missing = login_env_missing, .groups = true, .stages = login_env_stages
};

static const struct method file_oidc = { .name = "file-oidc",
					 .needs = { A_OIDC_TOKEN_FILEPATH },
					 .missing = login_file_missing,
					 .groups = true,
					 .stages = login_file_stages };

static const struct method github_oidc = { .name = "github-oidc",
					   .needs = { A_CLIENT_ID },
					   .missing = login_github_missing,
					   .groups = true,
					   .stages = login_github_stages };

static const struct method azure_client_secret = { .name = "azure-client-secret",
						   .needs = { A_AZURE_CLIENT_ID,
							      A_AZURE_CLIENT_SECRET },
						   .secret = A_AZURE_CLIENT_SECRET,
						   .missing = login_azure_missing,
						   .missing_is_fault = true,
						   .stages = login_azure_secret_stages };

static const struct method azure_msi = { .name = "azure-msi",
					 .needs = { A_AZURE_USE_MSI },
					 .missing = login_msi_missing,
					 .stages = login_azure_msi_stages };

static const struct method github_oidc_azure = { .name = "github-oidc-azure",
						 .needs = { A_AZURE_CLIENT_ID },
						 .missing = login_azure_github_missing,
						 .stages = login_azure_github_stages };

static const struct method azure_cli = { .name = "azure-cli",
					 .missing = login_az_missing,
					 .stages = login_az_stages };

static const struct method azure_devops_oidc = { .name = "azure-devops-oidc",
						 .needs = { A_CLIENT_ID },
						 .missing = login_devops_missing,
						 .groups = true,
						 .stages = login_devops_stages };

static const struct method databricks_cli = { .name = "databricks-cli",
					      .missing = login_cli_missing,
					      .stages = login_cli_stages };

static const struct method google_credentials = { .name = "google-credentials",
						  .needs = { A_GOOGLE_CREDENTIALS },
						  .missing = login_google_missing,
						  .missing_is_fault = true,
						  .stages = login_google_stages };

static const struct method google_id = { .name = "google-id",
					 .needs = { A_GOOGLE_SERVICE_ACCOUNT },
					 .missing = login_google_id_missing,
					 .missing_is_fault = true,
					 .stages = login_google_id_stages };

const struct method *const databricks_methods[] = {
	&pat,
	&basic,
	&metadata_service,
	&oauth_m2m,
	&env_oidc,
	&file_oidc,
	&github_oidc,
	&azure_client_secret,
	&azure_msi,
	&github_oidc_azure,
	&azure_cli,
	&azure_devops_oidc,
	&databricks_cli,
	&google_credentials,
	&google_id,
	NULL,
};

char *
databricks_method_names(void)
{
	struct buf text;

	buf_init(&text, 1024);
	for (const struct method *const *method = databricks_methods; *method != NULL; method++)
		buf_printf(&text, "%s%s", text.len > 0 ? ", " : "", (*method)->name);
	return buf_take(&text, NULL);
}
