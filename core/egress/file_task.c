/* SPDX-License-Identifier: Apache-2.0 */
#include "egress/file_task.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/text.h"
#include "base/pool.h"
#include "egress/internal.h"
#include "egress/parts.h"

/* HTTP statuses of the replies: RFC 9110, 15.5.10; RFC 4918, 11.3 */
enum { FILE_DONE = 200, FILE_EXISTS = 409, FILE_LOCKED = 423 };

struct file_task {
	struct pool_job job;	   /* first */
	struct transfer *transfer; /* NULL: it has ended */
	enum mcp_file_op op;
	char *path, *of, *suffix, *rows;
	struct strings dirs; /* a copy: the task may outlive the configuration */
	struct parts parts;
	struct parts_far far;
	enum mcp_status status;
	char why[EGRESS_WHY_MAX];
};

static char file_group; /* all of them together take at most half of the pool */

static void
task_run(struct pool_job *job)
{
	struct file_task *task = (struct file_task *)job;

	task->status = parts_work(&task->parts, task->op, &task->far, task->why, sizeof(task->why));
}

static void
task_free(struct pool_job *job)
{
	struct file_task *task = (struct file_task *)job;

	strings_fini(&task->dirs);
	free(task->path);
	free(task->of);
	free(task->suffix);
	free(task->rows);
	free(task);
}

static struct reply *
reply_of(struct file_task *task)
{
	struct reply *reply = reply_new(sizeof(task->why), NULL);
	char body[96];

	reply_set_why(reply, task->status, task->why);
	reply->public.status = task->status == MCP_OK	      ? FILE_DONE
			     : task->status != MCP_E_CONFLICT ? 0
			     : task->far.busy		      ? FILE_LOCKED
							      : FILE_EXISTS;
	snprintf(body, sizeof(body), "{\"parts\":%u,\"bytes\":%llu,\"begun\":%s}", task->far.count,
		 (unsigned long long)task->far.bytes, task->far.begun ? "true" : "false");
	buf_puts(&reply->body, body);
	reply_seal(reply);
	return reply;
}

static void
task_done(struct pool_job *job)
{
	struct file_task *task = (struct file_task *)job;
	struct transfer *transfer = task->transfer;

	if (task->status != MCP_OK)
		log_event(LOG_INFO, "file", "path", "s", task->path, "why", "s", task->why, NULL);
	if (transfer != NULL) {
		transfer->task = NULL;
		transfer_leave(transfer, reply_of(task));
	}
	task_free(job);
}

void
file_task_start(struct transfer *transfer, const struct mcp_http *request)
{
	struct file_task *task = xcalloc(1, sizeof(*task));
	struct egress *egress = transfer->egress;

	task->job = (struct pool_job){
		.run = task_run, .done = task_done, .drop = task_free, .group = &file_group
	};
	task->transfer = transfer;
	task->op = request->file_op;
	task->path = xstrdup(request->reply_file);
	task->of = xstrdup(request->part_of);
	task->suffix = request->part_suffix != NULL ? xstrdup(request->part_suffix) : NULL;
	task->rows = request->rows != NULL ? xstrdup(request->rows) : NULL;
	strings_copy(&task->dirs, &egress->config->plugins.transfer_dirs);
	task->parts = (struct parts){ .dirs = &task->dirs,
				      .path = task->path,
				      .of = task->of,
				      .suffix = task->suffix,
				      .until = request->part,
				      .rows = task->rows };
	transfer->task = task;
	pool_submit(egress->pool, &task->job);
}

void
file_task_leave(struct file_task *task)
{
	task->transfer = NULL;
}
