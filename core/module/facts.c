/* SPDX-License-Identifier: Apache-2.0 */
#include "module/facts.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define DYNAMIC_MAX 4096u /* entries of the dynamic section */

struct image {
	const unsigned char *data;
	size_t len;
	Elf64_Ehdr head;
	/* the table of names: its offset in the file, and its length */
	uint64_t strings, strings_len;
	uint64_t symbols;
	uint64_t hash, gnu_hash;
	uint64_t init_array_len;
};

static bool
fetch(const struct image *image, void *out, size_t len, uint64_t at)
{
	if (at > image->len || len > image->len - at)
		return false;
	memcpy(out, image->data + at, len);
	return true;
}

static bool
segment_at(const struct image *image, unsigned i, Elf64_Phdr *segment)
{
	return fetch(image, segment, sizeof(*segment),
		     image->head.e_phoff + (uint64_t)i * sizeof(*segment));
}

/* The place in the file of an address; beyond its end when there is none. */
static uint64_t
place_of(const struct image *image, uint64_t address)
{
	Elf64_Phdr segment;

	for (unsigned i = 0; i < image->head.e_phnum; i++)
		if (segment_at(image, i, &segment) && segment.p_type == PT_LOAD &&
		    address >= segment.p_vaddr && address - segment.p_vaddr < segment.p_filesz)
			return address - segment.p_vaddr + segment.p_offset;
	return UINT64_MAX;
}

/* NULL when the name is not within the names, or does not end there. */
static const char *
name_at(const struct image *image, uint64_t offset)
{
	uint64_t left;

	if (offset >= image->strings_len || image->strings > image->len ||
	    image->strings_len > image->len - image->strings)
		return NULL;
	left = image->strings_len - offset;
	if (memchr(image->data + image->strings + offset, '\0', left) == NULL)
		return NULL;
	return (const char *)image->data + image->strings + offset;
}

static bool
add_name(struct fact_names *names, const char *name)
{
	if (name == NULL || names->count == FACTS_NAMES_MAX)
		return false;
	if ((names->count & (names->count + 1)) == 0)
		names->item =
		    xrealloc(names->item, (2 * names->count + 2) * sizeof(names->item[0]));
	names->item[names->count++] = name;
	return true;
}

/* ---- segments ------------------------------------------------------------------------------- */

static bool
read_segments(struct elf_facts *facts, const struct image *image, Elf64_Phdr *dynamic)
{
	bool found = false;

	facts->executable_stack = true;
	for (unsigned i = 0; i < image->head.e_phnum; i++) {
		Elf64_Phdr segment;

		if (!segment_at(image, i, &segment))
			return false;
		if (segment.p_type == PT_GNU_STACK)
			facts->executable_stack = (segment.p_flags & PF_X) != 0;
		else if (segment.p_type == PT_GNU_RELRO)
			facts->relro = true;
		else if (segment.p_type == PT_LOAD &&
			 (segment.p_flags & (PF_W | PF_X)) == (PF_W | PF_X))
			facts->writable_code = true;
		else if (segment.p_type == PT_DYNAMIC) {
			*dynamic = segment;
			found = true;
		}
	}
	return found;
}

/* ---- the dynamic section -------------------------------------------------------------------- */

/* The first pass finds where names and symbols are; the second one reads names. */
static void
take_place(struct elf_facts *facts, struct image *image, const Elf64_Dyn *entry)
{
	switch (entry->d_tag) {
	case DT_STRTAB: image->strings = place_of(image, entry->d_un.d_ptr); break;
	case DT_STRSZ: image->strings_len = entry->d_un.d_val; break;
	case DT_SYMTAB: image->symbols = place_of(image, entry->d_un.d_ptr); break;
	case DT_HASH: image->hash = place_of(image, entry->d_un.d_ptr); break;
	case DT_GNU_HASH: image->gnu_hash = place_of(image, entry->d_un.d_ptr); break;
	case DT_TEXTREL: facts->text_relocations = true; break;
	case DT_BIND_NOW: facts->bind_now = true; break;
	case DT_FLAGS:
		facts->bind_now |= (entry->d_un.d_val & DF_BIND_NOW) != 0;
		facts->text_relocations |= (entry->d_un.d_val & DF_TEXTREL) != 0;
		break;
	case DT_FLAGS_1: facts->bind_now |= (entry->d_un.d_val & DF_1_NOW) != 0; break;
	case DT_INIT_ARRAYSZ:
		facts->constructors = (unsigned)(entry->d_un.d_val / sizeof(void *));
		break;
	default: break;
	}
}

