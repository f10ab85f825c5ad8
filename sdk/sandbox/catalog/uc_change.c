/* SPDX-License-Identifier: Apache-2.0 */
/* Creates and deletes catalogs and schemas of Unity Catalog with the DDL that statements use. */
#include "catalog/uc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHANGE_API "/api/2.1/unity-catalog"

/* The name with its back-ticks doubled; the caller frees it. */
static char *
quoted_name(const char *name)
{
	struct buf b = BUF(MAX_MADE);

	buf_puts(&b, "`");
	for (; *name != '\0'; name++)
		buf_printf(&b, *name == '`' ? "``" : "%c", *name);
	buf_puts(&b, "`");
	return buf_text(&b);
}

/* The text " COMMENT '...'" from the body, or ""; the caller frees it. */
static char *
comment_clause(struct request *req)
{
	const char *comment = json_str(req->body, "comment");
	struct buf b = BUF(MAX_MADE);

	if (comment == NULL)
		return xstrdup("");
	buf_puts(&b, " COMMENT '");
	for (; *comment != '\0'; comment++)
		buf_printf(&b, *comment == '\'' || *comment == '\\' ? "\\%c" : "%c", *comment);
	buf_puts(&b, "'");
	return buf_text(&b);
}

/* Runs DDL and takes ownership of its text. A failure is answered with the class of the SQL error
 * as its code. */
static bool
run_ddl(struct request *req, char *text)
{
	struct sql_session session = { .catalog = "" };
	struct sql_query query = { .text = text };
	struct sql_outcome out;
	char code[64] = "INVALID_PARAMETER_VALUE";
	bool ok;

	snprintf(session.user, sizeof(session.user), "%s", req->user);
	sql_run(req->ws, &session, &query, &out);
	ok = out.ok;
	if (!ok && out.error != NULL && out.error[0] == '[')
		snprintf(code, sizeof(code), "%.*s", (int)strcspn(out.error + 1, ".]"),
			 out.error + 1);
	if (!ok)
		reply_error(req, 400, code, "%.2000s", out.error != NULL ? out.error : "");
	sql_outcome_fini(&out);
	free(text);
	return ok;
}

/* Writes "DROP SCHEMA `a`.`b`", with CASCADE after force=true. Takes ownership of the name. */
static void
drop(struct request *req, const char *what, char *name)
{
	bool force = false;

	if (request_bool(req, "force", false, &force) &&
	    run_ddl(req, xprintf("DROP %s %s%s", what, name, force ? " CASCADE" : "")))
		reply_empty(req);
	free(name);
}

static void
catalogs_create(struct request *req)
{
	const char *name = body_need(req, "name");
	char *quoted, *comment;

	if (name == NULL)
		return;
	quoted = quoted_name(name);
	comment = comment_clause(req);
	if (run_ddl(req, xprintf("CREATE CATALOG %s%s", quoted, comment)))
		uc_reply_catalog(req, name);
	free(quoted);
	free(comment);
}

static void
catalogs_delete(struct request *req)
{
	struct lake_conn *conn = uc_open(req);
	bool found;

	if (conn == NULL)
		return;
	found = lake_has_catalog(conn, request_var(req, "name"));
	lake_give(conn);
	if (found)
		drop(req, "CATALOG", quoted_name(request_var(req, "name")));
	else
		uc_no_catalog(req, request_var(req, "name"));
}

static void
schemas_create(struct request *req)
{
	const char *name = body_need(req, "name");
	const char *catalog = name != NULL ? body_need(req, "catalog_name") : NULL;
	struct lake_conn *conn = catalog != NULL ? uc_open(req) : NULL;
	char *in, *quoted, *comment, *full;
	bool found;

	if (conn == NULL)
		return;
	found = lake_has_catalog(conn, catalog);
	lake_give(conn);
	if (!found) {
		uc_no_catalog(req, catalog);
		return;
	}
	in = quoted_name(catalog);
	quoted = quoted_name(name);
	comment = comment_clause(req);
	full = xprintf("%s.%s", catalog, name);
	if (run_ddl(req, xprintf("CREATE SCHEMA %s.%s%s", in, quoted, comment)))
		uc_reply_schema(req, full);
	free(in);
	free(quoted);
	free(comment);
	free(full);
}

static void
schemas_delete(struct request *req)
{
	const char *name = request_var(req, "name"), *dot = strchr(name, '.');
	char *catalog = xstrndup(name, dot != NULL ? (size_t)(dot - name) : strlen(name));
	struct lake_conn *conn = uc_open(req);
	char *in, *quoted;
	bool found = false;

	if (conn != NULL) {
		found = dot != NULL && lake_has_schema(conn, catalog, dot + 1);
		lake_give(conn);
		if (!found)
			uc_no_schema(req, name);
	}
	if (found) {
		in = quoted_name(catalog);
		quoted = quoted_name(dot + 1);
		drop(req, "SCHEMA", xprintf("%s.%s", in, quoted));
		free(in);
		free(quoted);
	}
	free(catalog);
}

static const struct route uc_change_routes[] = {
	{ "POST", CHANGE_API "/catalogs", catalogs_create, ROUTE_UNLOCKED },
	{ "DELETE", CHANGE_API "/catalogs/{name}", catalogs_delete, ROUTE_UNLOCKED },
	{ "POST", CHANGE_API "/schemas", schemas_create, ROUTE_UNLOCKED },
	{ "DELETE", CHANGE_API "/schemas/{name}", schemas_delete, ROUTE_UNLOCKED },
	{ 0 },
};

const struct domain uc_change_domain = { .name = "uc_change", .routes = uc_change_routes };
