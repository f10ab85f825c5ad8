lakehost_core(plugin SOURCES configure.c enabled.c loader.c offer.c open.c rename.c)
