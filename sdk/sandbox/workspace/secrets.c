/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets: /api/2.0/secrets. Values are in state.db; only its owner can read this file, like all
 * files in DIR. They are never logged. https://docs.databricks.com/api/workspace/secrets */
#include "workspace/secrets.h"

#include <stdlib.h>
#include <string.h>

enum {
	MAX_SECRET = 128 * 1024,
	MAX_KEY = 128,
	MAX_SECRETS = 1000, /* in a scope */
	MAX_SCOPES = 1000,  /* in a workspace */
};

static const char secret_tables[] =
    "CREATE TABLE IF NOT EXISTS secret_scopes(name TEXT PRIMARY KEY, backend TEXT NOT NULL,"
    " metadata TEXT, created INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS secrets(scope TEXT NOT NULL, key TEXT NOT NULL,"
    " value BLOB NOT NULL, updated INTEGER NOT NULL, PRIMARY KEY(scope, key));"
    "CREATE TABLE IF NOT EXISTS secret_acls(scope TEXT NOT NULL, principal TEXT NOT NULL,"
    " permission TEXT NOT NULL, PRIMARY KEY(scope, principal));";

/* ---- names, scopes and permissions ---- */

static bool
name_valid(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_-.@/ ";
	size_t len = strlen(name);

	return len > 0 && len <= MAX_KEY && strspn(name, allowed) == len;
}

static int
rank_of(const char *permission)
{
	return strcmp(permission, "READ") == 0	 ? 1
	     : strcmp(permission, "WRITE") == 0	 ? 2
	     : strcmp(permission, "MANAGE") == 0 ? 3
						 : 0;
}

/* The highest permission of the caller: its own, that of `users` and, with the printed token, of
 * `admins`. */
static int
rank_held(struct workspace *ws, const char *user, bool trusted, const char *scope)
{
	sqlite3_stmt *st = db_query(ws,
				    "SELECT permission FROM secret_acls WHERE scope = ?1"
				    " AND (principal IN (?2, 'users') OR (?3 AND principal ="
				    " 'admins'))",
				    "ssi", scope, user, (int64_t)trusted);
	int best = 0;

	while (db_next(ws, st)) {
		int rank = rank_of(db_text(st, 0));

		best = rank > best ? rank : best;
	}
	return best;
}

static bool
is_key_vault(struct request *req, const char *scope)
{
	return db_one_int(req->ws,
			  "SELECT 1 FROM secret_scopes WHERE name = ?"
			  " AND backend = 'AZURE_KEYVAULT'",
			  "s", scope) == 1;
}

/* Checks that the scope exists and that the caller has the permission. When the result is false,
 * the request was refused. */
static bool
scope_allows(struct request *req, const char *scope, const char *permission)
{
	if (db_one_int(req->ws, "SELECT 1 FROM secret_scopes WHERE name = ?", "s", scope) != 1) {
		reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST", "Scope %.128s does not exist!",
			    scope);
		return false;
	}
	if (rank_held(req->ws, req->user, req->trusted, scope) < rank_of(permission)) {
		reply_error(req, 403, "PERMISSION_DENIED",
			    "User %s does not have %s permission on scope %.128s", req->user,
			    permission, scope);
		return false;
	}
	return true;
}

static bool
scope_writable(struct request *req, const char *scope)
{
	if (!scope_allows(req, scope, "WRITE"))
		return false;
	if (!is_key_vault(req, scope))
		return true;
	reply_error(req, 400, "BAD_REQUEST",
		    "Cannot write secrets to Azure KeyVault-backed scope "
		    "%.128s",
		    scope);
	return false;
}

static void
no_such_secret(struct request *req, const char *scope, const char *key)
{
	reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST",
		    "Failed to get secret %.128s for scope %.128s.", key, scope);
}

static void
reply_list(struct request *req, const char *name, struct json_object *list)
{
	struct json_object *answer = json_object_new_object();

	if (json_object_array_length(list) > 0)
		json_add(answer, name, list);
	else
		json_object_put(list);
	reply_json(req, answer);
}

/* ---- scopes ---- */

static void
scopes_list(struct request *req)
{
	sqlite3_stmt *st = db_query(req->ws,
				    "SELECT name, backend, metadata FROM secret_scopes"
				    " ORDER BY name",
				    "");
	struct json_object *list = json_object_new_array(), *item;

	while (db_next(req->ws, st)) {
		item = json_object_new_object();
		json_add_str(item, "name", db_text(st, 0));
		json_add_str(item, "backend_type", db_text(st, 1));
		if (*db_text(st, 2) != '\0')
			json_add(item, "keyvault_metadata", db_tree(st, 2));
		json_object_array_add(list, item);
	}
	reply_list(req, "scopes", list);
}

