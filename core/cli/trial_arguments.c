/* SPDX-License-Identifier: Apache-2.0 */
/* Argument objects from a JSON Schema: mostly valid, with values at the bounds. The schema check of
 * the host decides which of them a handler gets. */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/trial.h"
#include "registry/schema.h"

#define LEVELS 6
#define LONG_TEXT 3000
#define FAULTS_MAX 4096

static struct json_object *make(struct chance *chance, struct json_object *root,
				struct json_object *schema, int levels);

/* ---- texts ---------------------------------------------------------------------------------- */

/* Values that schemas often ask for by a pattern, and texts that are hard to handle. */
static const char *const odd_texts[] = {
	"a",
	"x1",
	"main",
	"default",
	"main.default.orders",
	"/a/b",
	"/Volumes/main/default/v/f.txt",
	"dbfs:/tmp/x",
	"SELECT 1",
	"DROP TABLE t",
	"1",
	"0",
	"-1",
	"2026-11-30",
	"-24h",
	"true",
	"null",
	"a b",
	"../..",
	"%2e%2e/",
	"a'b\"c",
	"<script>",
	"{}",
	"[]",
	"%s%n%d",
	"\xc3\x9c\xc3\xa4",
	"\xe2\x80\xae reversed",
	"line\nbreak",
	"\xf0\x9f\x98\x80",
	"0712-000000-abc",
	"https://example.com/x?a=b#c",
	"file:/etc/passwd",
	"env:HOME",
	"a@example.com",
};

static struct json_object *
make_text(struct chance *chance, struct json_object *schema)
{
	int64_t least = json_int(schema, "minLength", 0),
		most = json_int(schema, "maxLength", LONG_TEXT);
	char text[LONG_TEXT + 1];
	size_t len;

	if (!chance_one_in(chance, 6))
		return json_object_new_string(
		    odd_texts[chance_below(chance, ARRAY_SIZE(odd_texts))]);
	if (most > LONG_TEXT)
		most = LONG_TEXT;
	len = (size_t)(chance_one_in(chance, 2) ? least : most);
	if (chance_one_in(chance, 3))
		len = chance_below(chance, (size_t)most + 1);
	memset(text, 'a' + (int)chance_below(chance, 26), sizeof(text));
	return json_object_new_string_len(text, (int)(len < LONG_TEXT ? len : LONG_TEXT));
}

/* ---- numbers, lists and objects ------------------------------------------------------------- */

static struct json_object *
make_integer(struct chance *chance, struct json_object *schema)
{
	static const int64_t usual[] = {
		0, 1, 2, 10, 100, 1000, -1, INT32_MAX, INT64_MAX, INT64_MIN
	};
	int64_t least = json_int(schema, "minimum", 0), most = json_int(schema, "maximum", 1000000);

	switch (chance_below(chance, 4)) {
	case 0: return json_object_new_int64(least);
	case 1: return json_object_new_int64(most);
	case 2: return json_object_new_int64(usual[chance_below(chance, ARRAY_SIZE(usual))]);
	default:
		return json_object_new_int64(
		    most > least ? least + (int64_t)chance_below(chance, (size_t)(most - least) + 1)
				 : least);
	}
}

static struct json_object *
make_array(struct chance *chance, struct json_object *root, struct json_object *schema, int levels)
{
	struct json_object *array = json_object_new_array();
	size_t least = (size_t)json_int(schema, "minItems", 0);
	size_t n = least + chance_below(chance, 4);

	if (n > 100)
		n = 100;
	for (size_t i = 0; i < n; i++)
		json_object_array_add(array, make(chance, root, json_obj(schema, "items"), levels));
	return array;
}

static struct json_object *
make_object(struct chance *chance, struct json_object *root, struct json_object *schema, int levels)
{
	struct json_object *object = json_object_new_object();
	struct json_object *properties = json_obj(schema, "properties");
	struct json_object_iter member;

	if (properties == NULL)
		return object;
	json_object_object_foreachC(properties, member) {
		if (question_required(schema, member.key) ? !chance_one_in(chance, 50)
							  : chance_one_in(chance, 3))
			json_object_object_add(object, member.key,
					       make(chance, root, member.val, levels));
	}
	return object;
}

/* ---- any value ------------------------------------------------------------------------------ */

/* "#/$defs/name", in the document. */
static struct json_object *
follow(struct json_object *root, const char *reference)
{
	struct json_object *at = NULL;

	if (reference[0] == '#' && json_pointer_get(root, reference + 1, &at) == 0)
		return at;
	return NULL;
}

