/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how the sender of a request is found by its header: each way, and each refusal. */
#include "auth/auth.h"

#include <sys/stat.h>
#include <unistd.h>

#include "auth/bearer.h"
#include "auth/failures.h"
#include "auth/token_file.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/config.h"
#include "folder.h"
#include "suite.h"

static struct config config;
static struct address_range proxies[2];
static struct config_principal principals[] = {
	{ (char *)(uintptr_t) "ann", ACCESS_READ, { NULL, 0 }, NULL },
	{ (char *)(uintptr_t) "eve", ACCESS_NONE, { NULL, 0 }, NULL },
	{ (char *)(uintptr_t) "root", ACCESS_ADMIN, { NULL, 0 }, NULL },
};
static struct auth *auth;
static char secret[TOKEN_LENGTH + 1];
static struct principal who;
static struct auth_refusal refusal;

/* Returns the status of the refusal, or 0. */
static int
ask(const char *from, bool tls, const char *authorization, const char *user)
{
	struct auth_request request = { .tls = tls, .authorization = authorization, .user = user };
	struct address_range range;

	CU_ASSERT_FATAL(address_range_parse(from, &range) == NULL);
	request.from = range.first;
	refusal = (struct auth_refusal){ 0 };
	return auth_check(auth, &request, &who, &refusal) ? 0 : refusal.status;
}

static int
ask_token(const char *text)
{
	char *header = xprintf("Bearer %s", text);
	int status = ask("127.0.0.1", false, header, NULL);

	free(header);
	return status;
}

static void
add_token(const char *name, enum access access, int64_t expires_s)
{
	struct token token = { .access = access, .expires_s = expires_s };
	char why[512];

	strcpy(token.name, name);
	token_make(secret);
	token_digest(secret, TOKEN_LENGTH, token.digest);
	CU_ASSERT_FATAL(token_file_add(config.auth.tokens, &token, why, sizeof(why)));
}

static void
begin(enum inbound inbound, enum access access, enum access unknown)
{
	char why[512];

	log_init(LOG_OFF, false);
	folder_make();
	config.access = access;
	config.auth.inbound = inbound;
	config.auth.unknown = unknown;
	config.auth.tokens = folder_path("tokens");
	config.auth.proxy = proxies;
	config.auth.proxies = 2;
	config.auth.principal = principals;
	config.auth.principals = ARRAY_SIZE(principals);
	CU_ASSERT(address_range_parse("10.1.0.0/16", &proxies[0]) == NULL);
	CU_ASSERT(address_range_parse("unix", &proxies[1]) == NULL);
	add_token("first", ACCESS_READ, 0);
	auth = auth_new(&config, why, sizeof(why));
	CU_ASSERT_FATAL(auth != NULL);
}

static void
end(void)
{
	auth_free(auth);
	free(config.auth.tokens);
	folder_remove();
}

/* ---- headers ------------------------------------------------------------------------------- */

