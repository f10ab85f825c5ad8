/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The filter and order grammar of MLflow's searches:
 *   metrics.rmse < 1 and params."a b" = 'x' and status IN ('FINISHED', 'FAILED')
 * https://mlflow.org/docs/latest/search-runs.html
 */
#ifndef SANDBOX_ML_FILTER_H
#define SANDBOX_ML_FILTER_H

#include "sandbox.h"

struct ml_filter;

/* The value of a key in one item. It is neither text nor number when the item does not have the
 * key. */
struct ml_value {
	const char *text;
	bool is_number;
	double number;
};

/* The names that a filter may use: attributes that are texts, then attributes that are numbers;
 * each list ends with NULL. `scopes`: are metrics and params allowed? */
struct ml_grammar {
	const char *const *texts, *const *numbers;
	bool runs;
	/* `scope` is metrics, params, tags or attributes. */
	struct ml_value (*value)(struct json_object *item, const char *scope, const char *key);
};

/* The items of `all` (takes ownership) that match the request's filter, sorted. `orders` is an
 * array of strings or NULL. NULL when the request was answered with 400. `fallback` is the order of
 * equal items, for example "start_time DESC". */
struct json_object *ml_search(struct request *req, const struct ml_grammar *grammar,
			      const char *filter, struct json_object *orders, const char *fallback,
			      struct json_object *all);
/* The value of `key` in an array of {key, value}. NULL when the key is not there. */
struct json_object *ml_pair(struct json_object *pairs, const char *key);
/* The usual function `value` of a grammar: finds a tag, or a member of the item. */
struct ml_value ml_attribute(struct json_object *item, const char *scope, const char *key);
/* Writes a number with the fewest digits that are exact; NaN and infinities as text. The result is
 * owned. */
struct json_object *ml_number(double value);

#endif