static const char *
type_of(struct chance *chance, struct json_object *schema)
{
	static const char *const types[] = { "string",	"integer", "number",
					     "boolean", "array",   "object" };
	struct json_object *type = json_get(schema, "type");

	if (json_object_is_type(type, json_type_array) && json_object_array_length(type) > 0)
		type =
		    json_object_array_get_idx(type,
					      chance_below(chance, json_object_array_length(type)));
	if (json_object_is_type(type, json_type_string))
		return json_object_get_string(type);
	if (json_obj(schema, "properties") != NULL)
		return "object";
	return types[chance_below(chance, ARRAY_SIZE(types))];
}

static struct json_object *
make_typed(struct chance *chance, struct json_object *root, struct json_object *schema, int levels)
{
	const char *type = type_of(chance, schema);

	if (strcmp(type, "string") == 0)
		return make_text(chance, schema);
	if (strcmp(type, "integer") == 0)
		return make_integer(chance, schema);
	if (strcmp(type, "number") == 0)
		return json_object_new_double((double)chance_below(chance, 1000) / 8);
	if (strcmp(type, "boolean") == 0)
		return json_object_new_boolean(chance_one_in(chance, 2));
	if (strcmp(type, "array") == 0)
		return make_array(chance, root, schema, levels - 1);
	if (strcmp(type, "object") == 0)
		return make_object(chance, root, schema, levels - 1);
	return NULL;
}

static struct json_object *
make(struct chance *chance, struct json_object *root, struct json_object *schema, int levels)
{
	static const char *const choices[] = { "enum", "examples", "anyOf", "oneOf" };
	const char *reference = json_str(schema, "$ref");

	if (levels <= 0)
		return NULL;
	if (chance_one_in(chance, 200)) /* of a wrong type */
		return make_typed(chance, root, NULL, levels);
	if (reference != NULL)
		return make(chance, root, follow(root, reference), levels - 1);
	if (json_get(schema, "const") != NULL)
		return json_object_get(json_get(schema, "const"));
	for (size_t i = 0; i < ARRAY_SIZE(choices); i++) {
		struct json_object *list = json_arr(schema, choices[i]), *one;

		if (list == NULL || json_object_array_length(list) == 0)
			continue;
		one = json_object_array_get_idx(list, chance_below(chance,
								   json_object_array_length(list)));
		return i < 2 ? json_object_get(one) : make(chance, root, one, levels - 1);
	}
	return make_typed(chance, root, schema, levels);
}

struct json_object *
trial_object(struct chance *chance, struct json_object *schema)
{
	return make_object(chance, schema, schema, LEVELS);
}

/* ---- arguments of a row --------------------------------------------------------------------- */

/* Variables of a template, arguments of a prompt, the text of a completion: all are texts. */
static struct json_object *
text_arguments(const struct trial_row *row, struct chance *chance)
{
	struct json_object *object = json_object_new_object();
	struct json_object *list = json_arr(row->row->json, "arguments");
	const char *uri = row->kind == ROW_TEMPLATE ? row->row->uri : NULL;
	char name[64];

	if (row->kind == ROW_COMPLETION)
		json_object_object_add(object, "value", make_text(chance, NULL));
	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
		struct json_object *argument = json_object_array_get_idx(list, i);

		if (json_flag(argument, "required", false) || chance_one_in(chance, 2))
			json_object_object_add(object, json_str(argument, "name"),
					       make_text(chance, NULL));
	}
	for (; uri != NULL && (uri = strchr(uri, '{')) != NULL; uri++) {
		size_t len;

		uri += 1 + strspn(uri + 1, "+?&");
		len = strcspn(uri, ",}");
		if (len < sizeof(name)) {
			memcpy(name, uri, len);
			name[len] = '\0';
			json_object_object_add(object, name, make_text(chance, NULL));
		}
	}
	return object;
}

char *
trial_arguments(const struct trial *trial, const struct trial_row *row, struct chance *chance)
{
	struct json_object *object;
	char *text = NULL;
	struct buf why;
	bool valid = true;

	atomic_fetch_add(&trial->board->objects, 1);
	buf_init_keeping(&why, FAULTS_MAX);
	if (row->kind == ROW_TOOL) {
		object = trial_object(chance, json_obj(row->row->json, "inputSchema"));
		valid = schema_prepare(row->row->input, object, NULL, &why);
	} else {
		object = text_arguments(row, chance);
	}
	if (valid) {
		atomic_fetch_add(&trial->board->valid, 1);
		text = xstrdup(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
	}
	json_object_put(object);
	buf_fini(&why);
	return text;
}
