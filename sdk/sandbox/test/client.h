/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client side of the tests: starts lakehost-sandbox as a child process and sends HTTP requests
 * to it.
 */
#ifndef SANDBOX_TEST_CLIENT_H
#define SANDBOX_TEST_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <json-c/json.h>

struct answer {
	long status; /* the HTTP status; 0 when the transfer itself failed */
	int curl_error;
	char *text; /* body, NUL-terminated */
	size_t len;
	char *headers;		  /* raw */
	struct json_object *json; /* the body as JSON; NULL when it is not JSON */
};

struct sandbox {
	pid_t pid;
	char host[64], token[64];
	char dir[64];
};
extern struct sandbox sandbox;
extern const char *program; /* path of lakehost-sandbox */

bool sandbox_start(void); /* starts the sandbox in sandbox.dir, and fills the other members */
/* sends SIGTERM; returns the exit status, or -1 when the program was killed */
int sandbox_stop(void);
/* Runs the program to its end with these arguments (the list ends with NULL). Returns its exit
 * status. */
int run_program(const char *const *args);

/* Sends a request. token NULL: the printed one; "": no token. headers: lines "A: b", a list that
 * ends with NULL, or NULL. */
struct answer *call_with(const char *method, const char *path, const char *body, const char *token,
			 const char *const *headers);
struct answer *get(const char *path);
struct answer *post(const char *path, const char *body);
struct answer *get_as(const char *token, const char *path);
struct answer *post_as(const char *token, const char *path, const char *body);
void answer_free(struct answer *a);

/* Finds "a.b[0].c" in a tree. NULL when it is absent. text_at: "" when it is absent; strings
 * without quotes. */
struct json_object *at(struct json_object *obj, const char *path);
const char *text_at(struct answer *a, const char *path);
long long int_at(struct answer *a, const char *path); /* -1 when absent */
/* the length of an array; 0 when it is absent */
size_t count_at(struct answer *a, const char *path);
/* Are status and error_code as expected? */
bool is_error(struct answer *a, long status, const char *code);
bool has_header(struct answer *a, const char *name, const char *value); /* NULL = any */

void set_setting(const char *name, long long value);
int shorten_delays(void); /* for CU_add_suite: from now on transitions take 30 ms at most */
/* Polls GET path until text_at(member) has the wanted value, for at most a minute. */
bool wait_for(const char *path, const char *member, const char *wanted);
/* Runs a SQL statement to its end on the running warehouse. */
struct answer *sql(const char *statement);
struct answer *sql_as(const char *token, const char *statement);

#define RUNNING_WAREHOUSE "8e1c0a2b3c4d5e6f"
#define STOPPED_WAREHOUSE "1f2e3d4c5b6a7988"
#define STATEMENTS "/api/2.0/sql/statements"

/* The suites. Each function adds its suite to the registry. */
void add_front_suite(void);
void add_compute_suite(void);
void add_statement_suite(void);
void add_sql_suite(void);
void add_catalog_suite(void);
void add_tree_suite(void);
void add_file_suite(void);
void add_code_suite(void);
void add_definition_suite(void);
void add_job_suite(void);
void add_ml_suite(void);
void add_change_suite(void);

#endif