static bool
take_name(struct elf_facts *facts, struct image *image, const Elf64_Dyn *entry)
{
	switch (entry->d_tag) {
	case DT_NEEDED: return add_name(&facts->needed, name_at(image, entry->d_un.d_val));
	case DT_RPATH:
	case DT_RUNPATH:
		facts->rpath = name_at(image, entry->d_un.d_val);
		return facts->rpath != NULL;
	default: return true;
	}
}

static bool
read_dynamic(struct elf_facts *facts, struct image *image, const Elf64_Phdr *dynamic)
{
	uint64_t n = dynamic->p_filesz / sizeof(Elf64_Dyn);
	Elf64_Dyn entry;

	if (n > DYNAMIC_MAX)
		return false;
	for (int pass = 0; pass < 2; pass++) {
		for (uint64_t i = 0; i < n; i++) {
			if (!fetch(image, &entry, sizeof(entry),
				   dynamic->p_offset + i * sizeof(entry)))
				return false;
			if (entry.d_tag == DT_NULL)
				break;
			if (pass == 0)
				take_place(facts, image, &entry);
			else if (!take_name(facts, image, &entry))
				return false;
		}
	}
	return true;
}

/* ---- symbols -------------------------------------------------------------------------------- */

/* One more than the largest symbol that the GNU hash table leads to. The table does not say how
 * many symbols there are: the chain of the last bucket ends with the last one. */
static bool
count_gnu(const struct image *image, uint64_t *count)
{
	uint32_t head[4], last = 0, bucket, link = 0; /* head: buckets, first symbol, bloom, … */
	uint64_t buckets, chains;

	if (!fetch(image, head, sizeof(head), image->gnu_hash))
		return false;
	buckets = image->gnu_hash + sizeof(head) + (uint64_t)head[2] * sizeof(uint64_t);
	chains = buckets + (uint64_t)head[0] * sizeof(uint32_t);
	for (uint32_t i = 0; i < head[0]; i++) {
		if (!fetch(image, &bucket, sizeof(bucket), buckets + (uint64_t)i * sizeof(bucket)))
			return false;
		last = bucket > last ? bucket : last;
	}
	*count = head[1];
	if (last < head[1])
		return true;
	do {
		if (!fetch(image, &link, sizeof(link),
			   chains + (uint64_t)(last - head[1]) * sizeof(link)))
			return false;
		last++;
	} while ((link & 1) == 0);
	*count = last;
	return true;
}

static bool
count_symbols(const struct image *image, uint64_t *count)
{
	uint32_t head[2];

	if (image->gnu_hash != 0)
		return count_gnu(image, count);
	if (image->hash == 0 || !fetch(image, head, sizeof(head), image->hash))
		return false;
	*count = head[1];
	return true;
}

static bool
read_symbols(struct elf_facts *facts, const struct image *image)
{
	uint64_t count = 0;

	if (!count_symbols(image, &count) || count > FACTS_NAMES_MAX)
		return false;
	for (uint64_t i = 1; i < count; i++) {
		Elf64_Sym symbol;
		const char *name;
		bool weak;

		if (!fetch(image, &symbol, sizeof(symbol), image->symbols + i * sizeof(symbol)) ||
		    (name = name_at(image, symbol.st_name)) == NULL)
			return false;
		weak = ELF64_ST_BIND(symbol.st_info) == STB_WEAK;
		if (symbol.st_shndx != SHN_UNDEF && strcmp(name, "mcp_plugin") == 0)
			facts->plugin_is_data = ELF64_ST_TYPE(symbol.st_info) == STT_OBJECT;
		if (symbol.st_shndx != SHN_UNDEF)
			add_name(&facts->exports, name);
		else if (!weak)
			add_name(&facts->imports, name);
	}
	return true;
}

bool
elf_facts_read(struct elf_facts *facts, const unsigned char *data, size_t len)
{
	struct image image = { .data = data, .len = len };
	Elf64_Phdr dynamic = { 0 };

	*facts = (struct elf_facts){ 0 };
	return fetch(&image, &image.head, sizeof(image.head), 0) &&
	       read_segments(facts, &image, &dynamic) && read_dynamic(facts, &image, &dynamic) &&
	       read_symbols(facts, &image);
}

void
elf_facts_fini(struct elf_facts *facts)
{
	free(facts->needed.item);
	free(facts->exports.item);
	free(facts->imports.item);
	*facts = (struct elf_facts){ 0 };
}

bool
fact_names_have(const struct fact_names *names, const char *name)
{
	size_t i = 0;

	while (i < names->count && strcmp(names->item[i], name) != 0)
		i++;
	return i < names->count;
}
