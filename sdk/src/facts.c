/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers about one object. A list of facts is declared once. The text and structuredContent are
 * both made from it, so that both have the same content.
 */
#include <lakehost/rest.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#define VALUE_MAX 8000	     /* most bytes of one fact; a longer one is cut and marked */
#define STRUCTURE_MAX 200000 /* most bytes of structuredContent; the host's cap is higher */
#define DEPTH_MAX 16	     /* deepest nesting of a fact that is an object or an array */
#define FACT_COLUMNS_MAX 40  /* most columns of one table of facts */
#define CUT_ROOM 64

struct mcp_answer {
	struct mcp_call *call;
	struct json_object *structure;
	size_t used;	 /* estimated bytes of `structure` */
	size_t left_out; /* number of facts that were left out because the answer is full */
	bool full;	 /* detail=full: facts marked MCP_FULL are shown too */
};

/* ---- values --------------------------------------------------------------------------------- */

/* Copies at most VALUE_MAX bytes of a text, and cuts it between characters. */
static const char *
bounded(struct mcp_call *call, const char *text)
{
	size_t len = strlen(text), n = VALUE_MAX;

	if (len <= VALUE_MAX)
		return text;
	while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	return mcp_printf(call, "%.*s\xE2\x80\xA6 (the first %zu of %zu bytes)", (int)n, text, n,
			  len);
}

void
mcp_cut_copy(char *to, size_t size, const char *text)
{
	static const char ellipsis[] = "\xE2\x80\xA6";
	size_t len = strlen(text);

	if (len < size) {
		memcpy(to, text, len + 1);
		return;
	}
	for (len = size - sizeof(ellipsis); len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80;)
		len--;
	memcpy(to, text, len);
	memcpy(to + len, ellipsis, sizeof(ellipsis));
}

const char *
mcp_value_text(struct mcp_call *call, struct json_object *value)
{
	if (value == NULL)
		return "";
	if (json_object_is_type(value, json_type_object) ||
	    json_object_is_type(value, json_type_array))
		return mcp_strdup(call, json_object_to_json_string_ext(
					    value, JSON_C_TO_STRING_PLAIN |
						       JSON_C_TO_STRING_NOSLASHESCAPE));
	return json_object_get_string(value);
}

const char *
mcp_show_id(struct mcp_call *call, struct json_object *value)
{
	return mcp_value_text(call, value);
}

static struct json_object *copy_value(struct mcp_call *call, struct json_object *value, int depth);

static struct json_object *
copy_array(struct mcp_call *call, struct json_object *value, int depth)
{
	struct json_object *copy = json_object_new_array();

	for (size_t i = 0; i < json_object_array_length(value); i++)
		json_object_array_add(copy, copy_value(call, json_object_array_get_idx(value, i),
						       depth + 1));
	return copy;
}

static struct json_object *
copy_object(struct mcp_call *call, struct json_object *value, int depth)
{
	struct json_object *copy = json_object_new_object();

	json_object_object_foreach(value, key, member) {
		json_object_object_add(copy, key, copy_value(call, member, depth + 1));
	}
	return copy;
}

/* Converts a value to one that structuredContent may contain: JSON has no NaN, and the host limits
 * the depth. */
static struct json_object *
copy_value(struct mcp_call *call, struct json_object *value, int depth)
{
	switch (json_object_get_type(value)) {
	case json_type_object:
		return depth < DEPTH_MAX ? copy_object(call, value, depth)
					 : json_object_new_string(mcp_value_text(call, value));
	case json_type_array:
		return depth < DEPTH_MAX ? copy_array(call, value, depth)
					 : json_object_new_string(mcp_value_text(call, value));
	case json_type_double:
		if (!isfinite(json_object_get_double(value)))
			return json_object_new_string(json_object_get_string(value));
		return json_object_get(value);
	default: return json_object_get(value);
	}
}

