/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of sealed handles: they open only when complete, with the same key, purpose and principal,
 * and before they expire. */
#include "base/seal.h"

#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "folder.h"
#include "suite.h"

static unsigned char keys[3 * SEAL_KEY_LEN];

static void
make_keys(void)
{
	for (size_t i = 0; i < sizeof(keys); i++)
		keys[i] = (unsigned char)(i * 11 + 3);
}

static bool
opens(struct sealer *sealer, const char *purpose, const char *principal, const char *text,
      size_t len, const char *expected)
{
	struct buf payload;
	bool ok;

	buf_init(&payload, 100000);
	ok = unseal(sealer, purpose, principal, text, len, &payload);
	if (ok)
		ASSERT_STR(payload.data, expected);
	else
		ASSERT_INT(payload.len, 0);
	buf_fini(&payload);
	return ok;
}

static void
round_trip(void)
{
	struct sealer *sealer;
	struct buf out;

	make_keys();
	sealer = sealer_new(keys, 1);
	buf_init(&out, 1000);
	buf_puts(&out, "before ");
	seal(sealer, "cursor", "ann", 0, "payload", 7, &out);
	CU_ASSERT(buf_ok(&out) && strncmp(out.data, "before ", 7) == 0);
	CU_ASSERT(opens(sealer, "cursor", "ann", out.data + 7, out.len - 7, "payload"));
	CU_ASSERT(!opens(sealer, "session", "ann", out.data + 7, out.len - 7, ""));
	CU_ASSERT(!opens(sealer, "cursor", "bob", out.data + 7, out.len - 7, ""));
	CU_ASSERT(!opens(sealer, "curso", "rann", out.data + 7, out.len - 7, ""));
	CU_ASSERT(!opens(sealer, "cursor", "", out.data + 7, out.len - 7, ""));
	buf_reset(&out);
	seal(sealer, "", "", 60, NULL, 0, &out);
	CU_ASSERT(opens(sealer, "", "", out.data, out.len, ""));
	buf_fini(&out);
	sealer_free(sealer);
}

static void
no_two_are_equal(void)
{
	struct sealer *sealer = sealer_new(keys, 1);
	struct buf a, b;

	buf_init(&a, 1000);
	buf_init(&b, 1000);
	seal(sealer, "x", "y", 0, "same", 4, &a);
	seal(sealer, "x", "y", 0, "same", 4, &b);
	CU_ASSERT(strcmp(a.data, b.data) != 0);
	CU_ASSERT(
	    strspn(a.data, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
	    a.len);
	buf_fini(&a);
	buf_fini(&b);
	sealer_free(sealer);
}

static void
no_change_opens(void)
{
	struct sealer *sealer = sealer_new(keys, 3);
	struct buf out;

	buf_init(&out, 1000);
	seal(sealer, "cursor", "ann", 0, "payload", 7, &out);
	for (size_t i = 0; i < out.len; i++) {
		char kept = out.data[i];

		out.data[i] = kept == 'A' ? 'B' : 'A';
		CU_ASSERT(!opens(sealer, "cursor", "ann", out.data, out.len, ""));
		out.data[i] = '=';
		CU_ASSERT(!opens(sealer, "cursor", "ann", out.data, out.len, ""));
		out.data[i] = kept;
		CU_ASSERT(!opens(sealer, "cursor", "ann", out.data, i, ""));
	}
	CU_ASSERT(opens(sealer, "cursor", "ann", out.data, out.len, "payload"));
	buf_putc(&out, 'A');
	CU_ASSERT(!opens(sealer, "cursor", "ann", out.data, out.len, ""));
	buf_fini(&out);
	sealer_free(sealer);
}

/* The last digit of a text without padding has unused bits, which must be zeros. */
static void
one_handle_has_one_spelling(void)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	struct sealer *sealer = sealer_new(keys, 1);

	for (size_t len = 0; len < 3; len++) {
		struct buf out;
		int opened = 0;

		buf_init(&out, 1000);
		seal(sealer, "p", "q", 0, "abc", len, &out);
		for (const char *c = digits; *c != '\0'; c++) {
			struct buf payload;

			buf_init(&payload, 10);
			out.data[out.len - 1] = *c;
			opened += unseal(sealer, "p", "q", out.data, out.len, &payload);
			buf_fini(&payload);
		}
		ASSERT_INT(opened, 1);
		buf_fini(&out);
	}
	sealer_free(sealer);
}

