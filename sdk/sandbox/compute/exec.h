/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs code: python in its own process, SQL in the engine, notebooks cell by cell. One struct exec
 * holds the state that a 1.2 context or a task of a run keeps between cells. The caller must not
 * hold ws_lock; it is taken only while the tree is read.
 */
#ifndef SANDBOX_EXEC_H
#define SANDBOX_EXEC_H

#include "workspace/notebook.h"
#include "compute/python.h"

enum {
	MAX_SHOWN_ROWS = 1000,	     /* most rows of a table that code displays */
	MAX_COLLECTED_ROWS = 100000, /* bytes of memory that python may use */
	MAX_NOTEBOOK_DEPTH = 8,	     /* greatest depth of %run and dbutils.notebook.run */
};

struct exec {
	struct workspace *ws;
	char user[128];
	bool trusted, may_exec; /* id of the request that started the code */
	bool keep;		/* a cancel does not end the python process */
	struct sql_session session;
	struct json_object *params; /* widgets: texts by name; owned; may be NULL */
	struct json_object *values; /* {task: {key: value}}; borrowed; or NULL */
	const char *task_key;	    /* parameters that have a value; borrowed */
	const char *path;	    /* path of the notebook that is running; borrowed */
	struct python *python;	    /* NULL until needed */
	struct bg *bg;
	bool (*stop)(void *arg); /* the functions for requests, see struct python_host; or NULL */
	void *stop_arg;
	int64_t deadline_ms; /* clock_ms(); 0 = none */
	int depth;
};

enum exec_end { EXEC_OK, EXEC_EXIT, EXEC_ERROR, EXEC_CANCELLED, EXEC_TIMEDOUT };

struct exec_result {
	enum exec_end end;
	char *text;		      /* the printed text; never NULL after a run */
	bool truncated;		      /* the text or the table of the result */
	struct json_object *table;    /* a table in the form of sql_collect(); or NULL */
	char *html;		      /* the HTML of displayHTML; or NULL */
	char *value;		      /* of EXEC_EXIT */
	char *ename, *evalue, *trace; /* of EXEC_ERROR */
	bool missing;		      /* with EXEC_ERROR: the notebook does not exist */
};
void exec_result_fini(struct exec_result *result);
void exec_fail(struct exec_result *result, const char *ename, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

void exec_init(struct exec *exec, struct workspace *ws, const char *user, bool trusted);
void exec_fini(struct exec *exec);

/* Runs code. language: "python", "sql", "sh", "scala", "r", ... `name` is shown in tracebacks. */
void exec_code(struct exec *exec, const char *language, const char *code, const char *name,
	       struct exec_result *result);
/* Runs a python file with arguments (an array of texts, borrowed, or NULL). */
void exec_script(struct exec *exec, const char *code, const char *name, struct json_object *argv,
		 struct exec_result *result);
/* Runs a notebook of the workspace. *html receives the notebook with its outputs; it may be
 * NULL. */
void exec_notebook(struct exec *exec, const char *given, struct buf *html,
		   struct exec_result *result);

#endif