static bool
is_plain(struct json_object *value)
{
	return !json_object_is_type(value, json_type_object) &&
	       !json_object_is_type(value, json_type_array);
}

/* Appends to a list "a, b" of at most VALUE_MAX bytes. False when the list is full. */
static bool
join(char *list, size_t *used, const char *key, const char *text)
{
	int len = snprintf(list + *used, VALUE_MAX - *used, "%s%s%s%s", *used > 0 ? ", " : "", key,
			   key[0] != '\0' ? "=" : "", text);

	*used += (size_t)len;
	return *used < VALUE_MAX;
}

/* Writes an array of scalars as "a, b", an object of scalars as "k=v, l=w". NULL for other
 * values. */
static const char *
flat_text(struct mcp_call *call, struct json_object *value)
{
	char *list = mcp_alloc(call, VALUE_MAX);
	size_t used = 0;

	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++) {
			struct json_object *item = json_object_array_get_idx(value, i);

			if (!is_plain(item) || !join(list, &used, "", mcp_value_text(call, item)))
				return NULL;
		}
		return list;
	}
	json_object_object_foreach(value, key, member) {
		if (!is_plain(member) || !join(list, &used, key, mcp_value_text(call, member)))
			return NULL;
	}
	return list;
}

const char *
mcp_show_list(struct mcp_call *call, struct json_object *value)
{
	const char *text = is_plain(value) ? NULL : flat_text(call, value);

	return text != NULL ? text : mcp_value_text(call, value);
}

/* Makes one fact of an item as text and as JSON. False when the item does not have the fact. */
static bool
read_fact(struct mcp_call *call, struct json_object *item, const struct mcp_fact *fact,
	  const char **text, struct json_object **json)
{
	struct json_object *value = mcp_get(item, fact->path);
	const char *shown;

	if (value == NULL)
		return false;
	shown = fact->show != NULL ? fact->show(call, value) : mcp_show_list(call, value);
	if (shown == NULL || shown[0] == '\0')
		return false;
	*text = bounded(call, shown);
	/* a value that is converted or cut is the same in text and JSON */
	*json = *text != shown || (fact->show != NULL && is_plain(value)) ||
			fact->show == mcp_show_id || json_object_is_type(value, json_type_string)
		  ? json_object_new_string(*text)
		  : copy_value(call, value, 0);
	return true;
}

/* ---- the answer ----------------------------------------------------------------------------- */

struct mcp_answer *
mcp_answer_begin(struct mcp_call *call)
{
	struct mcp_answer *answer = mcp_alloc(call, sizeof(*answer));

	answer->call = call;
	answer->structure = mcp_keep(call, json_object_new_object());
	answer->full = mcp_full(call);
	return answer;
}

/* Adds a fact and takes ownership of `json`. When the answer is full, the result is false, and the
 * fact is counted as left out. */
static bool
add_member(struct mcp_answer *answer, const char *key, struct json_object *json)
{
	size_t len;

	json_object_to_json_string_length(json, JSON_C_TO_STRING_PLAIN, &len);
	if (answer->used + len + strlen(key) > STRUCTURE_MAX) {
		json_object_put(json);
		answer->left_out++;
		return false;
	}
	answer->used += len + strlen(key) + 4;
	json_object_object_add(answer->structure, key, json);
	return true;
}

static const char *
label_of(const struct mcp_fact *fact)
{
	return fact->label != NULL ? fact->label : fact->key;
}

void
mcp_answer_text(struct mcp_answer *answer, const char *label, const char *key, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	text = bounded(answer->call, text);
	if (add_member(answer, key, json_object_new_string(text)))
		mcp_say(answer->call, "%s: %s", label != NULL ? label : key, text);
}