static void
scope_add(struct workspace *ws, const char *name, const char *backend, struct json_object *metadata,
	  const char *principal)
{
	db_run(ws, "INSERT INTO secret_scopes VALUES(?, ?, ?, ?)", "ssji", name, backend, metadata,
	       clock_ms());
	db_run(ws, "INSERT INTO secret_acls VALUES(?, ?, 'MANAGE')", "ss", name, principal);
}

static void
scopes_create(struct request *req)
{
	const char *name = body_need(req, "scope");
	const char *backend = json_str(req->body, "scope_backend_type");
	const char *principal = json_str(req->body, "initial_manage_principal");
	struct json_object *vault = json_get(req->body, "backend_azure_keyvault");

	if (name == NULL)
		return;
	backend = backend != NULL ? backend : "DATABRICKS";
	if (!name_valid(name))
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "Scope name must be 1 to %d characters: letters, digits, _ - . @ / and "
			    "spaces.",
			    MAX_KEY);
	else if (strcmp(backend, "DATABRICKS") != 0 &&
		 (strcmp(backend, "AZURE_KEYVAULT") != 0 || vault == NULL))
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "scope_backend_type is DATABRICKS,"
			    " or AZURE_KEYVAULT with backend_azure_keyvault.");
	else if (principal != NULL && strcmp(principal, "users") != 0)
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "initial_manage_principal may only be 'users'.");
	else if (db_one_int(req->ws, "SELECT 1 FROM secret_scopes WHERE name = ?", "s", name) == 1)
		reply_error(req, 400, "RESOURCE_ALREADY_EXISTS", "Scope %s already exists!", name);
	else if (db_one_int(req->ws, "SELECT count(*) FROM secret_scopes", "") >= MAX_SCOPES)
		reply_error(req, 400, "RESOURCE_LIMIT_EXCEEDED",
			    "A workspace holds at most %d scopes.", MAX_SCOPES);
	else {
		scope_add(req->ws, name, backend, vault, principal != NULL ? principal : req->user);
		reply_empty(req);
	}
}

static void
scopes_delete(struct request *req)
{
	const char *name = body_need(req, "scope");

	if (name == NULL || !scope_allows(req, name, "MANAGE"))
		return;
	db_run(req->ws, "DELETE FROM secrets WHERE scope = ?", "s", name);
	db_run(req->ws, "DELETE FROM secret_acls WHERE scope = ?", "s", name);
	db_run(req->ws, "DELETE FROM secret_scopes WHERE name = ?", "s", name);
	reply_empty(req);
}

/* ---- secrets ---- */

static void
secrets_list(struct request *req)
{
	const char *scope = request_need(req, "scope");
	struct json_object *list, *item;
	sqlite3_stmt *st;

	if (scope == NULL || !scope_allows(req, scope, "READ"))
		return;
	list = json_object_new_array();
	st = db_query(req->ws, "SELECT key, updated FROM secrets WHERE scope = ? ORDER BY key", "s",
		      scope);
	while (db_next(req->ws, st)) {
		item = json_object_new_object();
		json_add_str(item, "key", db_text(st, 0));
		json_add_int(item, "last_updated_timestamp", db_int(st, 1));
		json_object_array_add(list, item);
	}
	reply_list(req, "secrets", list);
}

static void
secrets_get(struct request *req)
{
	const char *scope = request_need(req, "scope"), *key;
	struct json_object *answer;
	sqlite3_stmt *st;
	char *value;

	if (scope == NULL)
		return;
	key = request_need(req, "key");
	if (key == NULL || !scope_allows(req, scope, "READ"))
		return;
	st = db_query(req->ws, "SELECT value FROM secrets WHERE scope = ? AND key = ?", "ss", scope,
		      key);
	if (!db_next(req->ws, st)) {
		no_such_secret(req, scope, key);
		return;
	}
	value = encode_base64(sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0));
	db_end(st);
	answer = json_object_new_object();
	json_add_str(answer, "key", key);
	json_add_str(answer, "value", value);
	free(value);
	reply_json(req, answer);
}

