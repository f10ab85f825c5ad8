lakehost_core(auth
	SOURCES databricks_config.c databricks_http.c databricks_host.c databricks_profile.c
	sql.c)
