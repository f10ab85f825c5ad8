/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes "SCHEMA\nVALUE": compiling and checking end, agree with each other, and always give a
 * reason. */
#include "fuzz.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "registry/schema.h"
#include "registry/schema_node.h"

static const struct json_limits limits = {
	.bytes = 16384, .depth = 32, .members = 1000, .number = 64
};

static void
check_value(const struct schema *schema, struct json_object *value)
{
	struct buf why, again;
	bool fits, prepared;

	buf_init(&why, 1u << 20);
	buf_init(&again, 1u << 20);
	fits = schema_check(schema, value, &why);
	PROMISE(fits == (why.len == 0));
	PROMISE(utf8_valid(why.data, why.len));
	PROMISE(node_check(schema->root, value, NULL) == fits);
	prepared = schema_prepare(schema, value, NULL, &again);
	PROMISE(prepared == schema_check(schema, value, NULL));
	buf_fini(&why);
	buf_fini(&again);
}

static void
check_pattern(const char *text, const char *subject)
{
	const char *why = NULL;
	struct pattern *pattern = pattern_compile(text, &why);

	PROMISE((pattern == NULL) == (why != NULL));
	if (pattern != NULL)
		pattern_matches(pattern, subject, strlen(subject));
	pattern_free(pattern);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = xstrndup((const char *)data, len), *second, why[128] = "";
	struct json_object *document, *value;
	const char *bad;
	struct schema *schema;

	second = strchr(text, '\n');
	if (second != NULL)
		*second++ = '\0';
	else
		second = text + strlen(text);
	check_pattern(text, second);
	document = json_parse(text, strlen(text), &limits, &bad, NULL);
	schema = bad != NULL ? NULL : schema_compile(document, why, sizeof(why));
	PROMISE(bad != NULL || (schema == NULL) == (why[0] != '\0'));
	value = json_parse(second, strlen(second), &limits, &bad, NULL);
	if (schema != NULL && bad == NULL)
		check_value(schema, value);
	json_object_put(value);
	schema_free(schema);
	json_object_put(document);
	free(text);
	return 0;
}
