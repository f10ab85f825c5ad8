/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile access tokens, each refused for its own reason; and the good ones beside them, to show
 * that only the hostile part is the reason. Keys are made, and tokens are signed, with OpenSSL
 * alone. */
#include <stdio.h>

#include "auth/oauth.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "jwt_rig.h"
#include "suite.h"

#define H(alg, kid) "{\"alg\":\"" alg "\",\"kid\":\"" kid "\",\"typ\":\"at+jwt\"}"
#define HRS H("RS256", "rsa")
#define HX(more) "{\"alg\":\"RS256\",\"kid\":\"rsa\"," more "}"
/* The claims of a good token without some of them. NOW is 1700000000. */
#define ISS "\"iss\":\"" ISSUER "\""
#define AUD ",\"aud\":\"" RESOURCE "\""
#define SUB ",\"sub\":\"ann\",\"scope\":\"lake.read\""
#define EXP ",\"exp\":1700000300"
#define C(more) "{" ISS AUD SUB EXP more "}"
#define CGOOD C("")

#define UNKNOWN "unknown key"
#define FORGED "signature of the token is wrong"
#define FORM "wrong form"
#define ALGORITHM "not in auth.oauth.algorithms"
#define CLAIMS "claims of the token cannot be read"
#define HEADER "header of the token cannot be read"
#define EXTENSION "extension that is not supported"

struct token_case {
	const char *name, *header, *claims;
	enum jwt_sign sign;
	const char *why; /* a part of the reason; NULL: the token is accepted */
};

static const struct token_case algorithms[] = {
	{ "RS256", HRS, CGOOD, SIGN_RS256, NULL },
	{ "RS512", H("RS512", "rsa"), CGOOD, SIGN_RS512, NULL },
	{ "PS256", H("PS256", "rsa"), CGOOD, SIGN_PS256, NULL },
	{ "PS384", H("PS384", "only-ps384"), CGOOD, SIGN_PS384, NULL },
	{ "ES256", H("ES256", "p256"), CGOOD, SIGN_ES256, NULL },
	{ "ES384", H("ES384", "p384"), CGOOD, SIGN_ES384, NULL },
	{ "ES512", H("ES512", "p521"), CGOOD, SIGN_ES512, NULL },
	{ "type JWT", HX("\"typ\":\"JWT\""), CGOOD, SIGN_RS256, NULL },
	{ "type in full", HX("\"typ\":\"application/at+JWT\""), CGOOD, SIGN_RS256, NULL },
	{ "no type", "{\"alg\":\"RS256\",\"kid\":\"rsa\"}", CGOOD, SIGN_RS256, NULL },
	{ "two keys of one name", H("RS256", "twice"), CGOOD, SIGN_RS256, NULL },
	{ "none", H("none", "rsa"), CGOOD, SIGN_NOTHING, "not a signed" },
	{ "none with a signature", H("none", "rsa"), CGOOD, SIGN_RS256, ALGORITHM },
	{ "None", H("None", "rsa"), CGOOD, SIGN_RS256, ALGORITHM },
	{ "nOnE, unsigned", H("nOnE", "rsa"), CGOOD, SIGN_NOTHING, "not a signed" },
	{ "no alg", "{\"kid\":\"rsa\"}", CGOOD, SIGN_RS256, "does not name an algorithm" },
	{ "empty alg", H("", "rsa"), CGOOD, SIGN_RS256, ALGORITHM },
	{ "alg is null", "{\"alg\":null,\"kid\":\"rsa\"}", CGOOD, SIGN_RS256,
	  "does not name an algorithm" },
	{ "alg is a list", "{\"alg\":[\"RS256\"],\"kid\":\"rsa\"}", CGOOD, SIGN_RS256,
	  "does not name an algorithm" },
	{ "rs256 in lower case", H("rs256", "rsa"), CGOOD, SIGN_RS256, ALGORITHM },
	{ "RS256 and a blank", H("RS256 ", "rsa"), CGOOD, SIGN_RS256, ALGORITHM },
	{ "RS256 and NUL", H("RS256\\u0000", "rsa"), CGOOD, SIGN_RS256,
	  "does not name an algorithm" },
	{ "HS256, PEM as secret", H("HS256", "rsa"), CGOOD, SIGN_HMAC_PEM, ALGORITHM },
	{ "HS256, modulus as secret", H("HS256", "rsa"), CGOOD, SIGN_HMAC_N, ALGORITHM },
	{ "HS256, no secret", H("HS256", "rsa"), CGOOD, SIGN_HMAC_EMPTY, ALGORITHM },
	{ "HS256 called RS256", HRS, CGOOD, SIGN_HMAC_PEM, FORGED },
	{ "HS256 with an oct key", H("HS256", "oct"), CGOOD, SIGN_HMAC_EMPTY, ALGORITHM },
	{ "EdDSA", H("EdDSA", "okp"), CGOOD, SIGN_ZEROS, ALGORITHM },
	{ "ES256K", H("ES256K", "p256"), CGOOD, SIGN_ES256, ALGORITHM },
	{ "RS1", H("RS1", "rsa"), CGOOD, SIGN_RS256, ALGORITHM },
	{ "dir", H("dir", "rsa"), CGOOD, SIGN_RS256, ALGORITHM },
	{ "PS256 signed as RS256", H("PS256", "rsa"), CGOOD, SIGN_RS256, FORGED },
	{ "RS256 signed as PS256", HRS, CGOOD, SIGN_PS256, FORGED },
	{ "RS512 signed as RS256", H("RS512", "rsa"), CGOOD, SIGN_RS256, FORGED },
	{ "RS256 with a curve's key", H("RS256", "p256"), CGOOD, SIGN_RS256, UNKNOWN },
	{ "ES256 with an RSA key", H("ES256", "rsa"), CGOOD, SIGN_ES256, UNKNOWN },
	{ "ES256 with P-384", H("ES256", "p384"), CGOOD, SIGN_ES256, UNKNOWN },
	{ "ES384 with P-256", H("ES384", "p256"), CGOOD, SIGN_ES384, UNKNOWN },
	{ "ES384 with a short signature", H("ES384", "p384"), CGOOD, SIGN_ES256, FORM },
	{ "ES256 of zeros", H("ES256", "p256"), CGOOD, SIGN_ZEROS, FORGED },
	{ "ES256 in ASN.1", H("ES256", "p256"), CGOOD, SIGN_DER, FORM },
	{ "a key off its curve", H("ES256", "off-curve"), CGOOD, SIGN_ES256, UNKNOWN },
	{ "RS256 cut short", HRS, CGOOD, SIGN_SHORT, FORGED },
	{ "RS256 of 64 zeros", HRS, CGOOD, SIGN_ZEROS, FORGED },
};

