/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs and their runs. A run is a row in `runs`, and a row in `task_runs` for each attempt of a
 * task; both have the columns of the state machine. jobs*.c store the definitions, runs_start.c
 * creates runs, run_exec.c drives one in the background, run_tasks.c runs one task, runs.c answers
 * requests. The caller of these functions holds ws_lock unless the comment says otherwise.
 */
#ifndef SANDBOX_RUNS_H
#define SANDBOX_RUNS_H

#include "sandbox.h"

enum {
	MAX_TASKS = 1000,
	ELEMENTS_PER_PAGE = 100,      /* elements of tasks, clusters, ... on one page in API 2.2 */
	MAX_TOKEN = 64,		      /* idempotency_token */
	MAX_OUTPUT = 5 * 1024 * 1024, /* notebook result, logs */
	MAX_PARAMS_JSON = 10000,      /* most bytes of notebook_params and similar members */
	MAX_ACTIVE_RUNS = 1000,	      /* of a workspace */
};

/* The columns that runs and task_runs share. */
struct run_state {
	/* result, code and term are "" before the end */
	char life[24], result[40], code[40], term[20];
	char *message;
	int64_t start, setup, execution, cleanup, end;
};

struct run {
	int64_t id, job_id, number, queued_ms;
	char *name, *creator;
	char type[16], trigger[16];
	struct run_state state;
	/* settings copied at the start: tasks, timeout_seconds, ... */
	struct json_object *settings;
	struct json_object *job_params; /* [{name, default, value}] or NULL */
	struct json_object *overriding; /* the parameters of run-now, or NULL */
	bool trusted;
};

struct task_run {
	int64_t id, run_id, attempt;
	char *key, *cluster;
	struct run_state state;
	struct json_object *output; /* the members of get-output besides metadata; or NULL */
};

/* The result of a run or a task: one row of a table with its names in both state models. */
enum outcome {
	OUTCOME_SUCCESS,
	OUTCOME_FAILED,
	OUTCOME_RUN_FAILED,
	OUTCOME_PARTLY,
	OUTCOME_CANCELED,
	OUTCOME_TIMEDOUT,
	OUTCOME_MAX_RUNS,
	OUTCOME_UPSTREAM_FAILED,
	OUTCOME_UPSTREAM_CANCELED,
	OUTCOME_EXCLUDED,
	OUTCOME_NOT_FOUND,
	OUTCOME_CLUSTER,
	OUTCOME_UNSUPPORTED,
};

/* ---- runs_store.c ---- */
extern const char runs_tables[];
bool run_load(struct workspace *ws, int64_t id, struct run *out);
void run_fini(struct run *run);
bool task_load(struct workspace *ws, int64_t id, struct task_run *out);
void task_fini(struct task_run *task);
/* The ids of the latest attempt of each task, in the order of the settings. */
struct json_object *tasks_latest(struct workspace *ws, int64_t run_id);
struct json_object *tasks_all(struct workspace *ws, int64_t run_id);
/* The task's specification in the settings; borrowed. NULL when the settings have no such task. */
struct json_object *task_spec(const struct run *run, const char *key);
bool life_is_active(const char *life);
/* Changes the state of a row. `table` is "runs" or "task_runs". The first RUNNING or PENDING sets
 * the start time. */
void state_set(struct workspace *ws, const char *table, int64_t id, const char *life,
	       const char *message);
void state_end(struct workspace *ws, const char *table, int64_t id, enum outcome outcome,
	       const char *message);
void task_add(struct workspace *ws, const struct run *run, const char *key, int64_t attempt,
	      int64_t sequence);
void task_put_output(struct workspace *ws, int64_t id, struct json_object *output,
		     const char *html);

struct json_object *run_json(struct workspace *ws, const struct run *run); /* without tasks */
struct json_object *task_json(struct workspace *ws, const struct run *run,
			      const struct task_run *task);
struct json_object *tasks_json(struct workspace *ws, const struct run *run); /* array */
/* Shows a task run in the form of a run, for runs/get and get-output. */
struct json_object *task_as_run(struct workspace *ws, const struct run *run,
				const struct task_run *task);

/* ---- runs_start.c ---- */
void runs_run_now(struct request *req);
void runs_submit(struct request *req);
void runs_repair(struct request *req);
/* Creates and starts a run of a job for the task of another run; 0 when the job does not exist. */
int64_t run_make_child(struct workspace *ws, const struct run *parent, int64_t job_id,
		       struct json_object *job_params);

/* ---- run_exec.c ---- */
/* Starts a driver after the lock was released. False when there are too many tasks. */
bool run_launch(struct workspace *ws, int64_t run_id);
/* Cancels the run. When it has no driver, ends it at once. */
void run_cancel(struct workspace *ws, int64_t run_id);
/* Drives a run to its end on this thread. The caller must not hold ws_lock. */
void run_drive(struct bg *bg, struct workspace *ws, int64_t run_id);

/* ---- run_tasks.c ---- */
struct task_context {
	struct workspace *ws;
	struct run *run;
	struct task_run *task;
	struct json_object *spec;   /* borrowed from run->settings */
	struct json_object *values; /* task values of the run */
	struct bg *bg;
	int64_t deadline_ms;	    /* 0 = none */
	struct json_object *output; /* to be filled */
	struct buf html;
	char *message; /* state_message; owned */
};
/* Runs the task. The caller must not hold ws_lock. */
enum outcome task_perform(struct task_context *context);
/* Is the compute of the task available? Waits for a cluster that is starting. The caller must not
 * hold ws_lock. */
enum outcome task_prepare(struct task_context *context);

/* ---- functions of jobs.c, jobs_check.c and jobs_seed.c ---- */
/* The settings of a job, with defaults; owned. NULL when the job does not exist. */
struct json_object *job_settings(struct workspace *ws, int64_t job_id);
/* Checks settings (or the body of a submit). False when the request was refused. */
bool settings_check(struct request *req, struct json_object *settings, bool submit);
/* Keeps 100 elements of each long array (tasks, job_clusters, ...), beginning at `from`. True when
 * an array has more. */
bool elements_cut(struct json_object *obj, int64_t from);
/* API 2.2: cuts `obj` to the requested page and adds next_page_token to `answer`. API 2.1 returns
 * everything. False when the request was refused. */
bool elements_page(struct request *req, struct json_object *answer, struct json_object *obj,
		   const char *kind);
bool is_api_22(const struct request *req);
int64_t job_add(struct workspace *ws, int64_t id, const char *creator, int64_t created,
		struct json_object *settings);
void jobs_seed(struct workspace *ws);

#endif
