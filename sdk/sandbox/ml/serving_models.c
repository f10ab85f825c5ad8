/* SPDX-License-Identifier: Apache-2.0 */
/* Three models: a linear model for taxi fares, a chat model that repeats its input, and an
 * embedding model. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ml/embed.h"
#include "ml/ml_filter.h"
#include "ml/serving.h"

enum { MAX_ROWS = 10000, MAX_CHOICES = 8, MAX_TEXTS = 150, DEFAULT_TOKENS = 1000 };

/* ---- the linear model: the rule of samples.nyctaxi.trips, and 0.35 for each passenger ---- */

static const struct {
	const char *name;
	double factor;
} inputs[] = { { "trip_distance", 2.7 }, { "passengers", 0.35 } };

#define BASE_FARE 1.69
#define SIGNATURE "['trip_distance': double, 'passengers': double]"

enum { INPUTS = ARRAY_SIZE(inputs) };

static bool
bad_input(struct request *req, const char *why, const char *what)
{
	reply_error(req, 400, "BAD_REQUEST",
		    "Failed to enforce the schema of the data with the "
		    "schema of the model %s. Error: %s%.100s",
		    SIGNATURE, why, what);
	return false;
}

static bool
as_number(struct request *req, struct json_object *value, const char *name, double *out)
{
	if (!json_object_is_type(value, json_type_int) &&
	    !json_object_is_type(value, json_type_double))
		return bad_input(req, "Incompatible type, expected double, of input ", name);
	*out = json_object_get_double(value);
	return true;
}

/* Adds the prediction for one row with the inputs `values`. NULL: the row is missing. */
static bool
predict_row(struct request *req, struct json_object *const values[INPUTS],
	    struct json_object *predictions)
{
	double y = BASE_FARE, x = 0;

	for (int i = 0; i < INPUTS; i++) {
		if (values[i] == NULL)
			return bad_input(req, "Model is missing inputs ", inputs[i].name);
		if (!as_number(req, values[i], inputs[i].name, &x))
			return false;
		y += inputs[i].factor * x;
	}
	json_object_array_add(predictions, ml_number(round(y * 10000) / 10000));
	return true;
}

static bool
predict_object(struct request *req, struct json_object *row, struct json_object *predictions)
{
	struct json_object *values[INPUTS];

	for (int i = 0; i < INPUTS; i++)
		values[i] = json_get(row, inputs[i].name);
	return predict_row(req, values, predictions);
}

/* Reads one row. `places` gives the input of each cell; NULL: the cells are in the order of the
 * inputs. */
static bool
predict_array(struct request *req, struct json_object *row, const int *places,
	      struct json_object *predictions)
{
	struct json_object *values[INPUTS];

	for (int i = 0; i < INPUTS; i++)
		values[i] =
		    json_object_array_get_idx(row, (size_t)(places != NULL ? places[i] : i));
	return predict_row(req, values, predictions);
}

static bool
predict_rows(struct request *req, struct json_object *rows, const int *places,
	     struct json_object *predictions)
{
	size_t n = json_object_is_type(rows, json_type_array) ? json_object_array_length(rows) : 0;
	bool ok = true;

	if (n == 0 || n > MAX_ROWS)
		return bad_input(req, "expected a list of rows", "");
	for (size_t i = 0; ok && i < n; i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);

		if (json_object_is_type(row, json_type_array))
			ok = predict_array(req, row, places, predictions);
		else if (json_object_is_type(row, json_type_object) && places == NULL)
			ok = predict_object(req, row, predictions);
		else
			ok = bad_input(req, "a row is neither an object nor a list", "");
	}
	return ok;
}

static bool
predict_split(struct request *req, struct json_object *split, struct json_object *predictions)
{
	struct json_object *columns = json_get(split, "columns");
	int places[INPUTS];

	for (int i = 0; i < INPUTS; i++) {
		places[i] = -1;
		for (size_t k = 0; json_object_is_type(columns, json_type_array) &&
				   k < json_object_array_length(columns);
		     k++)
			if (strcmp(json_object_get_string(json_object_array_get_idx(columns, k)),
				   inputs[i].name) == 0)
				places[i] = (int)k;
		if (places[i] < 0)
			return bad_input(req, "Model is missing inputs ", inputs[i].name);
	}
	return predict_rows(req, json_get(split, "data"), places, predictions);
}