static const struct token_case keys[] = {
	{ "the key of another server", HRS, CGOOD, SIGN_OTHER, FORGED },
	{ "the key of another server, no kid", "{\"alg\":\"ES512\"}", CGOOD, SIGN_ES384, FORM },
	{ "no kid, one key fits", "{\"alg\":\"ES256\"}", CGOOD, SIGN_ES256, NULL },
	{ "unknown kid", H("RS256", "k9"), CGOOD, SIGN_RS256, UNKNOWN },
	{ "empty kid", H("RS256", ""), CGOOD, SIGN_RS256, UNKNOWN },
	{ "kid in other case", H("RS256", "RSA"), CGOOD, SIGN_RS256, UNKNOWN },
	{ "kid and a blank", H("RS256", "rsa "), CGOOD, SIGN_RS256, UNKNOWN },
	{ "kid and NUL", H("RS256", "rsa\\u0000"), CGOOD, SIGN_RS256, "kid" },
	{ "kid is a path", H("RS256", "../../keys/rsa"), CGOOD, SIGN_RS256, FORGED },
	{ "kid is a file", H("RS256", "/dev/null"), CGOOD, SIGN_HMAC_EMPTY, UNKNOWN },
	{ "kid is SQL", H("RS256", "x' UNION SELECT 'rsa"), CGOOD, SIGN_RS256, UNKNOWN },
	{ "kid is a command", H("RS256", "|sleep 9"), CGOOD, SIGN_RS256, UNKNOWN },
	{ "kid is a number", "{\"alg\":\"RS256\",\"kid\":1}", CGOOD, SIGN_RS256, "kid" },
	{ "kid is null", "{\"alg\":\"RS256\",\"kid\":null}", CGOOD, SIGN_RS256, "kid" },
	{ "kid is an object", "{\"alg\":\"RS256\",\"kid\":{}}", CGOOD, SIGN_RS256, "kid" },
	{ "a key for encryption", H("RS256", "for-encryption"), CGOOD, SIGN_RS256, UNKNOWN },
	{ "use is a number", H("RS256", "use-number"), CGOOD, SIGN_RS256, UNKNOWN },
	{ "a key that wraps keys", H("RS256", "wraps-keys"), CGOOD, SIGN_RS256, UNKNOWN },
	{ "key_ops is a text", H("RS256", "ops-text"), CGOOD, SIGN_RS256, UNKNOWN },
	{ "a key of another alg", H("RS256", "only-ps384"), CGOOD, SIGN_RS256, UNKNOWN },
	{ "a key for RSA-OAEP", H("RS256", "alg-oaep"), CGOOD, SIGN_RS256, UNKNOWN },
	{ "alg of the key is a number", H("RS256", "alg-number"), CGOOD, SIGN_RS256, UNKNOWN },
	{ "a key of 1024 bits", H("RS256", "small"), CGOOD, SIGN_SMALL, UNKNOWN },
	{ "jku", HX("\"jku\":\"https://evil.example/keys\""), CGOOD, SIGN_OTHER, FORGED },
	{ "x5u", HX("\"x5u\":\"https://evil.example/cert\""), CGOOD, SIGN_OTHER, FORGED },
	{ "jku changes nothing", HX("\"jku\":\"https://evil.example\""), CGOOD, SIGN_RS256, NULL },
	{ "jwk", HX("\"jwk\":{\"kty\":\"oct\",\"k\":\"\"}"), CGOOD, SIGN_OTHER, FORGED },
	{ "x5c", HX("\"x5c\":[\"MIIB\"]"), CGOOD, SIGN_OTHER, FORGED },
	{ "crit", HX("\"crit\":[\"exp\"]"), CGOOD, SIGN_RS256, EXTENSION },
	{ "empty crit", HX("\"crit\":[]"), CGOOD, SIGN_RS256, EXTENSION },
	{ "b64", HX("\"crit\":[\"b64\"],\"b64\":false"), CGOOD, SIGN_RS256, EXTENSION },
	{ "b64 without crit", HX("\"b64\":false"), CGOOD, SIGN_RS256, EXTENSION },
	{ "zip", HX("\"zip\":\"DEF\""), CGOOD, SIGN_RS256, EXTENSION },
	{ "nested", HX("\"cty\":\"JWT\""), CGOOD, SIGN_RS256, EXTENSION },
	{ "enc", HX("\"enc\":\"A128GCM\""), CGOOD, SIGN_RS256, EXTENSION },
	{ "another type", HX("\"typ\":\"secevent+jwt\""), CGOOD, SIGN_RS256, "type" },
	{ "a logout token", HX("\"typ\":\"logout+jwt\""), CGOOD, SIGN_RS256, "type" },
	{ "a proof", HX("\"typ\":\"dpop+jwt\""), CGOOD, SIGN_RS256, "type" },
	{ "type is a number", HX("\"typ\":1"), CGOOD, SIGN_RS256, "type" },
	{ "type is null", HX("\"typ\":null"), CGOOD, SIGN_RS256, "type" },
	{ "alg twice", "{\"alg\":\"none\",\"alg\":\"RS256\",\"kid\":\"rsa\"}", CGOOD, SIGN_RS256,
	  HEADER },
	{ "kid twice", "{\"alg\":\"RS256\",\"kid\":\"x\",\"kid\":\"rsa\"}", CGOOD, SIGN_RS256,
	  HEADER },
	{ "header is a list", "[\"RS256\"]", CGOOD, SIGN_RS256, HEADER },
	{ "header is no JSON", "{alg:RS256}", CGOOD, SIGN_RS256, HEADER },
	{ "two headers", HRS HRS, CGOOD, SIGN_RS256, HEADER },
	{ "header is a text", "\"RS256\"", CGOOD, SIGN_RS256, HEADER },
};

