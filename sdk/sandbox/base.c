/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Used by all other files: memory, growing text, base64, digests, the clock and the generators of
 * identifiers.
 */
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

static void *
or_abort(void *p)
{
	if (p == NULL) {
		fputs("lakehost-sandbox: out of memory\n", stderr);
		abort();
	}
	return p;
}

void *
xcalloc(size_t n, size_t size)
{
	return or_abort(calloc(n > 0 ? n : 1, size > 0 ? size : 1));
}

void *
xrealloc(void *p, size_t size)
{
	return or_abort(realloc(p, size > 0 ? size : 1));
}

char *
xstrdup(const char *s)
{
	return or_abort(strdup(s));
}

char *
xstrndup(const char *s, size_t n)
{
	return or_abort(strndup(s, n));
}

char *
xasprintf(const char *fmt, ...)
{
	va_list args;
	char *out = NULL;
	int n;

	va_start(args, fmt);
	n = vasprintf(&out, fmt, args);
	va_end(args);
	return or_abort(n < 0 ? NULL : out);
}

/* ---- growing text ---- */

static bool
reserve(struct buf *b, size_t more)
{
	size_t need = b->len + more + 1;

	if (b->failed || (b->max > 0 && b->len + more > b->max)) {
		b->failed = true;
		return false;
	}
	if (need > b->cap) {
		size_t cap = b->cap * 2 > need ? b->cap * 2 : need + 64;

		b->data = xrealloc(b->data, cap);
		b->cap = cap;
	}
	return true;
}

void
buf_add(struct buf *b, const void *data, size_t len)
{
	if (!reserve(b, len))
		return;
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void
buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args;
	char *text = NULL;
	int n;

	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	or_abort(n < 0 ? NULL : text);
	buf_add(b, text, (size_t)n);
	free(text);
}

void
buf_json_string(struct buf *b, const char *s, size_t len)
{
	size_t start = 0;

	buf_add(b, "\"", 1);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		buf_add(b, s + start, i - start);
		start = i + 1;
		if (c == '"' || c == '\\')
			buf_add(b, (char[]){ '\\', (char)c }, 2);
		else if (c == '\n')
			buf_add(b, "\\n", 2);
		else
			buf_printf(b, "\\u%04x", c);
	}
	buf_add(b, s + start, len - start);
	buf_add(b, "\"", 1);
}

void
buf_free(struct buf *b)
{
	free(b->data);
	memset(b, 0, sizeof(*b));
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
base64_encode(const void *data, size_t len)
{
	char *out = xcalloc(1, (len + 2) / 3 * 4 + 1);

	EVP_EncodeBlock((unsigned char *)out, data, (int)len);
	return out;
}

static int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

void *
base64_decode(const char *text, size_t len, size_t *out_len)
{
	unsigned char *out = xcalloc(1, len / 4 * 3 + 4);
	unsigned bits = 0;
	int have = 0;
	size_t n = 0, pad = 0;

	while (len > 0 && text[len - 1] == '=' && pad < 2) {
		len--;
		pad++;
	}
	for (size_t i = 0; i < len; i++) {
		int value = base64_value(text[i]);

		if (value < 0 || (i + 1 == len && len % 4 == 1)) {
			free(out);
			return NULL;
		}
		bits = (bits << 6 | (unsigned)value) & 0xffffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (unsigned char)(bits >> have);
		}
	}
	*out_len = n;
	return out;
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

	or_abort(HMAC(EVP_sha256(), options.key, (int)strlen(options.key),
		      (const unsigned char *)text, strlen(text), digest, &len));
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

static int
sequence_length(unsigned char c)
{
	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c <= 0xdf)
		return 2;
	if (c >= 0xe0 && c <= 0xef)
		return 3;
	return c >= 0xf0 && c <= 0xf4 ? 4 : 0;
}

bool
text_is_utf8(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s != '\0') {
		int len = sequence_length(*s);

		if (len == 0 || (*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
		    (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
			return false;
		for (int i = 1; i < len; i++)
			if ((s[i] & 0xc0) != 0x80)
				return false;
		s += len;
	}
	return true;
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
		or_abort(NULL);
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