void
mcp_answer_add(struct mcp_answer *answer, struct json_object *item, const struct mcp_fact *facts,
	       size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct json_object *json;
		const char *text;

		if (facts[i].detail == MCP_FULL && !answer->full)
			continue;
		if (facts[i].block) {
			mcp_answer_block(answer, facts[i].label, facts[i].key,
					 mcp_value_text(answer->call,
							mcp_get(item, facts[i].path)));
		} else if (facts[i].columns != NULL) {
			struct json_object *rows = mcp_objects(answer->call, item, facts[i].path);

			if (json_object_array_length(rows) > 0)
				mcp_answer_table(answer, &facts[i], rows, NULL);
		} else if (read_fact(answer->call, item, &facts[i], &text, &json) &&
			   add_member(answer, facts[i].key, json)) {
			mcp_say(answer->call, "%s: %s", label_of(&facts[i]), text);
		}
	}
}

void
mcp_answer_block(struct mcp_answer *answer, const char *label, const char *key, const char *text)
{
	if (text == NULL || text[0] == '\0' ||
	    !add_member(answer, key, json_object_new_string(text)))
		return;
	mcp_say(answer->call, "%s:", label != NULL ? label : key);
	mcp_say_text(answer->call, text, strlen(text), true);
}

/* Collects lines in a buffer of the step, whose size is doubled when it is full. */
struct lines {
	char *text;
	size_t len, size;
};

static void
add_line(struct mcp_call *call, struct lines *lines, const char *line)
{
	size_t len = strlen(line);

	if (lines->len + len + 2 > lines->size) {
		char *old = lines->text;

		lines->size = (lines->len + len + 2) * 2;
		lines->text = mcp_alloc(call, lines->size);
		if (old != NULL)
			memcpy(lines->text, old, lines->len);
	}
	memcpy(lines->text + lines->len, line, len);
	lines->len += len;
	lines->text[lines->len++] = '\n';
}

/* Makes a scalar of a list, as text and as JSON. */
static struct json_object *
list_item(struct mcp_call *call, struct json_object *value, const char **text)
{
	const char *shown = mcp_value_text(call, value);

	*text = bounded(call, shown);
	return *text != shown || !is_plain(value) ? json_object_new_string(*text)
						  : copy_value(call, value, 0);
}

void
mcp_answer_list(struct mcp_answer *answer, const char *label, const char *key,
		struct json_object *tree)
{
	struct mcp_call *call = answer->call;
	struct lines lines = { NULL, 0, 0 };
	bool array = json_object_is_type(tree, json_type_array);
	struct json_object *copy = array ? json_object_new_array() : json_object_new_object();
	const char *text;

	if (json_object_is_type(tree, json_type_object)) {
		json_object_object_foreach(tree, name, value) {
			json_object_object_add(copy, name, list_item(call, value, &text));
			add_line(call, &lines,
				 mcp_printf(call, "  %s = %s", mcp_line(call, name),
					    mcp_line(call, text)));
		}
	}
	for (size_t i = 0; array && i < json_object_array_length(tree); i++) {
		json_object_array_add(copy,
				      list_item(call, json_object_array_get_idx(tree, i), &text));
		add_line(call, &lines, mcp_printf(call, "  %s", mcp_line(call, text)));
	}
	if (lines.len == 0) {
		json_object_put(copy);
		return;
	}
	if (!add_member(answer, key, copy))
		return;
	mcp_say(call, "%s:", label != NULL ? label : key);
	/* Each value is on one indented line, so that the value cannot look like a line of the
	 * host. */
	mcp_say_text(call, lines.text, lines.len - 1, false);
}

/* Writes a link of others: characters that are not valid in a URL are percent-encoded. */
static const char *
clean_url(struct mcp_call *call, const char *url)
{
	char *clean = mcp_alloc(call, 3 * strlen(url) + 1);
	size_t at = 0;

	for (; *url != '\0'; url++) {
		unsigned char c = (unsigned char)*url;

		if (c <= ' ' || c >= 0x7f || strchr("\"<>\\^`{|}", c) != NULL)
			at += (size_t)sprintf(clean + at, "%%%02X", c);
		else
			clean[at++] = (char)c;
	}
	return clean;
}

