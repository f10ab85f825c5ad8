# What is particular to each kind of service. Folders left of it see upstream.h only, but for egress, which asks for
# credentials.
lakehost_core(upstream
	SOURCES databricks/databricks.c databricks/host.c databricks/http.c databricks/profile.c
		databricks/resolve.c generic/generic.c generic/resolve.c credential.c group.c load.c
		oauth.c secret.c upstream.c
	LIBS PkgConfig::CONFIG)
