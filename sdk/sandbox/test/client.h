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
	long status; /* 0 when the transfer itself failed */
	int curl_error;
	char *text; /* body, NUL-terminated */
	size_t len;
	char *headers;		  /* raw */
	struct json_object *json; /* the body when it is JSON, else NULL */
};

struct sandbox {
	pid_t pid;
	char host[64], token[64];
	char dir[64];
};
extern struct sandbox sandbox;
extern const char *program; /* path of lakehost-sandbox */

bool sandbox_start(void); /* in sandbox.dir; fills the rest */
int sandbox_stop(void);	  /* SIGTERM; the exit status, -1 when it was killed */
/* Runs the program to its end with these arguments (NULL-terminated); its exit status. */
int run_program(const char *const *args);

/* token NULL = the printed one, "" = none.  headers: "A: b" lines, NULL-terminated, or NULL. */
struct answer *call_with(const char *method, const char *path, const char *body, const char *token,
			 const char *const *headers);
struct answer *get(const char *path);
struct answer *post(const char *path, const char *body);
struct answer *get_as(const char *token, const char *path);
struct answer *post_as(const char *token, const char *path, const char *body);
void answer_free(struct answer *a);

/* "a.b[0].c" inside a tree; NULL when absent.  text: "" when absent; strings unquoted. */
struct json_object *at(struct json_object *obj, const char *path);
const char *text_at(struct answer *a, const char *path);
long long int_at(struct answer *a, const char *path); /* -1 when absent */
size_t count_at(struct answer *a, const char *path);  /* array length; 0 when absent */
/* Are status and error_code as expected? */
bool is_error(struct answer *a, long status, const char *code);
bool has_header(struct answer *a, const char *name, const char *value); /* NULL = any */

void set_setting(const char *name, long long value);
int shorten_delays(void); /* for CU_add_suite: transitions take 30 ms at most */
/* Polls GET path until text_at(member) has the wanted value, for at most a minute. */
bool wait_for(const char *path, const char *member, const char *wanted);
/* Runs SQL to its end on the running warehouse. */
struct answer *sql(const char *statement);
struct answer *sql_as(const char *token, const char *statement);

#define RUNNING_WAREHOUSE "8e1c0a2b3c4d5e6f"
#define STOPPED_WAREHOUSE "1f2e3d4c5b6a7988"
#define STATEMENTS "/api/2.0/sql/statements"

/* Suites; each adds itself to the registry. */
void add_front_suite(void);
void add_compute_suite(void);
void add_statement_suite(void);
void add_sql_suite(void);
void add_catalog_suite(void);
void add_tree_suite(void);
void add_file_suite(void);
void add_code_suite(void);
void add_job_suite(void);
void add_ml_suite(void);
void add_change_suite(void);

#endif