void
mcp_answer_url(struct mcp_answer *answer, const char *url)
{
	if (url != NULL && (strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0))
		mcp_answer_text(answer, "url", "url", clean_url(answer->call, url));
}

/* ---- tables --------------------------------------------------------------------------------- */

/* Collects the facts of all rows. Later it is decided which columns are shown. */
struct grid {
	const struct mcp_fact *columns;
	size_t n_columns, n_rows;
	const char **text; /* the texts, row by row; NULL: the item does not have the fact */
	struct json_object **json;
	bool used[FACT_COLUMNS_MAX];
};

static void
fill_grid(struct mcp_answer *answer, struct grid *grid, struct json_object *items)
{
	struct mcp_call *call = answer->call;
	size_t cells = grid->n_rows * grid->n_columns;

	grid->text = mcp_alloc(call, (cells + 1) * sizeof(*grid->text));
	grid->json = mcp_alloc(call, (cells + 1) * sizeof(struct json_object *));
	for (size_t i = 0; i < cells; i++) {
		const struct mcp_fact *fact = &grid->columns[i % grid->n_columns];
		struct json_object *item = json_object_array_get_idx(items, i / grid->n_columns);

		if (fact->detail == MCP_FULL && !answer->full)
			continue;
		if (read_fact(call, item, fact, &grid->text[i], &grid->json[i])) {
			mcp_keep(call, grid->json[i]);
			grid->used[i % grid->n_columns] = true;
		}
	}
}

static struct json_object *
row_object(struct mcp_call *call, const struct grid *grid, size_t row)
{
	struct json_object *object = mcp_keep(call, json_object_new_object());

	for (size_t i = 0; i < grid->n_columns; i++) {
		struct json_object *json = grid->json[row * grid->n_columns + i];

		if (json != NULL)
			json_object_object_add(object, grid->columns[i].key, json_object_get(json));
	}
	return object;
}

/* Adds a row to text and JSON. MCP_E_TOO_LARGE when one of them is full. The first row is always
 * shown; otherwise the next call would return the same page again. */
static int
grid_row(struct mcp_answer *answer, const struct grid *grid, size_t row, struct json_object *rows)
{
	struct json_object *object = row_object(answer->call, grid, row);
	const char *cells[FACT_COLUMNS_MAX];
	size_t n = 0, len;
	int status;

	json_object_to_json_string_length(object, JSON_C_TO_STRING_PLAIN, &len);
	if (answer->used + len > STRUCTURE_MAX && json_object_array_length(rows) > 0)
		return MCP_E_TOO_LARGE;
	for (size_t i = 0; i < grid->n_columns; i++)
		if (grid->used[i])
			cells[n++] = grid->text[row * grid->n_columns + i];
	status = mcp_page_row(answer->call, cells, n);
	if (status != MCP_OK)
		return status;
	if (answer->used + len > STRUCTURE_MAX) {
		answer->left_out++;
		return MCP_OK;
	}
	answer->used += len + 1;
	json_object_array_add(rows, json_object_get(object));
	return MCP_OK;
}

/* Adds rows, beginning with the row `from`, until text or JSON is full. Returns the number of rows
 * in both. */
static size_t
grid_rows(struct mcp_answer *answer, const struct grid *grid, size_t from, struct json_object *rows)
{
	size_t row = from;
	int status = MCP_OK;

	for (; row < grid->n_rows && status == MCP_OK; row++)
		status = grid_row(answer, grid, row, rows);
	return status == MCP_OK ? grid->n_rows - from : row - 1 - from;
}

/* Finds the columns for which at least one row has a value. */
static size_t
grid_heads(const struct grid *grid, struct mcp_column *heads)
{
	size_t n = 0;

	for (size_t i = 0; i < grid->n_columns; i++)
		if (grid->used[i])
			heads[n++] = (struct mcp_column){ label_of(&grid->columns[i]), NULL };
	return n;
}

