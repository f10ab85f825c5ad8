/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of JSON-RPC messages: forms, ids and their spelling, batches, frames (MCP basic/index). */
#include "suite.h"

#include "base/buf.h"
#include "base/json_write.h"
#include "config/config.h"
#include "message_rig.h"
#include "rpc/error.h"
#include "rpc/frame.h"

static void
kinds(void)
{
	ASSERT_INT(parse("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}"), 0);
	ASSERT_INT(message.kind, MESSAGE_REQUEST);
	ASSERT_STR(message.method, "ping");
	CU_ASSERT(message.params == NULL);
	ASSERT_INT(parse("{\"jsonrpc\":\"2.0\",\"method\":\"a/b\",\"params\":{\"x\":1}}"), 0);
	ASSERT_INT(message.kind, MESSAGE_NOTIFICATION);
	ASSERT_INT(json_int(message.params, "x", 0), 1);
	ASSERT_INT(parse("{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"result\":{}}"), 0);
	ASSERT_INT(message.kind, MESSAGE_RESPONSE);
	ASSERT_INT(parse("{\"jsonrpc\":\"2.0\",\"id\":3,\"error\":{\"code\":1}}"), 0);
	ASSERT_INT(message.kind, MESSAGE_RESPONSE);
	ASSERT_INT(parse("[]"), 0);
	ASSERT_INT(message.kind, MESSAGE_BATCH);
	message_fini(&message);
}

static void
ids_keep_their_spelling(void)
{
	static const char *const ids[] = { "1",
					   "-7",
					   "\"a\"",
					   "\"\"",
					   "\"1\"",
					   "\"\\u0041\\/\"",
					   "9007199254740993",
					   "123456789012345678901234567890",
					   "0" };
	char text[256];

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		snprintf(text, sizeof(text), "{\"jsonrpc\":\"2.0\", \"id\" : %s ,\"method\":\"m\"}",
			 ids[i]);
		ASSERT_INT(parse(text), 0);
		ASSERT_STR(message.id, ids[i]);
	}
	message_fini(&message);
}

static void
bad_ids_are_refused(void)
{
	static const char *const ids[] = { "null", "1.5", "1.0", "1e3", "true", "{}", "[1]" };
	char text[256];

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		snprintf(text, sizeof(text), "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"m\"}",
			 ids[i]);
		ASSERT_INT(parse(text), -32600);
		CU_ASSERT(message.id == NULL);
	}
	/* a peer answers without an id when it could not read the request of the host */
	ASSERT_INT(parse("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700}}"), 0);
	ASSERT_INT(message.kind, MESSAGE_RESPONSE);
	message_fini(&message);
}

static void
length_of_ids(void)
{
	for (int more = -1; more <= 1; more++) {
		int len = (int)LIMIT_HANDLE + more;
		struct buf text;

		buf_init(&text, 4096);
		buf_puts(&text, "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":\"");
		for (int i = 0; i < len; i++)
			buf_putc(&text, 'i');
		buf_puts(&text, "\"}");
		ASSERT_INT(parse(text.data), more > 0 ? -32600 : 0);
		buf_fini(&text);
	}
	message_fini(&message);
}

static void
bad_shapes_name_the_id(void)
{
	static const char *const texts[] = {
		"{\"id\":7,\"method\":\"m\"}",
		"{\"jsonrpc\":\"1.0\",\"id\":7,\"method\":\"m\"}",
		"{\"jsonrpc\":2,\"id\":7,\"method\":\"m\"}",
		"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":1}",
		"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"a\\u0000b\"}",
		"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"m\",\"params\":[1]}",
		"{\"jsonrpc\":\"2.0\",\"id\":7}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ASSERT_INT(parse(texts[i]), -32600);
		ASSERT_STR(message.id, "7");
		CU_ASSERT(why[0] != '\0');
	}
	message_fini(&message);
}

