/* SPDX-License-Identifier: Apache-2.0 */
/* One statement on one warehouse, which the tests of SQL share. */
#ifndef PLUGINS_DATA_TEST_STATEMENT_H
#define PLUGINS_DATA_TEST_STATEMENT_H

#include "test_plugin.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define WH "1f2e3d4c5b6a7988"
#define WAREHOUSES "GET /api/2.0/sql/warehouses"
#define SUBMIT "POST /api/2.0/sql/statements"
#define STATEMENT "GET /api/2.0/sql/statements/s1"
#define ON_WH "{\"sql_query\":\"SELECT 1\",\"warehouse_id\":\"" WH "\"}"
#define DONE(manifest, result)                                                                  \
	"{\"statement_id\":\"s1\",\"status\":{\"state\":\"SUCCEEDED\"},\"manifest\":{" manifest \
	"},\"result\":{" result "}}"
#define AB                                                                                    \
	"\"schema\":{\"column_count\":2,\"columns\":[{\"name\":\"a\",\"type_text\":\"INT\"}," \
	"{\"name\":\"b\",\"type_text\":\"STRING\"}]}"

/* Makes a fake host that accepts a statement, and answers `reply` when it is asked for the
 * state. */
static inline struct fakehost *
submitted(const char *reply)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, SUBMIT, 200, "{\"statement_id\":\"s1\"}");
	fakehost_reply(host, STATEMENT, 200, reply);
	return host;
}

#endif
