/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions on numbers, NULLs, digests and encodings.
 */
#include "sql/sql.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

/* ---- numbers ---- */

static double
uniform(void)
{
	uint64_t bits;

	if (RAND_bytes((unsigned char *)&bits, sizeof(bits)) != 1)
		return 0.5;
	return (double)(bits >> 11) / 9007199254740992.0;
}

static void
fn_rand(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	(void)n;
	(void)v;
	sqlite3_result_double(ctx, uniform());
}

static void
fn_randn(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	(void)n;
	(void)v;
	sqlite3_result_double(ctx, sqrt(-2 * log(1 - uniform())) * cos(2 * M_PI * uniform()));
}

static void
fn_log(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	if (any_null(n, v) || n < 1 || n > 2)
		return;
	if (n == 1)
		sqlite3_result_double(ctx, log(sqlite3_value_double(v[0])));
	else
		sqlite3_result_double(ctx, log(sqlite3_value_double(v[1])) /
					       log(sqlite3_value_double(v[0])));
}

static void
fn_cbrt(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	if (!any_null(n, v))
		sqlite3_result_double(ctx, cbrt(sqlite3_value_double(v[0])));
}

/* _nz(divisor) returns the divisor, unless it is zero. */
static void
fn_nz(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	if (!any_null(n, v) && sqlite3_value_double(v[0]) == 0)
		func_error(ctx, "22012",
			   "[DIVIDE_BY_ZERO] Division by zero. Use `try_divide` to "
			   "tolerate divisor being 0 and return NULL instead. If necessary set "
			   "\"ansi_mode\" to \"false\" to bypass this error.");
	else
		sqlite3_result_value(ctx, v[0]);
}

static void
fn_pmod(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	double a = sqlite3_value_double(v[0]), b = sqlite3_value_double(v[1]), r;

	if (any_null(n, v))
		return;
	if (b == 0) {
		func_error(ctx, "22012", "[REMAINDER_BY_ZERO] Remainder by zero.");
		return;
	}
	r = fmod(fmod(a, b) + b, b);
	if (sqlite3_value_type(v[0]) == SQLITE_INTEGER &&
	    sqlite3_value_type(v[1]) == SQLITE_INTEGER)
		sqlite3_result_int64(ctx, (sqlite3_int64)r);
	else
		sqlite3_result_double(ctx, r);
}

static void
fn_try_divide(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	if (!any_null(n, v) && sqlite3_value_double(v[1]) != 0)
		sqlite3_result_double(ctx, sqlite3_value_double(v[0]) / sqlite3_value_double(v[1]));
}

static void
extreme(sqlite3_context *ctx, int n, sqlite3_value **v, bool greatest)
{
	sqlite3_value *best = NULL;

	for (int i = 0; i < n; i++) {
		bool numbers, better;

		if (sqlite3_value_type(v[i]) == SQLITE_NULL)
			continue;
		numbers = best != NULL && sqlite3_value_type(v[i]) != SQLITE_TEXT &&
			  sqlite3_value_type(best) != SQLITE_TEXT;
		if (best == NULL)
			better = true;
		else if (numbers)
			better =
			    (sqlite3_value_double(v[i]) > sqlite3_value_double(best)) == greatest;
		else
			better = (strcmp(arg_text(v[i]), arg_text(best)) > 0) == greatest;
		if (better)
			best = v[i];
	}
	if (best != NULL)
		sqlite3_result_value(ctx, best);
}

static void
fn_greatest(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	extreme(ctx, n, v, true);
}

static void
fn_least(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	extreme(ctx, n, v, false);
}

static void
fn_format_number(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	int64_t scale = sqlite3_value_int64(v[1]);
	char digits[400], out[540];
	size_t at = 0, whole;

	if (any_null(n, v) || scale < 0 || scale > 30)
		return;
	snprintf(digits, sizeof(digits), "%.*f", (int)scale, sqlite3_value_double(v[0]));
	whole = strcspn(digits, ".");
	for (size_t i = 0; i < whole; i++) {
		out[at++] = digits[i];
		if (digits[i] != '-' && i + 1 < whole && (whole - i - 1) % 3 == 0)
			out[at++] = ',';
	}
	snprintf(out + at, sizeof(out) - at, "%s", digits + whole);
	sqlite3_result_text(ctx, out, -1, SQLITE_TRANSIENT);
}

