/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that all other files use, in addition to the helpers of sdk/src/base: digests, the
 * clock, and the generators of identifiers. */
#include "sandbox.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

char *
buf_text(struct buf *b)
{
	char *text = buf_take(b, NULL);

	if (text == NULL)
		memory_gone();
	return text;
}

bool
write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* ---- encodings and digests ---- */

char *
encode_base64(const void *data, size_t len)
{
	struct buf text = BUF(len / 3 * 4 + 4);

	buf_base64(&text, data, len);
	return buf_text(&text);
}

void *
decode_base64(const char *text, size_t len, size_t *out_len)
{
	unsigned char *out = xcalloc(1, len / 4 * 3 + 4);

	if (base64_decode_any(text, len, out, out_len))
		return out;
	free(out);
	return NULL;
}

static void
to_hex(const unsigned char *bytes, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * n] = '\0';
}

void
sha256_hex(const void *data, size_t len, char out[65])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	SHA256(data, len, digest);
	to_hex(digest, sizeof(digest), out);
}

void
hmac_hex(const char *text, char out[65])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (HMAC(EVP_sha256(), options.key, (int)strlen(options.key), (const unsigned char *)text,
		 strlen(text), digest, &len) == NULL)
		memory_gone();
	to_hex(digest, 32, out);
}

bool
secret_equal(const char *a, const char *b)
{
	unsigned char da[SHA256_DIGEST_LENGTH], db[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)a, strlen(a), da);
	SHA256((const unsigned char *)b, strlen(b), db);
	return CRYPTO_memcmp(da, db, sizeof(da)) == 0;
}

const char *
text_among(const char *text, const char *const *names)
{
	while (*names != NULL && strcmp(*names, text) != 0)
		names++;
	return *names;
}

char *
text_fold(const char *s)
{
	char *out = xstrdup(s);

	for (char *p = out; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return out;
}

bool
text_like(const char *pattern, const char *s)
{
	return sqlite3_strlike(pattern, s, 0) == 0;
}

void
log_line(const char *level, const char *fmt, ...)
{
	char text[1024], when[32];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	clock_iso(clock_ms(), when);
	fprintf(stderr, "%s %s %s\n", when, level, text);
}

/* ---- time and identifiers ---- */

int64_t
clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
scaled_ms(int64_t ms)
{
	return ms * setting_delay_ms() / 3000;
}

void
clock_iso(int64_t ms, char out[32])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	size_t n;

	gmtime_r(&seconds, &tm);
	n = strftime(out, 24, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, 32 - n, ".%03dZ", (int)(ms % 1000));
}

static void
random_bytes(void *out, size_t n)
{
	if (RAND_bytes(out, (int)n) != 1)
		memory_gone();
}

int64_t
id_number(void)
{
	uint64_t bits;

	random_bytes(&bits, sizeof(bits));
	return INT64_C(100000000000) + (int64_t)(bits % UINT64_C(899900000000000));
}

void
id_hex(char *out, size_t digits)
{
	unsigned char bytes[64];
	char text[sizeof(bytes) * 2 + 1];

	if (digits > sizeof(bytes) * 2)
		digits = sizeof(bytes) * 2;
	random_bytes(bytes, sizeof(bytes));
	to_hex(bytes, sizeof(bytes), text);
	memcpy(out, text, digits);
	out[digits] = '\0';
}

void
id_uuid(char out[37])
{
	char hex[33];

	id_hex(hex, 32);
	hex[12] = '4';
	hex[16] = "89ab"[hex[16] % 4];
	snprintf(out, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

void
id_cluster(char out[32])
{
	time_t now = time(NULL);
	struct tm tm;
	char hex[9];

	gmtime_r(&now, &tm);
	id_hex(hex, 8);
	for (char *p = hex; *p != '\0'; p++)
		if (*p >= '0' && *p <= '9')
			*p = (char)('g' + (*p - '0'));
	strftime(out, 16, "%m%d-%H%M%S-", &tm);
	strcat(out, hex);
}
