/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocations of the plugin that fail, and blocks that are never freed. The functions that a shared
 * object imports are addresses in its own table (the "global offset table"). The loader fills it
 * in, and some entries are replaced here. So only the plugin's own allocations can fail, not those
 * of the host around it. Blocks are attempts in the plugin and in json-c, which makes its trees.
 */
#include <elf.h>
#include <json-c/json.h>
#include <link.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/trial.h"

#if defined(__x86_64__)
#define IS_IMPORT(type) ((type) == R_X86_64_JUMP_SLOT || (type) == R_X86_64_GLOB_DAT)
#elif defined(__aarch64__)
#define IS_IMPORT(type) ((type) == R_AARCH64_JUMP_SLOT || (type) == R_AARCH64_GLOB_DAT)
#else
#define IS_IMPORT(type) false
#endif

static _Thread_local unsigned attempts, failing_attempt;
static _Atomic int64_t live; /* blocks that were allocated and not freed */

static bool
must_fail(void)
{
	return ++attempts == failing_attempt;
}

/* ---- the replacements: those of json-c count, those of the plugin can fail too --------------- */

static void *
keep_count(void *block)
{
	if (block != NULL)
		atomic_fetch_add(&live, 1);
	return block;
}

static void *
count_malloc(size_t size)
{
	return keep_count(malloc(size));
}

static void *
count_calloc(size_t n, size_t size)
{
	return keep_count(calloc(n, size));
}

static void *
count_realloc(void *old, size_t size)
{
	return old == NULL ? keep_count(malloc(size)) : realloc(old, size);
}

static char *
count_strdup(const char *text)
{
	return keep_count(strdup(text));
}

static void
count_free(void *block)
{
	if (block != NULL)
		atomic_fetch_sub(&live, 1);
	free(block);
}

static void *
test_malloc(size_t size)
{
	return must_fail() ? NULL : count_malloc(size);
}

static void *
test_calloc(size_t n, size_t size)
{
	return must_fail() ? NULL : count_calloc(n, size);
}

static void *
test_realloc(void *old, size_t size)
{
	return must_fail() ? NULL : count_realloc(old, size);
}

static char *
test_strdup(const char *text)
{
	return must_fail() ? NULL : count_strdup(text);
}

static char *
test_strndup(const char *text, size_t len)
{
	return must_fail() ? NULL : keep_count(strndup(text, len));
}

static struct json_object *
test_new_object(void)
{
	return must_fail() ? NULL : json_object_new_object();
}

static struct json_object *
test_new_array(void)
{
	return must_fail() ? NULL : json_object_new_array();
}

static struct json_object *
test_new_string(const char *text)
{
	return must_fail() ? NULL : json_object_new_string(text);
}

static struct json_object *
test_new_string_len(const char *text, int len)
{
	return must_fail() ? NULL : json_object_new_string_len(text, len);
}

static struct json_object *
test_new_int(int32_t value)
{
	return must_fail() ? NULL : json_object_new_int(value);
}

static struct json_object *
test_new_int64(int64_t value)
{
	return must_fail() ? NULL : json_object_new_int64(value);
}

static struct json_object *
test_new_boolean(json_bool value)
{
	return must_fail() ? NULL : json_object_new_boolean(value);
}

static struct json_object *
test_new_double(double value)
{
	return must_fail() ? NULL : json_object_new_double(value);
}

#define REPLACE(name, with)                  \
	{                                    \
		name, (void (*)(void))(with) \
	}
struct replacement {
	const char *name;
	void (*with)(void);
};

/* Ends with a name that is NULL. */
static const struct replacement of_plugin[] = {
	REPLACE("malloc", test_malloc),
	REPLACE("calloc", test_calloc),
	REPLACE("realloc", test_realloc),
	REPLACE("strdup", test_strdup),
	REPLACE("strndup", test_strndup),
	REPLACE("free", count_free),
	REPLACE("json_object_new_object", test_new_object),
	REPLACE("json_object_new_array", test_new_array),
	REPLACE("json_object_new_string", test_new_string),
	REPLACE("json_object_new_string_len", test_new_string_len),
	REPLACE("json_object_new_int", test_new_int),
	REPLACE("json_object_new_int64", test_new_int64),
	REPLACE("json_object_new_boolean", test_new_boolean),
	REPLACE("json_object_new_double", test_new_double),
	REPLACE(NULL, NULL),
};

