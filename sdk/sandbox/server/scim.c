/* SPDX-License-Identifier: Apache-2.0 */
/* Users and groups: /api/2.0/preview/scim/v2, read-only (RFC 7644). */
#include "sandbox.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SCIM "/api/2.0/preview/scim/v2"

static struct json_object *
scim_group(const char *name, const char *id)
{
	struct json_object *group = json_object_new_object();
	char *ref = xprintf("Groups/%s", id);

	json_add_str(group, "display", name);
	json_add_str(group, "type", "direct");
	json_add_str(group, "value", id);
	json_add_str(group, "$ref", ref);
	free(ref);
	return group;
}

/* Makes a user in the form of SCIM; the caller owns it. */
static struct json_object *
user_json(const char *user, bool admin)
{
	struct json_object *me = json_object_new_object(), *list, *item;
	char id[65], display[128];

	sha256_hex(user, strlen(user), id);
	snprintf(id, sizeof(id), "%llu", strtoull(id + 50, NULL, 16) % 9000000000000000ULL);
	snprintf(display, sizeof(display), "%.*s", (int)strcspn(user, "@"), user);
	display[0] = (char)toupper((unsigned char)display[0]);
	json_add_str(me, "id", id);
	json_add_str(me, "userName", user);
	json_add_str(me, "displayName", display);
	json_add_bool(me, "active", true);
	list = json_object_new_array();
	item = json_object_new_object();
	json_add_str(item, "type", "work");
	json_add_str(item, "value", user);
	json_add_bool(item, "primary", true);
	json_object_array_add(list, item);
	json_add(me, "emails", list);
	list = json_object_new_array();
	json_object_array_add(list, scim_group("users", "100000001"));
	if (admin)
		json_object_array_add(list, scim_group("admins", "100000002"));
	json_add(me, "groups", list);
	list = json_object_new_array();
	item = json_object_new_object();
	json_add_str(item, "value", "workspace-access");
	json_object_array_add(list, item);
	json_add(me, "entitlements", list);
	list = json_object_new_array();
	json_object_array_add(list,
			      json_object_new_string("urn:ietf:params:scim:schemas:core:2.0:User"));
	json_add(me, "schemas", list);
	return me;
}

static void
scim_me(struct request *req)
{
	reply_json(req, user_json(req->user, req->trusted));
}

/* ---- lists ---- */

/* The users who own the objects of a new workspace. */
static const char *const people[] = { "ann@example.com", "bob@example.com", "carol@example.com",
				      "dave@example.com", "etl@example.com" };

/* Does the filter 'userName eq "x"' accept the name? Without a filter, or with another filter,
 * every name is accepted. */
static bool
passes(const struct request *req, const char *attribute, const char *name)
{
	const char *filter = request_arg(req, "filter"), *start;
	size_t n = strlen(attribute);

	if (filter == NULL || strncasecmp(filter, attribute, n) != 0 ||
	    strncasecmp(filter + n, " eq ", 4) != 0)
		return true;
	start = filter + n + 4;
	start += *start == '"';
	n = strcspn(start, "\"");
	return n == strlen(name) && strncasecmp(start, name, n) == 0;
}

/* A SCIM page of all results (takes ownership of them). startIndex counts from 1. */
static void
reply_resources(struct request *req, struct json_object *all)
{
	struct json_object *answer, *page, *schemas;
	int64_t total = (int64_t)json_object_array_length(all), start, count;

	if (!request_int(req, "startIndex", 1, 0, INT32_MAX, &start) ||
	    !request_int(req, "count", 100, 0, INT32_MAX, &count)) {
		json_object_put(all);
		return;
	}
	start = start < 1 ? 1 : start;
	page = json_object_new_array();
	for (int64_t i = start - 1; i < total && i - (start - 1) < count; i++)
		json_object_array_add(page,
				      json_object_get(json_object_array_get_idx(all, (size_t)i)));
	schemas = json_object_new_array();
	json_object_array_add(schemas, json_object_new_string(
					   "urn:ietf:params:scim:api:messages:2.0:ListResponse"));
	answer = json_object_new_object();
	json_add(answer, "schemas", schemas);
	json_add_int(answer, "totalResults", total);
	json_add_int(answer, "startIndex", start);
	json_add_int(answer, "itemsPerPage", (int64_t)json_object_array_length(page));
	json_add(answer, "Resources", page);
	json_object_put(all);
	reply_json(req, answer);
}

/* All users, beginning with the caller; owned by the caller of this function. */
static struct json_object *
all_users(const struct request *req)
{
	struct json_object *all = json_object_new_array();

	json_object_array_add(all, user_json(req->user, req->trusted));
	for (size_t i = 0; i < ARRAY_SIZE(people); i++)
		if (strcmp(people[i], req->user) != 0)
			json_object_array_add(all, user_json(people[i], false));
	return all;
}

static void
users_list(struct request *req)
{
	struct json_object *all = all_users(req);

	for (size_t i = json_object_array_length(all); i-- > 0;)
		if (!passes(req, "userName",
			    json_str(json_object_array_get_idx(all, i), "userName")))
			json_object_array_del_idx(all, i, 1);
	reply_resources(req, all);
}

static void
users_get(struct request *req)
{
	struct json_object *all = all_users(req), *found = NULL;

	for (size_t i = 0; found == NULL && i < json_object_array_length(all); i++) {
		struct json_object *user = json_object_array_get_idx(all, i);

		if (strcmp(json_str(user, "id"), request_var(req, "id")) == 0)
			found = json_object_get(user);
	}
	json_object_put(all);
	if (found != NULL)
		reply_json(req, found);
	else
		reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST", "User %.40s does not exist.",
			    request_var(req, "id"));
}

static void
groups_list(struct request *req)
{
	static const char *const groups[][2] = { { "users", "100000001" },
						 { "admins", "100000002" } };
	struct json_object *all = json_object_new_array(), *group;

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		if (!passes(req, "displayName", groups[i][0]))
			continue;
		group = json_object_new_object();
		json_add_str(group, "id", groups[i][1]);
		json_add_str(group, "displayName", groups[i][0]);
		json_object_array_add(all, group);
	}
	reply_resources(req, all);
}

static const struct route scim_routes[] = {
	{ "GET", SCIM "/Me", scim_me, 0 },
	{ "GET", SCIM "/Users", users_list, 0 },
	{ "GET", SCIM "/Users/{id}", users_get, 0 },
	{ "GET", SCIM "/Groups", groups_list, 0 },
	{ 0 },
};

const struct domain scim_domain = { .name = "scim", .routes = scim_routes };