static void
headers(void)
{
	static const struct {
		const char *header;
		enum bearer is;
	} cases[] = {
		{ NULL, BEARER_NONE },
		{ "", BEARER_NONE },
		{ "Basic YTpi", BEARER_NONE },
		{ "Digest username=\"a\"", BEARER_NONE },
		{ "lh_abc", BEARER_NONE },
		{ "Bearerabc", BEARER_NONE },
		{ "Bearer=abc", BEARER_NONE },
		{ "Bearer,abc", BEARER_NONE },
		{ "Bearer:abc", BEARER_NONE },
		{ "B\xc3\xa9"
		  "arer abc",
		  BEARER_NONE },
		{ "\"Bearer\" abc", BEARER_NONE },
		{ "Bearer", BEARER_MALFORMED },
		{ "Bearer ", BEARER_MALFORMED },
		{ "Bearer\tabc", BEARER_MALFORMED },
		{ "Bearer \tabc", BEARER_MALFORMED },
		{ "Bearer abc def", BEARER_MALFORMED },
		{ "Bearer abc,def", BEARER_MALFORMED },
		{ "Bearer abc, Bearer def", BEARER_MALFORMED },
		{ "Bearer =", BEARER_MALFORMED },
		{ "Bearer a=b", BEARER_MALFORMED },
		{ "Bearer \"abc\"", BEARER_MALFORMED },
		{ "Bearer token=abc", BEARER_MALFORMED },
		{ "Bearer abc\x01", BEARER_MALFORMED },
		{ "Bearer abc\x7f", BEARER_MALFORMED },
		{ "Bearer abc\xff", BEARER_MALFORMED },
		{ "Bearer \xc3\xa4", BEARER_MALFORMED },
		{ "Bearer abc%20", BEARER_MALFORMED },
		{ "Bearer abc;", BEARER_MALFORMED },
		{ "Bearer abc ", BEARER_MALFORMED },
		{ "Bearer abc", BEARER_TOKEN },
		{ "bearer abc", BEARER_TOKEN },
		{ "BEARER abc", BEARER_TOKEN },
		{ "bEaReR abc==", BEARER_TOKEN },
		{ "Bearer   abc", BEARER_TOKEN },
		{ "Bearer a-._~+/9", BEARER_TOKEN },
	};
	char *huge = xcalloc(1, BEARER_MAX + 20);
	const char *token;
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ASSERT_INT(bearer_read(cases[i].header, BEARER_MAX, &token, &len), cases[i].is);
	strcpy(huge, "Bearer ");
	memset(huge + 7, 'a', BEARER_MAX);
	ASSERT_INT(bearer_read(huge, BEARER_MAX, &token, &len), BEARER_TOKEN);
	ASSERT_INT(len, BEARER_MAX);
	huge[7 + BEARER_MAX] = 'a';
	ASSERT_INT(bearer_read(huge, BEARER_MAX, &token, &len), BEARER_MALFORMED);
	free(huge);
}

/* ---- tokens -------------------------------------------------------------------------------- */

static void
tokens(void)
{
	char good[TOKEN_LENGTH + 1], expired[TOKEN_LENGTH + 1], other[TOKEN_LENGTH + 1];
	char secret_of_bob[TOKEN_LENGTH + 1];

	begin(INBOUND_TOKEN, ACCESS_ADMIN, ACCESS_ADMIN);
	add_token("bob", ACCESS_WRITE, clock_wall_ms() / 1000 + 100);
	strcpy(good, secret);
	strcpy(secret_of_bob, secret);
	add_token("old", ACCESS_WRITE, clock_wall_ms() / 1000 - 1);
	strcpy(expired, secret);
	token_make(other);
	auth_reload(auth);
	ASSERT_INT(ask_token(good), 0);
	ASSERT_STR(who.name, "bob");
	ASSERT_INT(who.access, ACCESS_WRITE);
	ASSERT_INT(ask("127.0.0.1", false, NULL, NULL), 401);
	ASSERT_STR(refusal.field, "WWW-Authenticate");
	ASSERT_STR(refusal.value, "Bearer realm=\"lakehost\"");
	ASSERT_INT(ask("127.0.0.1", false, "Basic YTpi", "bob"), 401);
	CU_ASSERT(strstr(refusal.value, "error") == NULL);
	ASSERT_INT(ask_token(other), 401);
	CU_ASSERT(strstr(refusal.value, "error=\"invalid_token\"") != NULL);
	ASSERT_INT(ask_token(expired), 401);
	CU_ASSERT(strstr(refusal.value, "the token has expired") != NULL);
	good[TOKEN_LENGTH / 2] = good[TOKEN_LENGTH / 2] == 'a' ? 'b' : 'a'; /* another one */
	ASSERT_INT(ask_token(good), 401);
	strcpy(good, secret_of_bob);
	good[TOKEN_LENGTH - 1] = '\0'; /* cut short */
	ASSERT_INT(ask_token(good), 401);
	ASSERT_INT(ask("127.0.0.1", false, "Bearer a b", NULL), 400);
	end();
}