static const struct token_case claims[] = {
	{ "audience in a list", HRS, "{" ISS ",\"aud\":[\"x\",\"api://lake\"]" SUB EXP "}",
	  SIGN_RS256, NULL },
	{ "no issuer", HRS, "{\"jti\":\"1\"" AUD SUB EXP "}", SIGN_RS256, "issuer" },
	{ "another issuer", HRS, "{\"iss\":\"https://as.example.com\"" AUD SUB EXP "}", SIGN_RS256,
	  "issuer" },
	{ "issuer and a slash", HRS, "{\"iss\":\"" ISSUER "/\"" AUD SUB EXP "}", SIGN_RS256,
	  "issuer" },
	{ "issuer in upper case", HRS, "{\"iss\":\"https://AS.example.com/tenant\"" AUD SUB EXP "}",
	  SIGN_RS256, "issuer" },
	{ "issuer in a list", HRS, "{\"iss\":[\"" ISSUER "\"]" AUD SUB EXP "}", SIGN_RS256,
	  "issuer" },
	{ "issuer and NUL", HRS, "{\"iss\":\"" ISSUER "\\u0000x\"" AUD SUB EXP "}", SIGN_RS256,
	  "issuer" },
	{ "issuer twice", HRS, "{\"iss\":\"https://evil.example\"," ISS AUD SUB EXP "}", SIGN_RS256,
	  CLAIMS },
	{ "no audience", HRS, "{" ISS SUB EXP "}", SIGN_RS256, "audience" },
	{ "another audience", HRS, "{" ISS ",\"aud\":\"https://other.example\"" SUB EXP "}",
	  SIGN_RS256, "audience" },
	{ "audience and a slash", HRS, "{" ISS ",\"aud\":\"" RESOURCE "/\"" SUB EXP "}", SIGN_RS256,
	  "audience" },
	{ "audience is a prefix", HRS, "{" ISS ",\"aud\":\"https://lake.example.com\"" SUB EXP "}",
	  SIGN_RS256, "audience" },
	{ "audiences in one text", HRS, "{" ISS ",\"aud\":\"x " RESOURCE "\"" SUB EXP "}",
	  SIGN_RS256, "audience" },
	{ "empty list of audiences", HRS, "{" ISS ",\"aud\":[]" SUB EXP "}", SIGN_RS256,
	  "audience" },
	{ "audience is an object", HRS, "{" ISS ",\"aud\":{\"" RESOURCE "\":1}" SUB EXP "}",
	  SIGN_RS256, "audience" },
	{ "a number among audiences", HRS, "{" ISS ",\"aud\":[1,\"" RESOURCE "\"]" SUB EXP "}",
	  SIGN_RS256, "audience" },
	{ "audience in a list in a list", HRS, "{" ISS ",\"aud\":[[\"" RESOURCE "\"]]" SUB EXP "}",
	  SIGN_RS256, "audience" },
	{ "audience and NUL", HRS, "{" ISS ",\"aud\":\"" RESOURCE "\\u0000\"" SUB EXP "}",
	  SIGN_RS256, "audience" },
	{ "audience twice", HRS, "{" ISS ",\"aud\":\"x\"" AUD SUB EXP "}", SIGN_RS256, CLAIMS },
	{ "no expiry", HRS, "{" ISS AUD SUB "}", SIGN_RS256, "no expiry time" },
	{ "expired", HRS, "{" ISS AUD SUB ",\"exp\":1699990000}", SIGN_RS256, "has expired" },
	{ "expired by skew", HRS, "{" ISS AUD SUB ",\"exp\":1699999940}", SIGN_RS256,
	  "has expired" },
	{ "expired by skew - 1", HRS, "{" ISS AUD SUB ",\"exp\":1699999941}", SIGN_RS256, NULL },
	{ "a fraction", HRS, "{" ISS AUD SUB ",\"exp\":1700000000.5}", SIGN_RS256, NULL },
	{ "expiry is a text", HRS, "{" ISS AUD SUB ",\"exp\":\"1700000300\"}", SIGN_RS256,
	  "time of the token is not valid" },
	{ "expiry is null", HRS, "{" ISS AUD SUB ",\"exp\":null}", SIGN_RS256,
	  "time of the token is not valid" },
	{ "expiry is true", HRS, "{" ISS AUD SUB ",\"exp\":true}", SIGN_RS256,
	  "time of the token is not valid" },
	{ "expiry is negative", HRS, "{" ISS AUD SUB ",\"exp\":-1}", SIGN_RS256,
	  "time of the token is not valid" },
	{ "expiry is 1e400", HRS, "{" ISS AUD SUB ",\"exp\":1e400}", SIGN_RS256, "" },
	{ "expiry beyond 64 bits", HRS, "{" ISS AUD SUB ",\"exp\":99999999999999999999}",
	  SIGN_RS256, "time of the token is not valid" },
	{ "milliseconds", HRS, "{" ISS AUD SUB ",\"exp\":1700000300000}", SIGN_RS256, "not valid" },
	{ "expiry twice", HRS, C(",\"exp\":1800000000"), SIGN_RS256, CLAIMS },
	{ "not before, by skew", HRS, C(",\"nbf\":1700000060"), SIGN_RS256, NULL },
	{ "not before, by skew + 1", HRS, C(",\"nbf\":1700000061"), SIGN_RS256, "not valid yet" },
	{ "not before is a text", HRS, C(",\"nbf\":\"0\""), SIGN_RS256, "a time in the token" },
	{ "issued in the future, by skew", HRS, C(",\"iat\":1700000060"), SIGN_RS256, NULL },
	{ "issued by skew + 1", HRS, C(",\"iat\":1700000061"), SIGN_RS256, "in the future" },
	{ "issued is a list", HRS, C(",\"iat\":[]"), SIGN_RS256, "a time in the token" },
	{ "no subject", HRS, "{" ISS AUD EXP "}", SIGN_RS256, "no valid name" },
	{ "empty subject", HRS, "{" ISS AUD EXP ",\"sub\":\"\"}", SIGN_RS256, "no valid name" },
	{ "subject local", HRS, "{" ISS AUD EXP ",\"sub\":\"local\"}", SIGN_RS256,
	  "no valid name" },
	{ "subject and NUL", HRS, "{" ISS AUD EXP ",\"sub\":\"root\\u0000x\"}", SIGN_RS256,
	  "no valid name" },
	{ "subject with a line end", HRS, "{" ISS AUD EXP ",\"sub\":\"a\\nb\"}", SIGN_RS256,
	  "no valid name" },
	{ "subject is a list", HRS, "{" ISS AUD EXP ",\"sub\":[\"root\"]}", SIGN_RS256,
	  "no valid name" },
	{ "subject is a number", HRS, "{" ISS AUD EXP ",\"sub\":0}", SIGN_RS256, "no valid name" },
	{ "subject twice", HRS, C(",\"sub\":\"root\""), SIGN_RS256, CLAIMS },
	{ "subject twice, escaped", HRS, C(",\"s\\u0075b\":\"root\""), SIGN_RS256, CLAIMS },
	{ "claims are a list", HRS, "[]", SIGN_RS256, CLAIMS },
	{ "claims are no JSON", HRS, "{iss:1}", SIGN_RS256, CLAIMS },
	{ "claims with NaN", HRS, C(",\"x\":NaN"), SIGN_RS256, CLAIMS },
	{ "claims and more", HRS, CGOOD "{}", SIGN_RS256, CLAIMS },
	{ "claims with bad UTF-8", HRS, C(",\"x\":\"\xff\""), SIGN_RS256, CLAIMS },
	{ "claims with a lone surrogate", HRS, C(",\"x\":\"\\ud800\""), SIGN_RS256, CLAIMS },
	{ "nested deeply", HRS, C(",\"x\":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]"), SIGN_RS256,
	  CLAIMS },
};

