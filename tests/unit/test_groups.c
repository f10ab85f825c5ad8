/* SPDX-License-Identifier: Apache-2.0 */
/* The groups of a principal, from each kind of credential, and the access that they give. */
#include "auth/auth.h"

#include "auth/groups.h"
#include "auth/token_file.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/config.h"
#include "config/text.h"
#include "folder.h"
#include "suite.h"

static struct config config;
static struct address_range proxy;
static char *const ann_groups[] = { (char *)(uintptr_t) "ops" };
static struct config_principal principals[] = {
	{ (char *)(uintptr_t) "ann", ACCESS_ADMIN, { (char **)(uintptr_t)ann_groups, 1 }, NULL },
};
static struct config_group listed[] = {
	{ (char *)(uintptr_t) "analysts", ACCESS_READ, true },
	{ (char *)(uintptr_t) "ops", ACCESS_WRITE, true },
	{ (char *)(uintptr_t) "barred", ACCESS_NONE, true },
	{ (char *)(uintptr_t) "staff", ACCESS_NONE, false },
};
static struct principal who;
static struct auth_refusal refusal;

static void
begin(enum inbound inbound)
{
	log_init(LOG_OFF, false);
	folder_make();
	config = (struct config){ .access = ACCESS_ADMIN };
	config.auth.inbound = inbound;
	config.auth.unknown = ACCESS_NONE;
	config.auth.tokens = folder_path("tokens");
	config.auth.proxy = &proxy;
	config.auth.proxies = 1;
	config.auth.principal = principals;
	config.auth.principals = ARRAY_SIZE(principals);
	config.auth.group = listed;
	config.auth.groups_listed = ARRAY_SIZE(listed);
	for (size_t i = 0; i < ARRAY_SIZE(listed); i++)
		strings_add(&config.auth.groups, listed[i].name);
	CU_ASSERT(address_range_parse("127.0.0.1", &proxy) == NULL);
}

static void
end(void)
{
	strings_fini(&config.auth.groups);
	free(config.auth.tokens);
	folder_remove();
}

/* The status of the refusal, or 0. */
static int
ask(struct auth *auth, const struct auth_request *request)
{
	refusal = (struct auth_refusal){ 0 };
	return auth_check(auth, request, &who, &refusal) ? 0 : refusal.status;
}

static void
lists(void)
{
	struct principal principal = { .access = ACCESS_READ };
	char name[16];

	begin(INBOUND_HEADER);
	CU_ASSERT(groups_add_list(&config, " staff ,unknown,, ops,staff,", &principal));
	ASSERT_INT(principal.n_groups, 2);
	CU_ASSERT(principal_in_group(&principal, "staff"));
	CU_ASSERT(principal_in_group(&principal, "ops"));
	CU_ASSERT(!principal_in_group(&principal, "op"));
	CU_ASSERT(!principal_in_group(&principal, "unknown"));
	/* any number of groups that are not named, and exactly PRINCIPAL_GROUPS_MAX that are */
	principal.n_groups = 0;
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "other-%u", i);
		CU_ASSERT(groups_add(&config, name, strlen(name), &principal));
	}
	ASSERT_INT(principal.n_groups, 0);
	for (unsigned i = 0; i <= PRINCIPAL_GROUPS_MAX; i++) {
		snprintf(name, sizeof(name), "g%u", i);
		strings_add(&config.auth.groups, name);
		CU_ASSERT(groups_add(&config, name, strlen(name), &principal) ==
			  (i < PRINCIPAL_GROUPS_MAX));
	}
	end();
}

static void
header(void)
{
	static const struct {
		const char *user, *groups;
		int status;
		enum access access;
		unsigned n_groups;
	} cases[] = {
		{ "zoe", NULL, 403, ACCESS_NONE, 0 },
		{ "zoe", "staff", 403, ACCESS_NONE, 0 }, /* it grants nothing */
		{ "zoe", "analysts", 0, ACCESS_READ, 1 },
		{ "zoe", "staff, ops", 0, ACCESS_WRITE, 2 },
		{ "zoe", "ops,analysts", 0, ACCESS_READ, 2 }, /* the narrowest */
		{ "zoe", "ops,barred", 403, ACCESS_NONE, 0 },
		{ "ann", NULL, 0, ACCESS_WRITE, 1 }, /* in "ops" by the configuration */
		{ "ann", "analysts", 0, ACCESS_READ, 2 },
	};
	struct auth *auth;
	char why[512];

	begin(INBOUND_HEADER);
	auth = auth_new(&config, why, sizeof(why));
	CU_ASSERT_FATAL(auth != NULL);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct auth_request request = { .from = proxy.first,
						.user = cases[i].user,
						.groups = cases[i].groups };

		ASSERT_INT(ask(auth, &request), cases[i].status);
		if (cases[i].status == 0) {
			ASSERT_INT(who.access, cases[i].access);
			ASSERT_INT(who.n_groups, cases[i].n_groups);
		}
	}
	auth_free(auth);
	end();
}

/* Only a listed proxy may name groups. */
static void
forged(void)
{
	struct auth_request request = { .tls = true, .groups = "ops" };
	struct address_range stranger;
	struct auth *auth;
	char why[512];

	begin(INBOUND_HEADER);
	auth = auth_new(&config, why, sizeof(why));
	CU_ASSERT(address_range_parse("192.0.2.1", &stranger) == NULL);
	request.from = stranger.first;
	ASSERT_INT(ask(auth, &request), 403);
	CU_ASSERT(strstr(refusal.why, "names the groups") != NULL);
	auth_free(auth);
	end();
}

static void
token(void)
{
	struct token made = { .name = "bob", .access = ACCESS_ADMIN, .groups = "unknown,ops" };
	char secret[TOKEN_LENGTH + 1], text[TOKEN_LENGTH + 8], why[512];
	struct auth_request request = { .from = proxy.first, .authorization = text };
	struct auth *auth;

	begin(INBOUND_TOKEN);
	request.from = proxy.first;
	token_make(secret);
	token_digest(secret, TOKEN_LENGTH, made.digest);
	snprintf(text, sizeof(text), "Bearer %s", secret);
	CU_ASSERT(token_file_add(config.auth.tokens, &made, why, sizeof(why)));
	auth = auth_new(&config, why, sizeof(why));
	CU_ASSERT_FATAL(auth != NULL);
	ASSERT_INT(ask(auth, &request), 0);
	ASSERT_INT(who.access, ACCESS_WRITE);
	ASSERT_INT(who.n_groups, 1);
	ASSERT_STR(who.groups[0], "ops");
	auth_free(auth);
	end();
}

static const struct test tests[] = { TEST(lists), TEST(header), TEST(forged), TEST(token) };
SUITE(tests)
