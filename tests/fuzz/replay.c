/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a harness with the files and folders on the command line, without libFuzzer. Each input is
 * used unchanged, shortened, and with bytes changed, removed or doubled. The changes depend only on
 * the input, so every run is the same. */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

#define CHANGES 300
#define FILE_MAX (1u << 20)

static unsigned long runs;

/* Copies the input to memory of exactly this size, so that AddressSanitizer detects each byte that
 * is read beyond the end. */
static void
run(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	if (copy == NULL)
		abort();
	memcpy(copy, data, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
	runs++;
}

static uint32_t
next_number(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static void
run_changed(const uint8_t *data, size_t len, uint32_t *state)
{
	static const uint8_t favourites[] = {
		0,   0x7F, 0x80, 0xFF, '"', '\\', '{', '}', '[', ']',
		',', ':',  '/',	 '%',  '?', '0',  '9', '-', ' ', '\n'
	};
	uint8_t *copy = malloc(len + 1);
	size_t at = next_number(state) % len;

	if (copy == NULL)
		abort();
	memcpy(copy, data, len);
	switch (next_number(state) % 4) {
	case 0: copy[at] ^= (uint8_t)(1u << next_number(state) % 8); break;
	case 1: copy[at] = favourites[next_number(state) % sizeof(favourites)]; break;
	case 2:
		memmove(copy + at, copy + at + 1, len - at - 1);
		len--;
		break;
	default:
		memmove(copy + at + 1, copy + at, len - at);
		len++;
		break;
	}
	run(copy, len);
	free(copy);
}

static void
run_around(const uint8_t *data, size_t len)
{
	uint32_t state = (uint32_t)len;
	size_t step = len / CHANGES + 1;

	run(data, len);
	for (size_t shorter = 0; shorter < len; shorter += step)
		run(data, shorter);
	for (int i = 0; i < CHANGES && len > 0; i++)
		run_changed(data, len, &state);
}

static int
run_file(const char *path)
{
	static uint8_t data[FILE_MAX];
	FILE *file = fopen(path, "rb");
	size_t len;

	if (file == NULL) {
		perror(path);
		return 1;
	}
	len = fread(data, 1, sizeof(data), file);
	fclose(file);
	run_around(data, len);
	return 0;
}

static int
run_folder(const char *path)
{
	struct dirent **entries;
	int failures = 0, n = scandir(path, &entries, NULL, alphasort);

	if (n < 0) {
		perror(path);
		return 1;
	}
	for (int i = 0; i < n; i++) {
		char name[4096];

		snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			failures += run_file(name);
		free(entries[i]);
	}
	free(entries);
	return failures;
}

int
main(int argc, char **argv)
{
	int failures = 0;

	for (int i = 1; i < argc; i++) {
		struct stat info;

		if (stat(argv[i], &info) == 0 && S_ISDIR(info.st_mode))
			failures += run_folder(argv[i]);
		else
			failures += run_file(argv[i]);
	}
	printf("%lu inputs\n", runs);
	return failures == 0 && runs > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