static void
keys_rotate(void)
{
	struct sealer *old = sealer_new(keys, 1), *both, *new;
	unsigned char rotated[2 * SEAL_KEY_LEN];
	struct buf out;

	memcpy(rotated, keys + SEAL_KEY_LEN, SEAL_KEY_LEN);
	memcpy(rotated + SEAL_KEY_LEN, keys, SEAL_KEY_LEN);
	both = sealer_new(rotated, 2);
	new = sealer_new(rotated, 1);
	buf_init(&out, 1000);
	seal(old, "p", "q", 0, "x", 1, &out);
	CU_ASSERT(opens(both, "p", "q", out.data, out.len, "x"));
	CU_ASSERT(!opens(new, "p", "q", out.data, out.len, ""));
	buf_reset(&out);
	seal(both, "p", "q", 0, "y", 1, &out);
	CU_ASSERT(opens(new, "p", "q", out.data, out.len, "y"));
	CU_ASSERT(!opens(old, "p", "q", out.data, out.len, ""));
	buf_fini(&out);
	sealer_free(old);
	sealer_free(both);
	sealer_free(new);
	sealer_free(NULL);
}

static void
expiry(void)
{
	struct sealer *sealer = sealer_new(keys, 1);
	struct buf out;

	buf_init(&out, 1000);
	seal(sealer, "p", "q", 3600, "x", 1, &out);
	CU_ASSERT(opens(sealer, "p", "q", out.data, out.len, "x"));
	buf_reset(&out);
	seal(sealer, "p", "q", 1, "x", 1, &out);
	usleep(1100000);
	CU_ASSERT(!opens(sealer, "p", "q", out.data, out.len, ""));
	buf_fini(&out);
	sealer_free(sealer);
}

static void
sizes(void)
{
	struct sealer *sealer = sealer_new(keys, 1);
	static char big[65536];
	struct buf out, payload;

	buf_init(&out, 200000);
	buf_init(&payload, 65528);
	seal(sealer, "p", "q", 0, big, 65528, &out);
	CU_ASSERT(unseal(sealer, "p", "q", out.data, out.len, &payload));
	ASSERT_INT(payload.len, 65528);
	buf_fini(&payload);
	buf_init(&payload, 65527); /* the buffer is too small for it */
	CU_ASSERT(!unseal(sealer, "p", "q", out.data, out.len, &payload));
	buf_reset(&out);
	seal(sealer, "p", "q", 0, big, 65529, &out);
	CU_ASSERT(!buf_ok(&out));
	buf_reset(&out);
	for (int i = 0; i < 150000; i++)
		buf_putc(&out, 'A');
	buf_reset(&payload);
	CU_ASSERT(!unseal(sealer, "p", "q", out.data, out.len, &payload));
	buf_fini(&payload);
	buf_fini(&out);
	sealer_free(sealer);
}