/* Reads columns such as {"trip_distance": [1, 2], "passengers": [1, 1]}, or single numbers. */
static bool
predict_named(struct request *req, struct json_object *named, struct json_object *predictions)
{
	struct json_object *first = json_get(named, inputs[0].name);
	size_t n =
	    json_object_is_type(first, json_type_array) ? json_object_array_length(first) : 1;

	for (size_t r = 0; r < n && r < MAX_ROWS; r++) {
		struct json_object *values[INPUTS];

		for (int i = 0; i < INPUTS; i++) {
			values[i] = json_get(named, inputs[i].name);
			if (json_object_is_type(values[i], json_type_array))
				values[i] = json_object_array_get_idx(values[i], r);
		}
		if (!predict_row(req, values, predictions))
			return false;
	}
	return true;
}

static bool
predict(struct request *req, struct json_object *predictions)
{
	struct json_object *data = req->body, *value;

	if ((value = json_get(data, "dataframe_records")) != NULL ||
	    (value = json_get(data, "instances")) != NULL)
		return predict_rows(req, value, NULL, predictions);
	if ((value = json_get(data, "dataframe_split")) != NULL)
		return predict_split(req, value, predictions);
	value = json_get(data, "inputs");
	if (json_object_is_type(value, json_type_object))
		return predict_named(req, value, predictions);
	if (value != NULL)
		return predict_rows(req, value, NULL, predictions);
	reply_error(req, 400, "BAD_REQUEST",
		    "Invalid input: the body must hold one of "
		    "dataframe_split, dataframe_records, instances, inputs.");
	return false;
}

void
model_linear(struct request *req, const char *served)
{
	struct json_object *predictions = json_object_new_array(), *answer;

	(void)served;
	if (!predict(req, predictions)) {
		json_object_put(predictions);
		return;
	}
	answer = json_object_new_object();
	json_add(answer, "predictions", predictions);
	reply_json(req, answer);
}

/* ---- chat ---- */

static const char *
last_question(struct json_object *messages, size_t *tokens)
{
	const char *question = NULL;

	for (size_t i = 0; json_object_is_type(messages, json_type_array) &&
			   i < json_object_array_length(messages);
	     i++) {
		struct json_object *message = json_object_array_get_idx(messages, i);
		const char *role = json_str(message, "role"), *text = json_str(message, "content");

		if (role == NULL || text == NULL)
			return NULL;
		*tokens += count_words(text);
		if (strcmp(role, "user") == 0)
			question = text;
	}
	return question;
}

/* The first `max` words. *cut is true when there were more. */
static char *
first_words(const char *text, int64_t max, bool *cut)
{
	const char *end = text;

	for (int64_t n = 0; n < max && *end != '\0'; n++) {
		end += strspn(end, " ");
		end += strcspn(end, " ");
	}
	*cut = *end != '\0';
	return xstrndup(text, (size_t)(end - text));
}

static struct json_object *
chat_choice(int64_t index, const char *member, const char *text, const char *reason)
{
	struct json_object *choice = json_object_new_object(), *message = json_object_new_object();

	json_add_int(choice, "index", index);
	json_add_str(message, "role", "assistant");
	json_add_str(message, "content", text);
	json_add(choice, member, message);
	json_add_str(choice, "finish_reason", reason);
	return choice;
}

static struct json_object *
chat_head(const char *object, const char *served)
{
	struct json_object *answer = json_object_new_object();
	char id[37], *name;

	id_uuid(id);
	name = xprintf("chatcmpl-%s", id);
	json_add_str(answer, "id", name);
	json_add_str(answer, "object", object);
	json_add_int(answer, "created", clock_ms() / 1000);
	json_add_str(answer, "model", served);
	free(name);
	return answer;
}

