lakehost_core(plugin
	SOURCES code.c configure.c elf.c enabled.c manifest.c open.c read.c
	LIBS ${CMAKE_DL_LIBS})
add_subdirectory(manifest)