static void
digests(void)
{
	unsigned char a[300] = { 0 }, b[300] = { 0 };
	char hex[65];

	sha256_hex("abc", 3, hex); /* FIPS 180-4 */
	ASSERT_STR(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	random_bytes(a, sizeof(a));
	random_bytes(b, sizeof(b));
	CU_ASSERT(memcmp(a, b, sizeof(a)) != 0 && memcmp(a + 256, b + 256, 44) != 0);
}

/* ---- key files ----------------------------------------------------------------------------- */

static void
enter_directory(void)
{
	folder_make();
	CU_ASSERT_FATAL(chdir(folder) == 0);
}

static void
leave_directory(void)
{
	CU_ASSERT(chdir("/") == 0);
	folder_remove();
}

static bool
reads(const char *content, size_t len, unsigned char key[SEAL_KEY_LEN])
{
	char why[200] = "";
	FILE *file = fopen("key", "w");
	bool ok;

	fwrite(content, 1, len, file);
	fclose(file);
	chmod("key", 0600);
	ok = seal_key_read("key", key, why, sizeof(why));
	CU_ASSERT(ok || strstr(why, "key: ") == why);
	return ok;
}

static void
key_files_are_read(void)
{
	static const char hex[] =
	    "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F\n";
	unsigned char key[SEAL_KEY_LEN], raw[SEAL_KEY_LEN];
	char why[200] = "";

	enter_directory();
	for (size_t i = 0; i < sizeof(raw); i++)
		raw[i] = (unsigned char)i;
	CU_ASSERT(reads((char *)raw, 32, key) && memcmp(key, raw, 32) == 0);
	memset(key, 0, sizeof(key));
	CU_ASSERT(reads(hex, 64, key) && memcmp(key, raw, 32) == 0);
	CU_ASSERT(reads(hex, 65, key) && memcmp(key, raw, 32) == 0);
	CU_ASSERT(!reads(hex, 63, key) && !reads((char *)raw, 31, key) && !reads(hex, 33, key));
	CU_ASSERT(!reads("", 0, key) && !reads(hex, 1, key));
	CU_ASSERT(
	    !reads("g00102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F", 64, key));
	CU_ASSERT(!seal_key_read("absent", key, why, sizeof(why)));
	ASSERT_STR(why, "absent: No such file or directory");
	leave_directory();
}

static void
others_may_not_touch_a_key(void)
{
	static const struct {
		mode_t mode;
		const char *why; /* NULL: fine */
	} cases[] = {
		{ 0600, NULL },
		{ 0640, NULL },
		{ 0644, "key: every user of this machine may read it; run chmod 600 key" },
		{ 0666, "key: every user of this machine may write to it; run chmod 600 key" },
		{ 0602, "key: every user of this machine may write to it; run chmod 600 key" },
	};
	unsigned char key[SEAL_KEY_LEN];
	char why[200] = "";

	enter_directory();
	CU_ASSERT(seal_key_make("key", key, why, sizeof(why)));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CU_ASSERT(chmod("key", cases[i].mode) == 0);
		CU_ASSERT(seal_key_read("key", key, why, sizeof(why)) == (cases[i].why == NULL));
		ASSERT_STR(cases[i].why != NULL ? why : "",
			   cases[i].why != NULL ? cases[i].why : "");
	}
	leave_directory();
}

static void *
make_key(void *data)
{
	char why[200];

	return seal_key_make("state/deep/key", data, why, sizeof(why)) ? data : NULL;
}

static void
of_many_makers_one_wins(void)
{
	unsigned char made[8][SEAL_KEY_LEN];
	pthread_t threads[8];
	struct stat info;
	char why[200];
	void *ok;

	enter_directory();
	for (int i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, make_key, made[i]);
	for (int i = 0; i < 8; i++) {
		pthread_join(threads[i], &ok);
		CU_ASSERT(ok != NULL && memcmp(made[i], made[0], SEAL_KEY_LEN) == 0);
	}
	CU_ASSERT(stat("state/deep/key", &info) == 0 && (info.st_mode & 0777) == 0600);
	CU_ASSERT(stat("state", &info) == 0 && (info.st_mode & 0777) == 0700);
	CU_ASSERT(info.st_nlink == 3);
	CU_ASSERT(rmdir("state/deep") != 0 && unlink("state/deep/key") == 0);
	CU_ASSERT(rmdir("state/deep") == 0); /* no temporary file remained */
	CU_ASSERT(!seal_key_make("/proc/none/key", made[0], why, sizeof(why)));
	CU_ASSERT(strstr(why, "/proc/none/key: ") == why);
	leave_directory();
}

static void *
seal_some(void *data)
{
	struct buf out, payload;

	buf_init(&out, 1000);
	buf_init(&payload, 1000);
	for (int i = 0; i < 50; i++) {
		buf_reset(&out);
		seal(data, "p", "q", 0, "x", 1, &out);
		if (!unseal(data, "p", "q", out.data, out.len, &payload))
			data = NULL;
	}
	buf_fini(&out);
	buf_fini(&payload);
	return data;
}

static void
any_thread_may_seal(void)
{
	struct sealer *sealer = sealer_new(keys, 1);
	pthread_t threads[4];
	void *ok;

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, seal_some, sealer);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &ok);
		CU_ASSERT(ok == sealer);
	}
	sealer_free(sealer);
}

static const struct test tests[] = {
	TEST(round_trip),
	TEST(no_two_are_equal),
	TEST(no_change_opens),
	TEST(one_handle_has_one_spelling),
	TEST(keys_rotate),
	TEST(expiry),
	TEST(sizes),
	TEST(digests),
	TEST(key_files_are_read),
	TEST(others_may_not_touch_a_key),
	TEST(of_many_makers_one_wins),
	TEST(any_thread_may_seal),
};
SUITE(tests)
