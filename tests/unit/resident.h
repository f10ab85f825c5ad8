/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of this process that are in memory now. */
#ifndef TESTS_UNIT_RESIDENT_H
#define TESTS_UNIT_RESIDENT_H

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <unistd.h>

static inline size_t
resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long size = 0, pages = 0;

	if (file == NULL || fscanf(file, "%lu %lu", &size, &pages) != 2)
		CU_FAIL_FATAL("/proc/self/statm cannot be read");
	fclose(file);
	return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

#endif
