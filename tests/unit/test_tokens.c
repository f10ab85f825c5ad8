/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of tokens: their text, their digests, and the file that keeps them. */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth/bearer.h"
#include "auth/store.h"
#include "auth/token_file.h"
#include "base/mem.h"
#include "folder.h"
#include "suite.h"

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char why[1024];

static void
texts(void)
{
	char a[TOKEN_LENGTH + 1], b[TOKEN_LENGTH + 1], digest[TOKEN_DIGEST + 1];
	const char *token;
	size_t len;

	for (unsigned i = 0; i < 100; i++) {
		char header[100];

		token_make(a);
		token_make(b);
		ASSERT_INT(strlen(a), TOKEN_LENGTH);
		CU_ASSERT(strncmp(a, "lh_", 3) == 0 && strcmp(a, b) != 0);
		snprintf(header, sizeof(header), "Bearer %s", a);
		ASSERT_INT(bearer_read(header, BEARER_MAX, &token, &len), BEARER_TOKEN);
		ASSERT_INT(len, TOKEN_LENGTH);
	}
	token_digest("abc", 3, digest); /* FIPS 180-2, B.1 */
	ASSERT_STR(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void
names(void)
{
	static const char *const good[] = { "a", "ann@example.com", "ci+nightly_2", "A.B-c" };
	static const char *const bad[] = { "",	  "local", "-x",  "a b",  "a\tb", "a\nb",
					   "a,b", "ä",	   "a/b", "#ann", "a:b",  "a\"b" };
	char longest[TOKEN_NAME_MAX + 2];

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ASSERT_STR(token_name_check(good[i]), NULL);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CU_ASSERT(token_name_check(bad[i]) != NULL);
	memset(longest, 'n', sizeof(longest));
	longest[TOKEN_NAME_MAX + 1] = '\0';
	CU_ASSERT(token_name_check(longest) != NULL);
	longest[TOKEN_NAME_MAX] = '\0';
	ASSERT_STR(token_name_check(longest), NULL);
}

/* Every entry is found by its digest, at any position, and no other entry is found. */
static void
lookup(void)
{
	static struct token token[TOKENS_MAX];
	struct token_list list = { token, TOKENS_MAX };
	char digest[TOKEN_DIGEST + 1], text[32];

	for (size_t i = 0; i < TOKENS_MAX; i++) {
		snprintf(text, sizeof(text), "token %zu", i);
		token_digest(text, strlen(text), token[i].digest);
	}
	for (size_t i = 0; i < TOKENS_MAX; i += 31) {
		strcpy(digest, token[i].digest);
		CU_ASSERT(token_find(&list, digest) == &token[i]);
		digest[0] = digest[0] == '0' ? '1' : '0';
		CU_ASSERT(token_find(&list, digest) == NULL);
		strcpy(digest, token[i].digest);
		digest[TOKEN_DIGEST - 1] = digest[TOKEN_DIGEST - 1] == '0' ? '1' : '0';
		CU_ASSERT(token_find(&list, digest) == NULL);
	}
	list.count = 0;
	CU_ASSERT(token_find(&list, token[0].digest) == NULL);
}

static void
expiry(void)
{
	struct token token = { .expires_s = 1000 };

	CU_ASSERT(!token_expired(&token, 999));
	CU_ASSERT(token_expired(&token, 1000));
	token.expires_s = 0;
	CU_ASSERT(!token_expired(&token, INT64_MAX));
}

static bool
reads(const char *path, struct token_list *list)
{
	struct stat status;

	return token_file_read(path, list, &status, why, sizeof(why));
}

static struct token
made(const char *name, enum access access)
{
	struct token token = { .access = access, .created_s = 10, .expires_s = 20 };

	strcpy(token.name, name);
	token_digest(name, strlen(name), token.digest);
	return token;
}

static bool
is_same(const struct token *a, const struct token *b)
{
	return strcmp(a->name, b->name) == 0 && a->access == b->access &&
	       a->created_s == b->created_s && a->expires_s == b->expires_s &&
	       strcmp(a->digest, b->digest) == 0 && strcmp(a->groups, b->groups) == 0;
}

static void
round_trip(void)
{
	struct token ann = made("ann", ACCESS_READ), bob = made("bob", ACCESS_ADMIN);
	struct token_list list;
	struct stat status;
	char *path;

	strcpy(bob.groups, "ops,on-call");
	folder_make();
	path = folder_path("new/deep/tokens");
	CU_ASSERT(!reads(path, &list));
	CU_ASSERT(token_file_add(path, &ann, why, sizeof(why)));
	CU_ASSERT(token_file_add(path, &bob, why, sizeof(why)));
	CU_ASSERT(!token_file_add(path, &ann, why, sizeof(why)));
	ASSERT_STR(why, "the token \"ann\" exists already: revoke it first");
	CU_ASSERT_FATAL(reads(path, &list));
	ASSERT_INT(list.count, 2);
	CU_ASSERT(is_same(&list.token[0], &ann));
	CU_ASSERT(is_same(&list.token[1], &bob));
	token_list_fini(&list);
	CU_ASSERT(stat(path, &status) == 0 && (status.st_mode & 07777) == 0600);
	/* the files of tokens and of their lock, and no temporary file */
	ASSERT_INT(folder_files(), 2);
	CU_ASSERT(token_file_remove(path, "ann", why, sizeof(why)));
	CU_ASSERT(!token_file_remove(path, "ann", why, sizeof(why)));
	ASSERT_STR(why, "there is no token \"ann\"");
	CU_ASSERT_FATAL(reads(path, &list));
	ASSERT_INT(list.count, 1);
	ASSERT_STR(list.token[0].name, "bob");
	token_list_fini(&list);
	free(path);
	folder_remove();
}

static void
invalid_files(void)
{
	static const char *const lines[] = {
		"ann",
		"ann read 1 2",
		"ann read 1 2 " DIGEST " one two",
		"ann read 1 2 " DIGEST " ,a",
		"ann read 1 2 " DIGEST " a,",
		"ann read 1 2 " DIGEST " a,,b",
		"ann read 1 2 " DIGEST " a\tb",
		"ann read 1 2 " DIGEST " ",
		"ann  read 1 2 " DIGEST,
		" ann read 1 2 " DIGEST,
		"ann none 1 2 " DIGEST,
		"ann Read 1 2 " DIGEST,
		"ann read -1 2 " DIGEST,
		"ann read 1 1e9 " DIGEST,
		"ann read 1  " DIGEST,
		"ann read 1 9999999999999 " DIGEST,
		"ann read 1 2 0123",
		"ann read 1 2 " DIGEST "0",
		"ann read 1 2 0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
		"ann read 1 2 " DIGEST "\r",
		"local read 1 2 " DIGEST,
		"ann read 1 2 " DIGEST "\nann admin 1 2 " DIGEST,
	};
	struct token_list list;
	char *path;

	folder_make();
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		char *text = xprintf("# comment\n\n%s\n", lines[i]);

		path = folder_put("tokens", text, 0600);
		if (reads(path, &list)) {
			printf("\n    accepted: %s", lines[i]);
			CU_FAIL("an invalid line is accepted");
		}
		CU_ASSERT(list.count == 0);
		CU_ASSERT(strstr(why, i + 1 < ARRAY_SIZE(lines) ? "tokens:3: " : "tokens:4: ") !=
			  NULL);
		CU_ASSERT(strstr(why, DIGEST) == NULL);
		free(text);
		free(path);
	}
	folder_remove();
}

/* A file that another user could have written is refused. */
static void
untrusted_files(void)
{
	static const mode_t modes[] = { 0602, 0622, 0606, 0666, 0777 };
	struct token_list list;
	char *path, *other;

	folder_make();
	path = folder_put("tokens", "ann read 1 0 " DIGEST "\n", 0600);
	CU_ASSERT(reads(path, &list));
	token_list_fini(&list);
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		CU_ASSERT(chmod(path, modes[i]) == 0);
		CU_ASSERT(!reads(path, &list));
		CU_ASSERT(strstr(why, "other users may write to this file") != NULL);
	}
	CU_ASSERT(chmod(path, 0600) == 0);
	if (geteuid() == 0) { /* only root can give a file to another user */
		CU_ASSERT(chown(path, 12345, 12345) == 0);
		CU_ASSERT(!reads(path, &list));
		CU_ASSERT(strstr(why, "belongs to user 12345") != NULL);
	}
	other = folder_path("folder");
	CU_ASSERT(mkdir(other, 0700) == 0);
	CU_ASSERT(!reads(other, &list));
	free(other);
	free(path);
	other = folder_path("none");
	CU_ASSERT(!reads(other, &list));
	free(other);
	folder_remove();
}