static void
not_json(void)
{
	static const char *const texts[] = { "",
					     "{",
					     "{'a':1}",
					     "{\"a\":1}x",
					     "{\"a\":NaN}",
					     "{\"a\":1,\"a\":2}",
					     "\xff",
					     "{\"jsonrpc\":\"2.0\"" };
	struct json_limits limits = json_inbound;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ASSERT_INT(parse(texts[i]), -32700);
		CU_ASSERT(message.id == NULL && message.tree == NULL);
	}
	ASSERT_INT(parse("null"), -32600);
	ASSERT_INT(parse("3"), -32600);
	ASSERT_INT(parse("\"text\""), -32600);
	message_fini(&message);
	limits.bytes = 4;
	ASSERT_INT(message_parse(&message, "[1,2]", 5, &limits, why, sizeof(why)), -32700);
	message_fini(&message);
}

static void
elements_of_a_batch(void)
{
	struct message element;

	ASSERT_INT(parse("[{\"jsonrpc\":\"2.0\",\"id\":18014398509481985,\"method\":\"m\"},"
			 "{\"jsonrpc\":\"2.0\",\"method\":\"n\"},17,"
			 "{\"jsonrpc\":\"2.0\",\"id\":\"\\u0041\",\"result\":{}},"
			 "{\"jsonrpc\":\"2.0\",\"id\":99999999999999999999999,\"method\":\"m\"}]"),
		   0);
	ASSERT_INT(message_element(&element, &message, 0, why, sizeof(why)), 0);
	ASSERT_STR(element.id, "18014398509481985");
	message_fini(&element);
	ASSERT_INT(message_element(&element, &message, 1, why, sizeof(why)), 0);
	ASSERT_INT(element.kind, MESSAGE_NOTIFICATION);
	message_fini(&element);
	ASSERT_INT(message_element(&element, &message, 2, why, sizeof(why)), -32600);
	message_fini(&element);
	ASSERT_INT(message_element(&element, &message, 3, why, sizeof(why)), 0);
	ASSERT_STR(element.id, "\"A\"");
	ASSERT_INT(element.kind, MESSAGE_RESPONSE);
	message_fini(&element);
	ASSERT_INT(message_element(&element, &message, 4, why, sizeof(why)), 0);
	ASSERT_STR(element.id, "99999999999999999999999");
	message_fini(&element);
	message_fini(&message);
}

