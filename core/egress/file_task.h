/* SPDX-License-Identifier: Apache-2.0 */
/* Requests with `file_op`, which are not sent: a thread of the pool works on a file that is made
 * from parts (parts.h). Loop thread only. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_FILE_TASK_H
#define CORE_EGRESS_FILE_TASK_H

#include <lakehost/plugin.h>

struct egress;
struct file_task;
struct transfer;

/* Starts the work for this transfer. */
void file_task_start(struct transfer *transfer, const struct mcp_http *request);
/* The transfer ends before the work does: the work continues, and its result is not used. */
void file_task_leave(struct file_task *task);

#endif