#define WRITERS 8

/* When several processes add tokens at the same time, no token is lost. */
static void
many_writers(void)
{
	struct token_list list;
	char *path;

	folder_make();
	path = folder_path("tokens");
	for (int i = 0; i < WRITERS; i++)
		if (fork() == 0) {
			char name[16];
			bool fine = true;

			for (int k = 0; k < 5; k++) {
				struct token token;

				snprintf(name, sizeof(name), "p%d.%d", i, k);
				token = made(name, ACCESS_READ);
				fine &= token_file_add(path, &token, why, sizeof(why));
			}
			_exit(fine ? 0 : 1);
		}
	for (int i = 0; i < WRITERS; i++) {
		int status = 1;

		CU_ASSERT(wait(&status) > 0);
		ASSERT_INT(status, 0);
	}
	CU_ASSERT_FATAL(reads(path, &list));
	ASSERT_INT(list.count, WRITERS * 5);
	token_list_fini(&list);
	free(path);
	folder_remove();
}

static void
cap(void)
{
	struct token token = made("one-more", ACCESS_READ);
	struct token_list list;
	char *text = xcalloc(TOKENS_MAX + 1, 100), *path;
	size_t at = 0;

	folder_make();
	for (unsigned i = 0; i < TOKENS_MAX; i++)
		at += (size_t)snprintf(text + at, 100, "p%u read 1 0 " DIGEST "\n", i);
	path = folder_put("tokens", text, 0600);
	CU_ASSERT(reads(path, &list));
	ASSERT_INT(list.count, TOKENS_MAX);
	token_list_fini(&list);
	CU_ASSERT(!token_file_add(path, &token, why, sizeof(why)));
	free(path);
	snprintf(text + at, 100, "more read 1 0 " DIGEST "\n");
	path = folder_put("tokens", text, 0600);
	CU_ASSERT(!reads(path, &list));
	free(path);
	free(text);
	folder_remove();
}