static const struct replacement of_json[] = {
	REPLACE("malloc", count_malloc),   REPLACE("calloc", count_calloc),
	REPLACE("realloc", count_realloc), REPLACE("strdup", count_strdup),
	REPLACE("free", count_free),	   REPLACE(NULL, NULL),
};

/* ---- the table ------------------------------------------------------------------------------ */

/* The parts of a loaded object that are needed; addresses in memory. */
struct object {
	ElfW(Addr) base;
	const ElfW(Sym) * symbols;
	const char *strings;
	const ElfW(Rela) * calls, *others;
	size_t calls_size, others_size;
};

/* The loader of glibc has made these addresses absolute. */
static struct object
object_of(const struct dl_phdr_info *info)
{
	struct object object = { .base = info->dlpi_addr };
	const ElfW(Dyn) *entry = NULL;

	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
			entry = (const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
	for (; entry != NULL && entry->d_tag != DT_NULL; entry++) {
		const void *address = (const void *)entry->d_un.d_ptr;

		switch (entry->d_tag) {
		case DT_SYMTAB: object.symbols = address; break;
		case DT_STRTAB: object.strings = address; break;
		case DT_JMPREL: object.calls = address; break;
		case DT_PLTRELSZ: object.calls_size = entry->d_un.d_val; break;
		case DT_RELA: object.others = address; break;
		case DT_RELASZ: object.others_size = entry->d_un.d_val; break;
		default: break;
		}
	}
	return object;
}

/* The table is read-only after loading. */
static bool
set_address(ElfW(Addr) at, void (*with)(void))
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *begin = (void *)(at & ~(page - 1));

	if (mprotect(begin, page, PROT_READ | PROT_WRITE) != 0)
		return false;
	memcpy((void *)at, &with, sizeof(with));
	return true;
}

static bool
replace_imports(const struct object *object, const struct replacement *list,
		const ElfW(Rela) * entry, size_t size)
{
	for (size_t n = size / sizeof(*entry); n > 0; n--, entry++) {
		const char *name;

		if (!IS_IMPORT(ELF64_R_TYPE(entry->r_info)))
			continue;
		name = object->strings + object->symbols[ELF64_R_SYM(entry->r_info)].st_name;
		for (const struct replacement *one = list; one->name != NULL; one++)
			if (strcmp(name, one->name) == 0 &&
			    !set_address(object->base + entry->r_offset, one->with))
				return false;
	}
	return true;
}

struct visit {
	char plugin[32]; /* the name of the plugin's file for the loader */
	unsigned done;	 /* objects whose imports were replaced */
};

static int
visit(struct dl_phdr_info *info, size_t size, void *data)
{
	struct visit *state = data;
	const bool plugin = strcmp(info->dlpi_name, state->plugin) == 0;
	const struct replacement *list = plugin ? of_plugin : of_json;
	struct object object;

	(void)size;
	if (!plugin && strstr(info->dlpi_name, "/libjson-c.so") == NULL)
		return 0;
	object = object_of(info);
	if (object.symbols != NULL && object.strings != NULL &&
	    replace_imports(&object, list, object.calls, object.calls_size) &&
	    replace_imports(&object, list, object.others, object.others_size))
		state->done++;
	return 0;
}

bool
trial_memory_hook(const struct trial *trial)
{
	struct visit state = { .done = 0 };

	snprintf(state.plugin, sizeof(state.plugin), "/proc/self/fd/%d", trial->fd);
	dl_iterate_phdr(visit, &state);
	return state.done == 2;
}

unsigned
trial_memory_count(unsigned fail)
{
	unsigned before = attempts;

	attempts = 0;
	failing_attempt = fail;
	return before;
}

int64_t
trial_memory_live(void)
{
	return atomic_load(&live);
}