char *
secret_text(struct workspace *ws, const char *user, bool trusted, const char *scope,
	    const char *key)
{
	char *value = NULL;
	sqlite3_stmt *st;

	ws_lock(ws);
	st =
	    db_query(ws, "SELECT value FROM secrets WHERE scope = ? AND key = ?", "ss", scope, key);
	if (db_next(ws, st)) {
		if (rank_held(ws, user, trusted, scope) >= rank_of("READ"))
			value = xstrdup(db_text(st, 0));
		db_end(st);
	}
	ws_unlock(ws);
	return value;
}

/* The value of a put: string_value unchanged, bytes_value decoded. NULL when the request was
 * refused. */
static char *
given_value(struct request *req, size_t *len)
{
	struct json_object *text = json_get(req->body, "string_value");
	const char *bytes = json_str(req->body, "bytes_value");
	char *value = NULL;

	if ((text != NULL) == (bytes != NULL)) {
		reply_error(req, 400, "MALFORMED_REQUEST",
			    "Exactly one of string_value and bytes_value must be given.");
		return NULL;
	}
	if (bytes != NULL) {
		value = decode_base64(bytes, strlen(bytes), len);
	} else if (json_object_is_type(text, json_type_string)) {
		*len = (size_t)json_object_get_string_len(text);
		value = xcalloc(1, *len + 1);
		memcpy(value, json_object_get_string(text), *len);
	}
	if (value == NULL) {
		reply_error(req, 400, "MALFORMED_REQUEST", "The value is malformed.");
	} else if (*len > MAX_SECRET) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "The value is larger than %d bytes.", MAX_SECRET);
		free(value);
		value = NULL;
	}
	return value;
}

static void
put(struct request *req, const char *scope, const char *key, const char *value, size_t len)
{
	bool is_new = db_one_int(req->ws, "SELECT 1 FROM secrets WHERE scope = ? AND key = ?", "ss",
				 scope, key) != 1;

	if (is_new && db_one_int(req->ws, "SELECT count(*) FROM secrets WHERE scope = ?", "s",
				 scope) >= MAX_SECRETS) {
		reply_error(req, 400, "RESOURCE_LIMIT_EXCEEDED",
			    "Scope %.128s holds its maximum of %d secrets.", scope, MAX_SECRETS);
		return;
	}
	db_run(req->ws,
	       "INSERT INTO secrets VALUES(?1, ?2, ?3, ?4) ON CONFLICT(scope, key)"
	       " DO UPDATE SET value = ?3, updated = ?4",
	       "ssbi", scope, key, value, len, clock_ms());
	reply_empty(req);
}

static void
secrets_put(struct request *req)
{
	const char *scope = body_need(req, "scope"), *key;
	size_t len = 0;
	char *value;

	if (scope == NULL)
		return;
	key = body_need(req, "key");
	if (key == NULL)
		return;
	if (!name_valid(key) || strpbrk(key, "@/ ") != NULL) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "Secret key must be 1 to %d characters: letters, digits, _ - and .",
			    MAX_KEY);
		return;
	}
	if (!scope_writable(req, scope))
		return;
	value = given_value(req, &len);
	if (value == NULL)
		return;
	put(req, scope, key, value, len);
	explicit_bzero(value, len);
	free(value);
}

static void
secrets_delete(struct request *req)
{
	const char *scope = body_need(req, "scope"), *key;

	if (scope == NULL)
		return;
	key = body_need(req, "key");
	if (key == NULL || !scope_writable(req, scope))
		return;
	if (db_run(req->ws, "DELETE FROM secrets WHERE scope = ? AND key = ?", "ss", scope, key) >
	    0)
		reply_empty(req);
	else
		reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST",
			    "Secret %.128s does not exist in scope %.128s.", key, scope);
}

/* ---- ACLs ---- */

static struct json_object *
acl_json(sqlite3_stmt *st)
{
	struct json_object *item = json_object_new_object();

	json_add_str(item, "principal", db_text(st, 0));
	json_add_str(item, "permission", db_text(st, 1));
	return item;
}

static void
acls_list(struct request *req)
{
	const char *scope = request_need(req, "scope");
	struct json_object *list;
	sqlite3_stmt *st;

	if (scope == NULL || !scope_allows(req, scope, "MANAGE"))
		return;
	list = json_object_new_array();
	st = db_query(req->ws,
		      "SELECT principal, permission FROM secret_acls WHERE scope = ?"
		      " ORDER BY principal",
		      "s", scope);
	while (db_next(req->ws, st))
		json_object_array_add(list, acl_json(st));
	reply_list(req, "items", list);
}

