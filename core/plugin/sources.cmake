lakehost_core(plugin SOURCES approval.c configure.c enabled.c instance.c loader.c news.c offer.c open.c rename.c
	workspaces.c)