void
mcp_answer_table(struct mcp_answer *answer, const struct mcp_fact *fact, struct json_object *items,
		 const struct mcp_page *page)
{
	struct mcp_column heads[FACT_COLUMNS_MAX] = { { NULL, NULL } };
	struct mcp_page all = { .noun = label_of(fact), .total = -1 };
	struct grid grid = { .columns = fact->columns,
			     .n_columns = fact->n_columns < FACT_COLUMNS_MAX ? fact->n_columns
									     : FACT_COLUMNS_MAX,
			     .n_rows = json_object_array_length(items) };
	size_t from = page != NULL ? mcp_page_from(page, grid.n_rows) : 0, n;
	struct json_object *rows;
	size_t offered;

	fill_grid(answer, &grid, items);
	n = grid_heads(&grid, heads);
	if (n == 0)
		return;
	rows = json_object_new_array();
	json_object_object_add(answer->structure, fact->key, rows);
	answer->used += strlen(fact->key) + 6;
	if (mcp_table(answer->call, heads, n) != MCP_OK)
		return;
	offered = grid_rows(answer, &grid, from, rows);
	mcp_page_end(answer->call, page != NULL ? page : &all, grid.n_rows - from, offered);
}

struct mcp_call *
mcp_answer_call(struct mcp_answer *answer)
{
	return answer->call;
}

int
mcp_answer_end(struct mcp_answer *answer)
{
	if (answer->left_out > 0) {
		json_object_object_add(answer->structure, "left_out",
				       json_object_new_int64((int64_t)answer->left_out));
		mcp_say(answer->call, "left_out: %zu facts, because the answer is full",
			answer->left_out);
	}
	return mcp_structured(answer->call, answer->structure);
}

int
mcp_answer(struct mcp_call *call, struct json_object *item, const struct mcp_fact *facts, size_t n,
	   const char *url)
{
	struct mcp_answer *answer = mcp_answer_begin(call);

	mcp_answer_add(answer, item, facts, n);
	mcp_answer_url(answer, url);
	return mcp_answer_end(answer);
}

/* Fills "/issues/{key}" with members of the item. NULL when one of them is missing. */
static const char *
item_url(struct mcp_call *call, struct json_object *item, const char *pattern)
{
	const char *url = mcp_url(call, "%s", "");

	while (*pattern != '\0') {
		size_t plain = strcspn(pattern, "{"), len = strcspn(pattern, "}");
		const char *value;

		url = mcp_printf(call, "%s%.*s", url, (int)plain, pattern);
		if (pattern[plain] == '\0')
			break;
		value = mcp_get_str(call, item,
				    mcp_printf(call, "%.*s", (int)(len - plain - 1),
					       pattern + plain + 1),
				    "");
		if (value[0] == '\0')
			return NULL;
		url = mcp_printf(call, "%s%s", url, mcp_url_part(call, value));
		pattern += pattern[len] == '}' ? len + 1 : len;
	}
	return url;
}

int
mcp_facts(struct mcp_call *call, const struct mcp_facts *facts)
{
	static const struct mcp_words none = { 0 };
	struct mcp_words words =
	    mcp_words_filled(call, facts->about != NULL ? facts->about : &none);
	mcp_reply_fn read = facts->reply != NULL ? facts->reply : mcp_reply_object;
	struct json_object *item = read(call, 0, &words);

	if (item == NULL)
		return MCP_E_UPSTREAM;
	if (facts->item != NULL)
		item = mcp_get(item, facts->item);
	if (!json_object_is_type(item, json_type_object))
		return mcp_fail(call, MCP_E_UPSTREAM,
				mcp_printf(call, "%s was not described.",
					   words.object != NULL ? words.object : "The object"),
				"The reply of the service does not contain the object.", NULL);
	return mcp_answer(call, item, facts->facts, facts->n_facts,
			  facts->url != NULL ? item_url(call, item, facts->url) : NULL);
}