static void
no_such_acl(struct request *req, const char *scope, const char *principal)
{
	reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST",
		    "Failed to get secret acl for principal %.128s for scope %.128s.", principal,
		    scope);
}

static void
acls_get(struct request *req)
{
	const char *scope = request_need(req, "scope"), *principal;
	sqlite3_stmt *st;

	if (scope == NULL)
		return;
	principal = request_need(req, "principal");
	if (principal == NULL || !scope_allows(req, scope, "MANAGE"))
		return;
	st = db_query(req->ws,
		      "SELECT principal, permission FROM secret_acls WHERE scope = ?"
		      " AND principal = ?",
		      "ss", scope, principal);
	if (db_next(req->ws, st)) {
		reply_json(req, acl_json(st));
		db_end(st);
	} else {
		no_such_acl(req, scope, principal);
	}
}

static void
acls_put(struct request *req)
{
	const char *scope = body_need(req, "scope"), *principal, *permission;

	if (scope == NULL)
		return;
	principal = body_need(req, "principal");
	permission = principal != NULL ? body_need(req, "permission") : NULL;
	if (permission == NULL || !scope_allows(req, scope, "MANAGE"))
		return;
	if (rank_of(permission) == 0) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "permission is READ, WRITE or MANAGE.");
		return;
	}
	db_run(req->ws,
	       "INSERT INTO secret_acls VALUES(?1, ?2, ?3) ON CONFLICT(scope, principal)"
	       " DO UPDATE SET permission = ?3",
	       "sss", scope, principal, permission);
	reply_empty(req);
}

static void
acls_delete(struct request *req)
{
	const char *scope = body_need(req, "scope"), *principal;

	if (scope == NULL)
		return;
	principal = body_need(req, "principal");
	if (principal == NULL || !scope_allows(req, scope, "MANAGE"))
		return;
	if (db_run(req->ws, "DELETE FROM secret_acls WHERE scope = ? AND principal = ?", "ss",
		   scope, principal) > 0)
		reply_empty(req);
	else
		no_such_acl(req, scope, principal);
}

/* ---- seeds ---- */

static void
seed_secrets(struct workspace *ws)
{
	static const struct {
		const char *scope, *key, *value;
	} secrets[] = {
		{ "app", "api-key", "sandbox-api-key-123456" },
		{ "app", "db-password", "correct horse battery staple" },
		{ "vault", "sas-token", "sandbox-sas-token" },
		{ "restricted", "root-password", "sandbox-root-password" },
	};
	struct json_object *vault = json_object_new_object();

	json_add_str(vault, "resource_id",
		     "/subscriptions/0/resourceGroups/rg/providers/"
		     "Microsoft.KeyVault/vaults/sandbox");
	json_add_str(vault, "dns_name", "https://sandbox.vault.azure.net/");
	scope_add(ws, "app", "DATABRICKS", NULL, "users");
	scope_add(ws, "vault", "AZURE_KEYVAULT", vault, "users");
	scope_add(ws, "restricted", "DATABRICKS", NULL, "carol@example.com");
	json_object_put(vault);
	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++)
		db_run(ws, "INSERT INTO secrets VALUES(?, ?, ?, ?)", "ssbi", secrets[i].scope,
		       secrets[i].key, secrets[i].value, strlen(secrets[i].value), clock_ms());
}

static const struct route secrets_routes[] = {
	{ "GET", "/api/2.0/secrets/scopes/list", scopes_list, 0 },
	{ "POST", "/api/2.0/secrets/scopes/create", scopes_create, 0 },
	{ "POST", "/api/2.0/secrets/scopes/delete", scopes_delete, 0 },
	{ "GET", "/api/2.0/secrets/list", secrets_list, 0 },
	{ "GET", "/api/2.0/secrets/get", secrets_get, 0 },
	{ "POST", "/api/2.0/secrets/put", secrets_put, 0 },
	{ "POST", "/api/2.0/secrets/delete", secrets_delete, 0 },
	{ "GET", "/api/2.0/secrets/acls/list", acls_list, 0 },
	{ "GET", "/api/2.0/secrets/acls/get", acls_get, 0 },
	{ "POST", "/api/2.0/secrets/acls/put", acls_put, 0 },
	{ "POST", "/api/2.0/secrets/acls/delete", acls_delete, 0 },
	{ 0 },
};

const struct domain secrets_domain = {
	.name = "secrets",
	.routes = secrets_routes,
	.tables = secret_tables,
	.seed = seed_secrets,
};