/* ---- playing them -------------------------------------------------------------------------- */

static struct config config;
static struct loop *loop;
static struct oauth *oauth;
static size_t refused_count;

/* The first token with an unknown key makes the host fetch the keys again. */
static void
ask_once(void)
{
	char *token = jwt_rig_token(H("RS256", "new"), CGOOD, SIGN_RS256);
	struct principal principal;
	struct oauth_fault fault;

	CU_ASSERT(!oauth_check(oauth, token, strlen(token), NOW, &principal, &fault));
	ASSERT_INT(fault.status, 503);
	free(token);
}

static void
begin(void)
{
	struct fetcher fetcher = jwt_rig_fetcher();
	char why[512], *set;

	log_init(LOG_OFF, false);
	jwt_rig_begin();
	jwt_rig_config(&config);
	config.auth.oauth->jwks_url = (char *)(uintptr_t) "https://as.example.com/keys";
	loop = loop_new();
	oauth = oauth_new(&config, why, sizeof(why));
	CU_ASSERT_FATAL(oauth != NULL);
	oauth_start(oauth, loop, &fetcher);
	set = jwt_rig_set(NULL);
	jwt_rig_answer(set, NULL);
	ask_once();
	jwt_rig_answer(set, NULL);
	free(set);
}

static void
end(void)
{
	oauth_free(oauth);
	loop_free(loop);
	jwt_rig_config_fini(&config);
	jwt_rig_end();
}