/* ---- NULL ---- */

static void
fn_isnull(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	sqlite3_result_int(ctx, any_null(n, v));
}

static void
fn_isnotnull(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	sqlite3_result_int(ctx, !any_null(n, v));
}

static void
fn_nvl2(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	sqlite3_result_value(ctx, any_null(n > 0, v) ? v[2] : v[1]);
}

static void
fn_zeroifnull(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	if (any_null(n, v))
		sqlite3_result_int(ctx, 0);
	else
		sqlite3_result_value(ctx, v[0]);
}

/* ---- digests and encodings ---- */

static void
digest(sqlite3_context *ctx, sqlite3_value *v, const char *algorithm)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	char hex[2 * EVP_MAX_MD_SIZE + 1];
	unsigned len = 0;

	if (sqlite3_value_type(v) == SQLITE_NULL)
		return;
	if (EVP_Digest(arg_text(v), strlen(arg_text(v)), bytes, &len,
		       EVP_get_digestbyname(algorithm), NULL) != 1)
		return;
	for (unsigned i = 0; i < len; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	sqlite3_result_text(ctx, hex, (int)(2 * len), SQLITE_TRANSIENT);
}

static void
fn_md5(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	(void)n;
	digest(ctx, v[0], "MD5");
}

static void
fn_sha1(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	(void)n;
	digest(ctx, v[0], "SHA1");
}

static void
fn_sha2(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	int64_t bits = sqlite3_value_int64(v[1]);

	(void)n;
	digest(ctx, v[0],
	       bits == 224   ? "SHA224"
	       : bits == 384 ? "SHA384"
	       : bits == 512 ? "SHA512"
			     : "SHA256");
}

static void
fn_base64(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	char *text;

	if (any_null(n, v))
		return;
	text = encode_base64(sqlite3_value_blob(v[0]), (size_t)sqlite3_value_bytes(v[0]));
	sqlite3_result_text(ctx, text, -1, SQLITE_TRANSIENT);
	free(text);
}

static void
fn_unbase64(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	size_t len = 0;
	void *bytes;

	if (any_null(n, v))
		return;
	bytes = decode_base64(arg_text(v[0]), strlen(arg_text(v[0])), &len);
	if (bytes != NULL)
		sqlite3_result_blob(ctx, bytes, (int)len, SQLITE_TRANSIENT);
	free(bytes);
}

static void
fn_uuid(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	char text[37];

	(void)n;
	(void)v;
	id_uuid(text);
	sqlite3_result_text(ctx, text, -1, SQLITE_TRANSIENT);
}

static void
fn_ascii(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	if (!any_null(n, v))
		sqlite3_result_int(ctx, (unsigned char)arg_text(v[0])[0]);
}

static void
fn_chr(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	char c = (char)(sqlite3_value_int64(v[0]) & 0x7f);

	if (!any_null(n, v))
		sqlite3_result_text(ctx, &c, 1, SQLITE_TRANSIENT);
}

static const struct func_row number_rows[] = {
	{ "_rand", fn_rand, -1, true },
	{ "_randn", fn_randn, -1, true },
	{ "_log", fn_log, -1, false },
	{ "cbrt", fn_cbrt, 1, false },
	{ "_nz", fn_nz, 1, false },
	{ "pmod", fn_pmod, 2, false },
	{ "try_divide", fn_try_divide, 2, false },
	{ "greatest", fn_greatest, -1, false },
	{ "least", fn_least, -1, false },
	{ "format_number", fn_format_number, 2, false },
	{ "isnull", fn_isnull, 1, false },
	{ "isnotnull", fn_isnotnull, 1, false },
	{ "nvl2", fn_nvl2, 3, false },
	{ "zeroifnull", fn_zeroifnull, 1, false },
	{ "md5", fn_md5, 1, false },
	{ "sha1", fn_sha1, 1, false },
	{ "sha2", fn_sha2, 2, false },
	{ "base64", fn_base64, 1, false },
	{ "unbase64", fn_unbase64, 1, false },
	{ "uuid", fn_uuid, 0, true },
	{ "ascii", fn_ascii, 1, false },
	{ "chr", fn_chr, 1, false },
	{ 0 },
};

void
functions_number(struct lake_conn *conn)
{
	register_rows(conn, number_rows);
}