/* The members of _meta are read without a tree; whatever their form is, they do no harm. */
static void
members_of_meta(void)
{
#define WITH_META(meta) \
	"{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":{\"_meta\":" meta ",\"a\":1}}"
	ASSERT_INT(parse(WITH_META("{\"" META "protocolVersion\":\"v\\u0031\",\"x\":[{\"y\":2}],"
				   "\"progressToken\" : \"t\\u0041\" ,\"traceparent\":\"00-1\","
				   "\"" META
				   "clientInfo\":{\"version\":\"2\",\"name\":\"n\\u00e9\"},"
				   "\"" META "clientCapabilities\":{\"sampling\" : {}} }")),
		   0);
	ASSERT_STR(message.meta[META_VERSION], "v1");
	ASSERT_STR(message.meta[META_TOKEN], "\"t\\u0041\"");
	ASSERT_STR(message.meta[META_TRACEPARENT], "00-1");
	ASSERT_STR(message.meta[META_CLIENT_NAME], "n\xC3\xA9");
	ASSERT_STR(message.meta[META_CLIENT_VERSION], "2");
	ASSERT_STR(message.meta[META_CAPABILITIES], "{\"sampling\" : {}}");
	CU_ASSERT(message.meta[META_LOG_LEVEL] == NULL);
	ASSERT_INT(json_object_object_length(message.params), 1);
	message_drop_meta(&message);
	CU_ASSERT(message.meta[META_VERSION] == NULL);

	ASSERT_INT(parse(WITH_META("{\"" META "protocolVersion\":7,\"" META
				   "logLevel\":\"a\\u0000\","
				   "\"" META "clientInfo\":[1],\"progressToken\":null}")),
		   0);
	ASSERT_STR(message.meta[META_VERSION], ""); /* it is there, and is no text */
	ASSERT_STR(message.meta[META_LOG_LEVEL], "");
	CU_ASSERT(message.meta[META_CLIENT_NAME] == NULL && message.meta[META_TOKEN] == NULL);
	ASSERT_INT(parse(WITH_META("[\"" META "protocolVersion\"]")), 0);
	CU_ASSERT(message.meta[META_VERSION] == NULL && message.meta_text == NULL);
	ASSERT_INT(parse(WITH_META("null")), 0);
	CU_ASSERT(message.meta_text == NULL);
	message_fini(&message);
}

static void
tokens(void)
{
	CU_ASSERT(message_is_token("7") && message_is_token("\"\"") &&
		  message_is_token("\"t\\u0041\""));
	CU_ASSERT(!message_is_token("1.5") && !message_is_token("true") && !message_is_token("{}"));
	CU_ASSERT(!message_is_token("null") && !message_is_token("[1]"));
}

static void
same_ids(void)
{
	struct json_object *one = json_object_new_int(1), *text = json_object_new_string("1");
	struct json_object *again = json_object_new_int64(1);

	CU_ASSERT(message_same_id(one, again));
	CU_ASSERT(!message_same_id(one, text));
	CU_ASSERT(!message_same_id(NULL, NULL));
	CU_ASSERT(message_id_hash(NULL, one) == message_id_hash(NULL, again));
	ASSERT_INT(parse("{\"jsonrpc\":\"2.0\",\"id\":\"\\u0031\",\"method\":\"m\"}"), 0);
	CU_ASSERT(message_same_id(message.id_value, text));
	CU_ASSERT(message_id_hash(&message, message.id_value) == message_id_hash(&message, text));
	message_fini(&message);
	json_object_put(one);
	json_object_put(text);
	json_object_put(again);
}

static void
frames(void)
{
	struct json json;
	struct buf out;

	buf_init(&out, 1000);
	rpc_begin_result(&json, &out, "\"x\"");
	json_begin(&json, '{');
	json_end(&json);
	json_end(&json);
	ASSERT_STR(out.data, "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"result\":{}}");
	buf_reset(&out);
	rpc_begin_call(&json, &out, "7", "roots/list");
	json_end(&json);
	ASSERT_STR(out.data, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"roots/list\"}");
	buf_reset(&out);
	rpc_begin_call(&json, &out, NULL, "m");
	json_end(&json);
	ASSERT_STR(out.data, "{\"jsonrpc\":\"2.0\",\"method\":\"m\"}");
	buf_reset(&out);
	rpc_write_error(&out, NULL, -32700, "a \"b\"", NULL);
	ASSERT_STR(out.data,
		   "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32700,\"message\":\"a \\\"b\\\"\"}}");
	buf_reset(&out);
	rpc_write_error(&out, "5", -32602, "m", "{\"uri\":\"u\"}");
	ASSERT_STR(out.data, "{\"jsonrpc\":\"2.0\",\"id\":5,\"error\":{\"code\":-32602,"
			     "\"message\":\"m\",\"data\":{\"uri\":\"u\"}}}");
	buf_fini(&out);
}

static void
errors(void)
{
	ASSERT_INT(rpc_error_code(RPC_METHOD_NOT_FOUND), -32601);
	ASSERT_INT(rpc_error_status(RPC_METHOD_NOT_FOUND), 404);
	ASSERT_INT(rpc_error_code(RPC_HEADER_MISMATCH), -32020);
	ASSERT_INT(rpc_error_code(RPC_MISSING_CAPABILITY), -32021);
	ASSERT_INT(rpc_error_code(RPC_UNSUPPORTED_VERSION), -32022);
	ASSERT_INT(rpc_error_status(RPC_UNSUPPORTED_VERSION), 400);
	ASSERT_INT(rpc_error_status(RPC_INVALID_PARAMS), 200);
	ASSERT_INT(rpc_error_status(RPC_INVALID_META), 400);
}

static const struct test tests[] = {
	TEST(kinds),
	TEST(ids_keep_their_spelling),
	TEST(bad_ids_are_refused),
	TEST(length_of_ids),
	TEST(bad_shapes_name_the_id),
	TEST(not_json),
	TEST(elements_of_a_batch),
	TEST(members_of_meta),
	TEST(tokens),
	TEST(same_ids),
	TEST(frames),
	TEST(errors),
};
SUITE(tests)
