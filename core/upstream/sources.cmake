# What is particular to each kind of service. Only egress, config and host look in here.
lakehost_core(upstream
	SOURCES databricks/resolve.c databricks/host.c databricks/http.c databricks/profile.c
		generic/generic.c secret.c upstream.c)
