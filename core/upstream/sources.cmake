# What is particular to each kind of service. Folders left of it see upstream.h only, but for egress, which asks for
# credentials.
lakehost_core(upstream
	SOURCES databricks/attributes.c databricks/azure.c databricks/behalf.c databricks/choose.c databricks/databricks.c
		databricks/host.c databricks/http.c databricks/login.c databricks/login_azure.c databricks/login_behalf.c
		databricks/login_cli.c databricks/login_google.c databricks/login_oidc.c
		databricks/login_stage.c databricks/method.c databricks/objects.c databricks/profile.c
		databricks/resolve.c federation.c generic/generic.c generic/resolve.c credential.c group.c load.c
		oauth.c secret.c upstream.c
	LIBS PkgConfig::CONFIG PkgConfig::CRYPTO)