static void
reloading(void)
{
	struct token ann = made("ann", ACCESS_READ);
	const struct token_list *list;
	struct token_store *store;
	const char *fault;
	char *path;

	folder_make();
	path = folder_path("tokens");
	store = token_store_new(path);
	CU_ASSERT(token_store_list(store, &fault) == NULL && fault != NULL);
	CU_ASSERT(token_file_add(path, &ann, why, sizeof(why)));
	token_store_reload(store);
	list = token_store_list(store, &fault);
	CU_ASSERT_FATAL(list != NULL && fault == NULL);
	CU_ASSERT(token_find(list, ann.digest) != NULL);
	CU_ASSERT(chmod(path, 0666) == 0); /* now every user could have added a token */
	token_store_reload(store);
	CU_ASSERT(token_store_list(store, &fault) == NULL);
	CU_ASSERT(chmod(path, 0600) == 0);
	CU_ASSERT(token_file_remove(path, "ann", why, sizeof(why)));
	token_store_reload(store);
	list = token_store_list(store, &fault);
	CU_ASSERT(list != NULL && token_find(list, ann.digest) == NULL);
	CU_ASSERT(unlink(path) == 0);
	token_store_reload(store);
	CU_ASSERT(token_store_list(store, &fault) == NULL);
	token_store_free(store);
	free(path);
	folder_remove();
}

static const struct test tests[] = {
	TEST(texts),	  TEST(names),	       TEST(lookup),	      TEST(expiry),
	TEST(round_trip), TEST(invalid_files), TEST(untrusted_files), TEST(many_writers),
	TEST(cap),	  TEST(reloading),
};
SUITE(tests)
