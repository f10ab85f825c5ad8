/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running code: python in a process of its own, SQL in the engine, notebooks cell by cell.  One
 * struct exec is what a 1.2 context or a task of a run keeps between cells.  Nothing here wants
 * ws_lock; it is taken for the moments that read the tree.
 */
#ifndef SANDBOX_EXEC_H
#define SANDBOX_EXEC_H

#include "workspace/notebook.h"
#include "compute/python.h"

enum {
	MAX_SHOWN_ROWS = 1000,	     /* of a table that code displays */
	MAX_COLLECTED_ROWS = 100000, /* that python may take into memory */
	MAX_NOTEBOOK_DEPTH = 8,	     /* %run and dbutils.notebook.run */
};

struct exec {
	struct workspace *ws;
	char user[128];
	bool trusted, may_exec; /* of the request that asked for the code to run */
	bool keep;		/* a cancel keeps the python process */
	struct sql_session session;
	struct json_object *params; /* widgets: texts by name; owned; may be NULL */
	struct json_object *values; /* {task: {key: value}}; borrowed; or NULL */
	const char *task_key;	    /* whose values are set; borrowed */
	const char *path;	    /* of the notebook that runs; borrowed */
	struct python *python;	    /* NULL until needed */
	struct bg *bg;
	bool (*stop)(void *arg); /* as in struct python_host; or NULL */
	void *stop_arg;
	int64_t deadline_ms; /* clock_ms(); 0 = none */
	int depth;
};

enum exec_end { EXEC_OK, EXEC_EXIT, EXEC_ERROR, EXEC_CANCELLED, EXEC_TIMEDOUT };

struct exec_result {
	enum exec_end end;
	char *text;		      /* what was printed; never NULL after a run */
	bool truncated;		      /* the text or the table */
	struct json_object *table;    /* as sql_collect's; or NULL */
	char *html;		      /* of displayHTML; or NULL */
	char *value;		      /* of EXEC_EXIT */
	char *ename, *evalue, *trace; /* of EXEC_ERROR */
	bool missing;		      /* EXEC_ERROR: the notebook is not there */
};
void exec_result_fini(struct exec_result *result);
void exec_fail(struct exec_result *result, const char *ename, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

void exec_init(struct exec *exec, struct workspace *ws, const char *user, bool trusted);
void exec_fini(struct exec *exec);

/* language: "python", "sql", "sh", "scala", "r", ...  `name` shows in tracebacks. */
void exec_code(struct exec *exec, const char *language, const char *code, const char *name,
	       struct exec_result *result);
/* A python file with arguments (array of texts, borrowed, or NULL). */
void exec_script(struct exec *exec, const char *code, const char *name, struct json_object *argv,
		 struct exec_result *result);
/* Runs a notebook of the workspace; *html (unless NULL) gets it with its outputs. */
void exec_notebook(struct exec *exec, const char *given, struct buf *html,
		   struct exec_result *result);

#endif
