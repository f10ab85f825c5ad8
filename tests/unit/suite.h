/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes a program of a unit test: a table of functions, a main() and an exit status.
 *
 * static const struct test tests[] = { TEST(parse_empty), TEST(parse_long) }; SUITE(tests)
 *
 * With arguments only the named tests run. The program also fails when no test asserted
 * anything. */
#ifndef TESTS_UNIT_SUITE_H
#define TESTS_UNIT_SUITE_H

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test {
	const char *name;
	void (*fn)(void);
};

#define TEST(function)                              \
	{                                           \
		.name = #function, .fn = (function) \
	}

/* CUnit prints only the text of a failed assertion; these macros print the values too. */
#define ASSERT_STR(actual, expected)                                                             \
	do {                                                                                     \
		const char *is_ = (actual), *should_ = (expected);                               \
		int same_ =                                                                      \
		    is_ != NULL && should_ != NULL ? strcmp(is_, should_) == 0 : is_ == should_; \
		if (!same_)                                                                      \
			printf("\n    %s:%d: \"%s\" should be \"%s\"", __FILE__, __LINE__,       \
			       is_ == NULL ? "(null)" : is_,                                     \
			       should_ == NULL ? "(null)" : should_);                            \
		CU_ASSERT(same_);                                                                \
	} while (0)

#define ASSERT_INT(actual, expected)                                                          \
	do {                                                                                  \
		long long is_ = (long long)(actual), should_ = (long long)(expected);         \
		if (is_ != should_)                                                           \
			printf("\n    %s:%d: %s is %lld, should be %lld", __FILE__, __LINE__, \
			       #actual, is_, should_);                                        \
		CU_ASSERT(is_ == should_);                                                    \
	} while (0)

static int
suite_wanted(const char *name, int argc, char **argv)
{
	int wanted = argc < 2;

	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			wanted = 1;
	return wanted;
}

static int
suite_main(const struct test *tests, size_t n, const char *file, int argc, char **argv)
{
	CU_pSuite suite;
	unsigned ran, asserted, failed;

	if (CU_initialize_registry() != CUE_SUCCESS)
		return EXIT_FAILURE;
	suite = CU_add_suite(file, NULL, NULL);
	for (size_t i = 0; suite != NULL && i < n; i++)
		if (suite_wanted(tests[i].name, argc, argv))
			CU_add_test(suite, tests[i].name, tests[i].fn);
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	ran = CU_get_number_of_tests_run();
	asserted = CU_get_number_of_asserts();
	failed = CU_get_number_of_failures();
	CU_cleanup_registry();
	printf("%u tests, %u assertions, %u failures\n", ran, asserted, failed);
	return ran > 0 && asserted > 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define SUITE(tests)                                                                         \
	int main(int argc, char **argv)                                                      \
	{                                                                                    \
		return suite_main(tests, sizeof(tests) / sizeof((tests)[0]), __FILE__, argc, \
				  argv);                                                     \
	}

#endif
