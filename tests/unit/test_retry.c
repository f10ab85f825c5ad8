/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which requests are repeated, and after which time. */
#include "base/mem.h"
#include "egress/limits.h"
#include "egress/retry.h"
#include "suite.h"

static void
retry_rules(void)
{
	static const struct {
		struct retry_case what;
		bool allowed;
	} table[] = {
		{ { MCP_RETRY_NEVER, CURLE_OK, 429, false, false }, true },
		{ { MCP_RETRY_NEVER, CURLE_OK, 503, false, false }, false },
		{ { MCP_RETRY_SAFE, CURLE_OK, 503, false, false }, true },
		{ { MCP_RETRY_SAFE, CURLE_OK, 503, false, true }, false },
		{ { MCP_RETRY_TOKEN, CURLE_OK, 502, false, false }, true },
		{ { MCP_RETRY_SAFE, CURLE_OK, 500, false, false }, false },
		{ { MCP_RETRY_SAFE, CURLE_OK, 200, false, false }, false },
		{ { MCP_RETRY_NEVER, CURLE_COULDNT_CONNECT, 0, true, false }, true },
		{ { MCP_RETRY_NEVER, CURLE_OPERATION_TIMEDOUT, 0, true, false }, true },
		{ { MCP_RETRY_NEVER, CURLE_OPERATION_TIMEDOUT, 0, false, false }, false },
		{ { MCP_RETRY_NEVER, CURLE_RECV_ERROR, 0, false, false }, false },
		{ { MCP_RETRY_SAFE, CURLE_RECV_ERROR, 0, false, false }, true },
		{ { MCP_RETRY_SAFE, CURLE_PARTIAL_FILE, 0, false, true }, false },
		{ { MCP_RETRY_NEVER, CURLE_SEND_FAIL_REWIND, 0, false, false }, false },
		{ { MCP_RETRY_SAFE, CURLE_PEER_FAILED_VERIFICATION, 0, true, false }, false },
		{ { MCP_RETRY_SAFE, CURLE_WEIRD_SERVER_REPLY, 0, false, false }, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (retry_allowed(&table[i].what) != table[i].allowed)
			printf("\n    row %zu", i);
		CU_ASSERT(retry_allowed(&table[i].what) == table[i].allowed);
	}
}

static void
retry_times(void)
{
	char why[256];
	const struct curl_api *curl = curl_api_acquire(why, sizeof(why));

	CU_ASSERT_FATAL(curl != NULL);
	ASSERT_INT(retry_after_ms(curl, NULL, 0), -1);
	ASSERT_INT(retry_after_ms(curl, "0", 0), 0);
	ASSERT_INT(retry_after_ms(curl, " 17 ", 0), 17000);
	ASSERT_INT(retry_after_ms(curl, "99999999999999999999", 0), 1000000000);
	ASSERT_INT(retry_after_ms(curl, "1.5", 0), -1);
	ASSERT_INT(retry_after_ms(curl, "-1", 0), -1);
	ASSERT_INT(retry_after_ms(curl, "soon", 0), -1);
	ASSERT_INT(retry_after_ms(curl, "Thu, 01 Jan 1970 00:01:00 GMT", 20000), 40000);
	ASSERT_INT(retry_after_ms(curl, "Thu, 01 Jan 1970 00:01:00 GMT", 90000), 0);
	curl_api_release(curl);
	for (uint32_t r = 0; r < 100000; r += 77) {
		CU_ASSERT_FATAL(retry_wait_ms(0, -1, r) <= 250);
		CU_ASSERT_FATAL(retry_wait_ms(3, -1, r) <= 2000);
		CU_ASSERT_FATAL(retry_wait_ms(30, -1, r) <= 10000);
		CU_ASSERT_FATAL(retry_wait_ms(0, 5000, r) >= 5000);
		CU_ASSERT_FATAL(retry_wait_ms(0, 5000, r) < 5250);
		CU_ASSERT_FATAL(retry_wait_ms(0, 3600000, r) < 60250);
	}
	CU_ASSERT(retry_wait_ms(5, -1, 7999) == 7999);
}

static const struct test tests[] = { TEST(retry_rules), TEST(retry_times) };
SUITE(tests)