/* The token is accepted (`why` NULL), or refused with a reason that has this part. */
static void
play(const char *name, const char *token, size_t len, const char *why)
{
	struct principal principal;
	struct oauth_fault fault = { 0 };
	bool good = oauth_check(oauth, token, len, NOW, &principal, &fault);
	bool fine = why == NULL ? good : !good && strstr(fault.why, why) != NULL;

	if (!fine)
		printf("\n    %s: %s", name, good ? "accepted" : fault.why);
	CU_ASSERT(fine);
	CU_ASSERT(good || fault.status == 401 || fault.status == 403);
	CU_ASSERT(!good || strcmp(principal.name, "ann") == 0);
	refused_count += why != NULL;
}

static void
play_all(const struct token_case *list, size_t n)
{
	begin();
	for (size_t i = 0; i < n; i++) {
		char *token = jwt_rig_token(list[i].header, list[i].claims, list[i].sign);

		play(list[i].name, token, strlen(token), list[i].why);
		play(list[i].name, token, strlen(token), list[i].why); /* from the cache */
		refused_count -= list[i].why != NULL;
		free(token);
	}
	end();
}

static void
of_algorithms(void)
{
	play_all(algorithms, ARRAY_SIZE(algorithms));
}

static void
of_keys(void)
{
	play_all(keys, ARRAY_SIZE(keys));
}

