/* SPDX-License-Identifier: Apache-2.0 */
/* Tests lakehost-sandbox from the client's side: test-sandbox PROGRAM. */
#include "test/client.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <CUnit/Basic.h>
#include <curl/curl.h>

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

/* The sandbox must not run a program that it finds by the caller's PATH. */
static bool
make_decoy(void)
{
	char path[sizeof(sandbox.dir) + 16];
	FILE *file;

	snprintf(path, sizeof(path), "%s/python3", sandbox.dir);
	file = fopen(path, "w");
	if (file == NULL)
		return false;
	fputs("#!/bin/sh\nexit 9\n", file);
	return fclose(file) == 0 && chmod(path, 0755) == 0;
}

int
main(int argc, char **argv)
{
	unsigned failures;

	if (argc != 2) {
		fputs("usage: test-sandbox PROGRAM\n", stderr);
		return 2;
	}
	program = argv[1];
	strcpy(sandbox.dir, "/tmp/test-sandbox-XXXXXX");
	if (mkdtemp(sandbox.dir) == NULL || !make_decoy() ||
	    curl_global_init(CURL_GLOBAL_DEFAULT) != 0 || !sandbox_start() ||
	    CU_initialize_registry() != CUE_SUCCESS) {
		fputs("test-sandbox: cannot start\n", stderr);
		return 2;
	}
	add_front_suite();
	add_compute_suite();
	add_statement_suite();
	add_sql_suite();
	add_catalog_suite();
	add_tree_suite();
	add_file_suite();
	add_code_suite();
	add_definition_suite();
	add_job_suite();
	add_ml_suite();
	add_change_suite();
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	if (sandbox_stop() != 0) {
		fputs("test-sandbox: the sandbox did not end cleanly\n", stderr);
		failures++;
	}
	nftw(sandbox.dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	curl_global_cleanup();
	return failures > 0 ? 1 : 0;
}
