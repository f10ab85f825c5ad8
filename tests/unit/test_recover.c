/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of messages that are refused or slightly invalid: their ids, half surrogate pairs, byte
 * order marks, null for an absent member, U+0000. */
#include "suite.h"

#include "config/config.h"
#include "message_rig.h"
#include "rpc/mend.h"
#include "rpc/recover.h"

static const struct {
	const char *text, *id;
} cases[] = {
	{ "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"m\"}", "7" },
	{ "{\"method\":\"m\",\"params\":{\"id\":1,\"x\":[{\"id\":2}]},\"id\":\"a\"}", "\"a\"" },
	{ " { \"id\" : -3 , \"method\" : NaN", "-3" },
	{ "\xEF\xBB\xBF{\"id\":\"x\",\"method\":\"\xff\"}", "\"x\"" },
	{ "{\"id\":\"a\\\"},\\u0062\",\"method\":", "\"a\\\"},\\u0062\"" },
	{ "{\"method\":\"m\",\"params\":\"}\\\"\",\"id\":4}trailing", "4" },
	{ "{\"method\":\"m\",\"params\":[[[[[[[[[\"id\",{\"id\":9", NULL },
	{ "{\"id\":5,\"params\":{", "5" },
	{ "{\"id\":9007199254740993,\"method\":\"m\"}", "9007199254740993" },
	/* messages that are not complete, have no id or several ids, or answer the host */
	{ "{\"id\":12", NULL },
	{ "{\"id\":\"ab", NULL },
	{ "{\"id\":null,\"method\":\"m\"}", NULL },
	{ "{\"id\":1.5,\"method\":\"m\"}", NULL },
	{ "{\"id\":1e3,\"method\":\"m\"}", NULL },
	{ "{\"id\":[1],\"method\":\"m\"}", NULL },
	{ "{\"id\":{\"id\":1},\"method\":\"m\"}", NULL },
	{ "{\"id\":-,\"method\":\"m\"}", NULL },
	{ "{\"id\":,\"method\":\"m\"}", NULL },
	{ "{\"id\":01,\"method\":\"m\"}", NULL },
	{ "{\"id\":\"\xff\",\"method\":\"m\"}", NULL },
	{ "{\"id\":\"\\ud800\",\"method\":\"m\"}", NULL },
	{ "{\"id\":\"a\"x,\"method\":\"m\"}", NULL },
	{ "{\"id\":1,\"id\":2,\"method\":\"m\"}", NULL },
	{ "{\"id\":1,\"result\":{}}", NULL },
	{ "{\"id\":1,\"error\":{}}", NULL },
	{ "{\"ids\":1,\"xid\":2,\"i\":3,\"method\":\"m\"}", NULL },
	{ "[{\"id\":1,\"method\":\"m\"}]", NULL },
	{ "{'id':1,'method':'m'}", NULL },
	{ "\"id\":1", NULL },
	{ "", NULL },
	{ "{", NULL },
	{ "GARBAGE", NULL },
};

static void
ids_are_found(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t piece = 1; piece < 50; piece += 6) {
			struct recover recover = { .depth = 0 };
			size_t len = strlen(cases[i].text);

			for (size_t at = 0; at < len; at += piece)
				recover_feed(&recover, cases[i].text + at,
					     len - at < piece ? len - at : piece);
			ASSERT_STR(recover_id(&recover), cases[i].id);
		}
}

static void
long_ids_are_not_kept(void)
{
	struct recover recover = { .depth = 0 };

	recover_feed(&recover, "{\"method\":\"m\",\"id\":\"", 20);
	for (size_t i = 0; i < 2 * RECOVER_ID_MAX; i++)
		recover_feed(&recover, "x", 1);
	recover_feed(&recover, "\",", 2);
	CU_ASSERT(recover_id(&recover) == NULL);
}

static void
surrogates_are_mended(void)
{
	static const struct {
		const char *text, *mended;
	} texts[] = {
		{ "plain \\n \\u00e9 \\\\ud800 \\ud83d\\ude00", NULL },
		{ "\\ud83d", "\\ufffd" },
		{ "\\uDE00x", "\\ufffdx" },
		{ "\\ud83d\\ud83d\\ude00", "\\ufffd\\ud83d\\ude00" },
		{ "\\ude00\\ud83d", "\\ufffd\\ufffd" },
		{ "\\\\\\udbff\\n", "\\\\\\ufffd\\n" },
		{ "\\ud83", NULL },
		{ "\\ud83d\\", "\\ufffd\\" },
		{ "\\", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *mended = mend_surrogates(texts[i].text, strlen(texts[i].text));

		ASSERT_STR(mended, texts[i].mended);
		free(mended);
	}
	ASSERT_INT(mend_mark("\xEF\xBB\xBF{", 4), 3);
	ASSERT_INT(mend_mark("\xEF\xBB", 2), 0);
	ASSERT_INT(mend_mark("{}", 2), 0);
}

#define MESSAGE(id, params) \
	"{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"m\",\"params\":" params "}"

static void
messages_are_taken_as_meant(void)
{
	ASSERT_INT(parse("\xEF\xBB\xBF" MESSAGE("1", "null")), 0);
	CU_ASSERT(message.params == NULL);
	ASSERT_INT(parse(MESSAGE("1", "{\"cursor\":null,\"arguments\":null,\"x\":null,"
				      "\"_meta\":{\"progressToken\":null}}")),
		   0);
	ASSERT_INT(json_object_object_length(message.params), 1);
	CU_ASSERT(message.meta[META_TOKEN] == NULL);
	ASSERT_INT(parse(MESSAGE("1", "{\"a\":\"x\\ud83d\"}")), 0);
	ASSERT_STR(json_str(message.params, "a"), "x\xEF\xBF\xBD");
	CU_ASSERT(!message.nul);
	ASSERT_INT(parse(MESSAGE("1", "{\"a\":\"\\u0000\"}")), 0);
	CU_ASSERT(message.nul);
	ASSERT_INT(parse(MESSAGE("\"q\"", "{\"a\":\"\xff\"}")), -32700);
	ASSERT_STR(message.id, "\"q\"");
	message_fini(&message);
}

static const struct test tests[] = {
	TEST(ids_are_found),
	TEST(long_ids_are_not_kept),
	TEST(surrogates_are_mended),
	TEST(messages_are_taken_as_meant),
};
SUITE(tests)
