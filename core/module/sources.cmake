# A plugin's file and code: for the host, and for lakehost-worker.
lakehost_core(module SOURCES code.c elf.c facts.c image.c manifest.c read.c refusal.c sealed.c LIBS ${CMAKE_DL_LIBS})
