/* SPDX-License-Identifier: Apache-2.0 */
/* Facts of ELF files: those of a good plugin, and damaged copies of it, which are refused or read
 * within bounds. */
#include "module/facts.h"
#include "plugin_files.h"
#include "suite.h"

#define BUILT(name) PLUGINS "/bad/" name ".so"
#define ROUNDS 20000u

static void
good_plugin(void)
{
	struct image image = image_read(BUILT("good"));
	struct elf_facts facts;

	CU_ASSERT_FATAL(elf_facts_read(&facts, (const unsigned char *)image.data, image.len));
	CU_ASSERT(fact_names_have(&facts.exports, "mcp_plugin") && facts.plugin_is_data);
	ASSERT_INT(facts.exports.count, 1);
	CU_ASSERT(fact_names_have(&facts.imports, "setenv"));
	CU_ASSERT(fact_names_have(&facts.needed, "libc.so.6"));
	CU_ASSERT(facts.rpath == NULL && facts.relro && facts.bind_now);
	CU_ASSERT(!facts.executable_stack && !facts.writable_code && !facts.text_relocations);
	/* the plugin's own constructor, and those of the compiler */
	CU_ASSERT(facts.constructors >= 2);
	elf_facts_fini(&facts);
	image_free(&image);
}

/* All names lie within the image, and end there. */
static void
names_within(const struct fact_names *names, const struct image *image)
{
	for (size_t i = 0; i < names->count; i++) {
		const char *name = names->item[i];

		CU_ASSERT_FATAL(name >= image->data && name < image->data + image->len);
		CU_ASSERT_FATAL(name + strlen(name) < image->data + image->len);
	}
}

static void
read_damaged(const struct image *image, size_t len)
{
	struct elf_facts facts;

	elf_facts_read(&facts, (const unsigned char *)image->data, len);
	names_within(&facts.needed, image);
	names_within(&facts.exports, image);
	names_within(&facts.imports, image);
	elf_facts_fini(&facts);
}

/* The same numbers in each run, so that a fault can be repeated. */
static unsigned
next_random(unsigned *state)
{
	*state = *state * 1103515245u + 12345u;
	return *state >> 8;
}

static void
damaged(void)
{
	struct image image = image_read(BUILT("good"));
	/* What the facts come from lies at the beginning and near the end. */
	unsigned state = 1;
	size_t part = image.len < 8192 ? image.len : 8192;

	for (unsigned i = 0; i < ROUNDS; i++) {
		size_t at = next_random(&state) % (i % 2 == 0 ? part : image.len);
		char before = image.data[at];

		image.data[at] = (char)next_random(&state);
		read_damaged(&image, image.len);
		image.data[at] = before;
	}
	image_free(&image);
}

static void
truncated(void)
{
	struct image image = image_read(BUILT("good"));
	struct elf_facts facts;

	for (size_t len = 0; len < image.len; len += len < 1024 ? 1 : 97)
		read_damaged(&image, len);
	CU_ASSERT_FALSE(elf_facts_read(&facts, (const unsigned char *)"", 0));
	elf_facts_fini(&facts);
	image_free(&image);
}

static const struct test tests[] = { TEST(good_plugin), TEST(damaged), TEST(truncated) };
SUITE(tests)