static void
of_claims(void)
{
	play_all(claims, ARRAY_SIZE(claims));
}

/* ---- the text of a token -------------------------------------------------------------------- */

/* Puts `insert` in place of `cut` bytes at `at`, and plays it. */
static void
play_changed(const char *name, const char *good, size_t at, size_t cut, const char *insert)
{
	char *text = xprintf("%.*s%s%s", (int)at, good, insert, good + at + cut);

	play(name, text, strlen(text), "");
	free(text);
}

static void
of_texts(void)
{
	char *good, *dot, *last, *huge;
	size_t len;

	begin();
	good = jwt_rig_token(HRS, CGOOD, SIGN_RS256);
	len = strlen(good);
	dot = strchr(good, '.');
	last = strrchr(good, '.');
	play("good", good, len, NULL);
	play("empty", "", 0, "not a signed");
	play("dots", "..", 2, "not a signed");
	play("one part", good, (size_t)(dot - good), "not a signed");
	play("two parts", good, (size_t)(last - good), "not a signed");
	play("no signature", good, (size_t)(last - good) + 1, "not a signed");
	play_changed("four parts", good, len, 0, ".AAAA");
	play_changed("five parts, as JWE", good, len, 0, ".AAAA.AAAA");
	play_changed("a dot first", good, 0, 0, ".");
	play_changed("padding after the header", good, (size_t)(dot - good), 0, "=");
	play_changed("padding at the end", good, len, 0, "==");
	play_changed("a blank at the end", good, len, 0, " ");
	play_changed("a line end inside", good, (size_t)(dot - good) + 9, 0, "\n");
	play_changed("the other alphabet", good, (size_t)(last - good) + 5, 1, "+");
	play_changed("the other alphabet", good, (size_t)(last - good) + 5, 1, "/");
	play_changed("a quote", good, 3, 1, "\"");
	play_changed("a byte of the header", good, 5, 1, good[5] == 'A' ? "B" : "A");
	play_changed("a byte of the claims", good, (size_t)(dot - good) + 30, 1,
		     dot[30] == 'A' ? "B" : "A");
	play_changed("a byte of the signature", good, (size_t)(last - good) + 30, 1,
		     last[30] == 'A' ? "B" : "A");
	play_changed("a byte more", good, len, 0, "AAAA");
	play_changed("JSON form", good, 0, len, "{\"payload\":\"e30\",\"signatures\":[]}");
	play("NUL inside", "a\0b.c.d", 7, "");
	huge = xcalloc(1, 200001);
	memset(huge, 'A', 200000);
	play("huge", huge, 200000, "too long");
	memset(huge + 4, '.', 1);
	memset(huge + 16000, '.', 1);
	play("a huge part", huge, 16300, HEADER);
	free(huge);
	free(good);
	end();
}

/* The number that the documents state. */
static void
enough(void)
{
	if (refused_count > 0) { /* not when a test runs alone */
		printf("\n    %zu hostile tokens", refused_count);
		CU_ASSERT(refused_count >= 80);
	}
	CU_ASSERT(true);
}

static const struct test tests[] = {
	TEST(of_algorithms), TEST(of_keys), TEST(of_claims), TEST(of_texts), TEST(enough),
};
SUITE(tests)
