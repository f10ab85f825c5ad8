/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/databricks/azure.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/url.h"

#define APPLICATION "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"
#define PUBLIC "https://login.microsoftonline.com/", "https://management.core.windows.net/"

static const struct {
	const char *zone; /* the end of the host */
	struct azure_cloud cloud;
} zones[] = {
	{ ".dev.azuredatabricks.net",
	  { "PUBLIC", PUBLIC, "62a912ac-b58e-4c1d-89ea-b2dbfc7358fc" } },
	{ ".staging.azuredatabricks.net",
	  { "PUBLIC", PUBLIC, "4a67d088-db5c-48f1-9ff2-0aace800ae68" } },
	{ ".azuredatabricks.net", { "PUBLIC", PUBLIC, APPLICATION } },
	{ ".databricks.azure.us",
	  { "USGOVERNMENT", "https://login.microsoftonline.us/",
	    "https://management.core.usgovcloudapi.net/", APPLICATION } },
	{ ".databricks.azure.cn",
	  { "CHINA", "https://login.chinacloudapi.cn/", "https://management.core.chinacloudapi.cn/",
	    APPLICATION } },
};

/* "AzureChinaCloud" is an older spelling of "China". */
static bool
is_cloud(const char *text, const char *name)
{
	size_t len = strlen(name);

	if (strncasecmp(text, "Azure", 5) == 0)
		text += 5;
	return strncasecmp(text, name, len) == 0 &&
	       (text[len] == '\0' || strcasecmp(text + len, "Cloud") == 0);
}

const struct azure_cloud *
azure_cloud_of(const struct databricks *own)
{
	const char *cloud = databricks_value(own, A_CLOUD);
	const char *environment = databricks_value(own, A_AZURE_ENVIRONMENT);
	struct url url;
	size_t len;

	if (own->url == NULL || url_split(own->url, &url) != NULL)
		return NULL;
	len = strlen(url.host);
	for (size_t i = 0; i < ARRAY_SIZE(zones); i++) {
		size_t zone = strlen(zones[i].zone);

		if (len > zone && strcmp(url.host + len - zone, zones[i].zone) == 0)
			return &zones[i].cloud;
	}
	if (databricks_value(own, A_AZURE_RESOURCE_ID) == NULL &&
	    (cloud == NULL || strcasecmp(cloud, "azure") != 0))
		return NULL;
	for (size_t i = 2; i < ARRAY_SIZE(zones); i++) {
		if (is_cloud(environment != NULL ? environment : "PUBLIC", zones[i].cloud.name))
			return &zones[i].cloud;
	}
	return NULL;
}