static void
narrowest(void)
{
	static const struct {
		const char *name;
		enum access token, overall, unknown;
		enum access expected;
	} cases[] = {
		{ "ann", ACCESS_ADMIN, ACCESS_ADMIN, ACCESS_ADMIN, ACCESS_READ },
		{ "root", ACCESS_READ, ACCESS_ADMIN, ACCESS_NONE, ACCESS_READ },
		{ "root", ACCESS_ADMIN, ACCESS_WRITE, ACCESS_NONE, ACCESS_WRITE },
		{ "root", ACCESS_ADMIN, ACCESS_ADMIN, ACCESS_NONE, ACCESS_ADMIN },
		{ "eve", ACCESS_ADMIN, ACCESS_ADMIN, ACCESS_ADMIN, ACCESS_NONE },
		{ "zoe", ACCESS_ADMIN, ACCESS_ADMIN, ACCESS_ADMIN, ACCESS_ADMIN },
		{ "zoe", ACCESS_ADMIN, ACCESS_ADMIN, ACCESS_READ, ACCESS_READ },
		{ "zoe", ACCESS_ADMIN, ACCESS_ADMIN, ACCESS_NONE, ACCESS_NONE },
		{ "zoe", ACCESS_READ, ACCESS_WRITE, ACCESS_ADMIN, ACCESS_READ },
		{ "zoe", ACCESS_READ, ACCESS_NONE, ACCESS_ADMIN, ACCESS_NONE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		begin(INBOUND_TOKEN, cases[i].overall, cases[i].unknown);
		add_token(cases[i].name, cases[i].token, 0);
		auth_reload(auth);
		ASSERT_INT(ask_token(secret), cases[i].expected == ACCESS_NONE ? 403 : 0);
		if (cases[i].expected != ACCESS_NONE)
			ASSERT_INT(who.access, cases[i].expected);
		end();
	}
}

static void
dead_file(void)
{
	char why[512];

	begin(INBOUND_TOKEN, ACCESS_ADMIN, ACCESS_ADMIN);
	ASSERT_INT(ask_token(secret), 0);
	CU_ASSERT(chmod(config.auth.tokens, 0666) == 0);
	auth_reload(auth);
	ASSERT_INT(ask_token(secret), 503);
	ASSERT_STR(refusal.field, "Retry-After");
	ASSERT_INT(ask("127.0.0.1", false, NULL, NULL), 503);
	CU_ASSERT(chmod(config.auth.tokens, 0600) == 0);
	auth_reload(auth);
	ASSERT_INT(ask_token(secret), 0);
	CU_ASSERT(unlink(config.auth.tokens) == 0);
	auth_reload(auth);
	ASSERT_INT(ask_token(secret), 503);
	CU_ASSERT(auth_new(&config, why, sizeof(why)) == NULL);
	CU_ASSERT(strstr(why, "lakehost token new NAME") != NULL);
	end();
}

static void
plain_http(void)
{
	char header[100];

	begin(INBOUND_TOKEN, ACCESS_ADMIN, ACCESS_ADMIN);
	snprintf(header, sizeof(header), "Bearer %s", secret);
	ASSERT_INT(ask("127.0.0.1", false, header, NULL), 0);
	ASSERT_INT(ask("::1", false, header, NULL), 0);
	ASSERT_INT(ask("unix", false, header, NULL), 0);
	ASSERT_INT(ask("10.1.7.7", false, header, NULL), 0); /* a listed proxy */
	ASSERT_INT(ask("10.2.7.7", true, header, NULL), 0);
	ASSERT_INT(ask("10.2.7.7", false, header, NULL), 403);
	ASSERT_INT(ask("2001:db8::1", false, header, NULL), 403);
	end();
}

/* ---- the rate of failures of an address ----------------------------------------------------- */

static void
failures_limited(void)
{
	char wrong[TOKEN_LENGTH + 1];

	begin(INBOUND_TOKEN, ACCESS_ADMIN, ACCESS_ADMIN);
	token_make(wrong);
	for (unsigned i = 0; i < FAILURES_MAX; i++)
		ASSERT_INT(ask_token(wrong), 401);
	ASSERT_INT(ask_token(wrong), 429);
	ASSERT_STR(refusal.field, "Retry-After");
	ASSERT_STR(refusal.value, "60");
	/* a caller with a valid token is not refused because of wrong tokens from the same
	 * address */
	ASSERT_INT(ask_token(secret), 0);
	ASSERT_INT(ask("10.1.0.9", true, "Bearer wrong", NULL), 401);
	end();
}

static void
failures_table(void)
{
	static struct failures failures;
	struct address from = { .kind = ADDRESS_IPV4 };
	struct address six = { .kind = ADDRESS_IPV6, .bytes = { 0x20, 1 } };

	for (unsigned i = 0; i < FAILURES_ADDRESSES; i++) {
		from.bytes[2] = (unsigned char)(i >> 8);
		from.bytes[3] = (unsigned char)i;
		CU_ASSERT(failures_count(&failures, &from, 1000));
	}
	CU_ASSERT(!failures_count(&failures, &six, 1000)); /* full */
	CU_ASSERT(!failures_count(&failures, &six, 1000 + FAILURES_WINDOW_MS - 1));
	CU_ASSERT(failures_count(&failures, &six, 1000 + FAILURES_WINDOW_MS));
	for (unsigned i = 1; i < FAILURES_MAX; i++) {
		six.bytes[15]++; /* a network of 64 bits counts as one address */
		CU_ASSERT(failures_count(&failures, &six, 1000 + FAILURES_WINDOW_MS));
	}
	six.bytes[15]++;
	CU_ASSERT(!failures_count(&failures, &six, 1000 + FAILURES_WINDOW_MS));
	six.bytes[7]++;
	CU_ASSERT(failures_count(&failures, &six, 1000 + FAILURES_WINDOW_MS));
	six.bytes[7]--;
	CU_ASSERT(failures_count(&failures, &six, 1000 + 2 * FAILURES_WINDOW_MS));
}

/* ---- the header that a proxy sends ---------------------------------------------------------- */

static void
proxy_header(void)
{
	static const char *const bad[] = { "",	      "local",	  "ann,bob", "ann\tx",
					   "ann\x7f", "\xc3\xa4", "a\x01" };
	char longest[PRINCIPAL_NAME_MAX + 1];

	begin(INBOUND_HEADER, ACCESS_WRITE, ACCESS_NONE);
	ASSERT_INT(ask("10.1.0.1", false, NULL, "ann"), 0);
	ASSERT_STR(who.name, "ann");
	ASSERT_INT(who.access, ACCESS_READ);
	ASSERT_INT(ask("unix", false, "Bearer ignored", "root"), 0);
	ASSERT_INT(who.access, ACCESS_WRITE);
	ASSERT_INT(ask("10.1.0.1", false, NULL, "eve"), 403);
	ASSERT_INT(ask("10.1.0.1", false, NULL, "zoe"), 403); /* not listed */
	/* this spelling is not accepted either */
	ASSERT_INT(ask("10.1.0.1", false, NULL, "Ann"), 403);
	ASSERT_INT(ask("10.1.0.1", false, NULL, NULL), 401);
	ASSERT_INT(ask("127.0.0.1", false, NULL, NULL), 401);
	ASSERT_INT(ask("127.0.0.1", false, NULL, "root"), 403); /* not a listed proxy */
	ASSERT_INT(ask("10.2.0.1", true, NULL, "root"), 403);
	ASSERT_INT(ask("10.2.0.1", true, NULL, NULL), 401);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ASSERT_INT(ask("10.1.0.1", false, NULL, bad[i]), 403);
	config.auth.unknown = ACCESS_READ;
	ASSERT_INT(ask("10.1.0.1", false, NULL, "zoe"), 0);
	ASSERT_INT(who.access, ACCESS_READ);
	memset(longest, 'n', sizeof(longest));
	longest[PRINCIPAL_NAME_MAX] = '\0';
	ASSERT_INT(ask("10.1.0.1", false, NULL, longest), 403);
	longest[PRINCIPAL_NAME_MAX - 1] = '\0';
	ASSERT_INT(ask("10.1.0.1", false, NULL, longest), 0);
	end();
}

static const struct test tests[] = {
	TEST(headers),	  TEST(tokens),		  TEST(narrowest),	TEST(dead_file),
	TEST(plain_http), TEST(failures_limited), TEST(failures_table), TEST(proxy_header),
};
SUITE(tests)
