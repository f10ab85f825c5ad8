lakehost_core(plugin SOURCES approval.c configure.c enabled.c loader.c offer.c open.c rename.c
	workspaces.c)