static void
stream_chat(struct request *req, const char *served, const char *text, const char *reason)
{
	struct json_object *chunk = chat_head("chat.completion.chunk", served);
	struct json_object *choices = json_object_new_array();
	struct buf out = BUF(MAX_MADE);

	json_object_array_add(choices, chat_choice(0, "delta", text, reason));
	json_add(chunk, "choices", choices);
	buf_printf(&out, "data: %s\n\ndata: [DONE]\n\n",
		   json_object_to_json_string_ext(chunk, JSON_C_TO_STRING_PLAIN));
	json_object_put(chunk);
	reply_bytes(req, 200, "text/event-stream", out.data, out.len);
	buf_fini(&out);
}

static void
reply_chat(struct request *req, const char *served, const char *text, const char *reason,
	   size_t tokens)
{
	struct json_object *answer = chat_head("chat.completion", served);
	struct json_object *choices = json_object_new_array(), *usage = json_object_new_object();
	int64_t n = json_int(req->body, "n", 1), made = 0;

	for (int64_t i = 0; i < n && i < MAX_CHOICES; i++) {
		json_object_array_add(choices, chat_choice(i, "message", text, reason));
		made += (int64_t)count_words(text);
	}
	json_add(answer, "choices", choices);
	json_add_int(usage, "prompt_tokens", (int64_t)tokens);
	json_add_int(usage, "completion_tokens", made);
	json_add_int(usage, "total_tokens", (int64_t)tokens + made);
	json_add(answer, "usage", usage);
	reply_json(req, answer);
}

void
model_chat(struct request *req, const char *served)
{
	size_t tokens = 0;
	const char *question = last_question(json_get(req->body, "messages"), &tokens);
	int64_t max = json_int(req->body, "max_tokens", DEFAULT_TOKENS);
	char *whole, *text;
	bool cut;

	if (question == NULL || max < 1) {
		reply_error(req, 400, "BAD_REQUEST",
			    question == NULL
				? "messages must be a list of {role, content} with a user's message"
				: "max_tokens must be at least 1");
		return;
	}
	whole = xprintf("You said: %s", question);
	text = first_words(whole, max, &cut);
	if (json_flag(req->body, "stream", false))
		stream_chat(req, served, text, cut ? "length" : "stop");
	else
		reply_chat(req, served, text, cut ? "length" : "stop", tokens);
	free(whole);
	free(text);
}

/* ---- embeddings ---- */

static void
add_embedding(struct json_object *data, const char *text)
{
	struct json_object *entry = json_object_new_object(), *list = json_object_new_array();
	float vector[EMBED_DIMENSION];

	embed_text(text, vector);
	for (int i = 0; i < EMBED_DIMENSION; i++)
		json_object_array_add(list, ml_number(round((double)vector[i] * 1e6) / 1e6));
	json_add_str(entry, "object", "embedding");
	json_add_int(entry, "index", (int64_t)json_object_array_length(data));
	json_add(entry, "embedding", list);
	json_object_array_add(data, entry);
}

void
model_embed(struct request *req, const char *served)
{
	struct json_object *input = json_get(req->body, "input"), *answer, *usage, *data;
	bool single = json_object_is_type(input, json_type_string);
	size_t n = single				       ? 1
		 : json_object_is_type(input, json_type_array) ? json_object_array_length(input)
							       : 0;
	size_t tokens = 0;

	if (n == 0 || n > MAX_TEXTS) {
		reply_error(req, 400, "BAD_REQUEST",
			    "input must be a text or a list of 1 to %d texts", MAX_TEXTS);
		return;
	}
	data = json_object_new_array();
	for (size_t i = 0; i < n; i++) {
		const char *text =
		    json_object_get_string(single ? input : json_object_array_get_idx(input, i));

		add_embedding(data, text != NULL ? text : "");
		tokens += count_words(text != NULL ? text : "");
	}
	answer = json_object_new_object();
	json_add_str(answer, "object", "list");
	json_add(answer, "data", data);
	json_add_str(answer, "model", served);
	usage = json_object_new_object();
	json_add_int(usage, "prompt_tokens", (int64_t)tokens);
	json_add_int(usage, "total_tokens", (int64_t)tokens);
	json_add(answer, "usage", usage);
	reply_json(req, answer);
}
