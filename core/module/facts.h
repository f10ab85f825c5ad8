/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts of a shared object that matter to an operator: what it needs, what it exports, and how its
 * memory will be protected. They come from the parts that the loader uses (program headers and the
 * dynamic section), not from sections, which a file need not have. No code runs.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_MODULE_FACTS_H
#define CORE_MODULE_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FACTS_NAMES_MAX 65536u /* symbols, or needed libraries, of one file */

/* Names within the image. */
struct fact_names {
	const char **item;
	size_t count;
};

struct elf_facts {
	struct fact_names needed;  /* libraries */
	struct fact_names exports; /* symbols that others can use */
	struct fact_names imports; /* symbols that others must have; weak ones are left out */
	const char *rpath;	   /* DT_RPATH or DT_RUNPATH, or NULL */
	bool plugin_is_data;	   /* mcp_plugin is exported, and is data */
	bool executable_stack;	   /* also when the file does not say */
	bool writable_code;	   /* a segment is writable and executable */
	bool text_relocations;
	bool relro, bind_now;
	unsigned constructors; /* functions that run when the file is loaded */
};

/* Reads the facts of a file that elf_read_manifest() accepts. `image` is the whole file, and must
 * live as long as the facts. False when the dynamic section is damaged. */
bool elf_facts_read(struct elf_facts *facts, const unsigned char *image, size_t len);
void elf_facts_fini(struct elf_facts *facts);
/* Is `name` one of them? */
bool fact_names_have(const struct fact_names *names, const char *name);

#endif
