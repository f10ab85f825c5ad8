/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that the two test files of the jobs plugin share. */
#ifndef PLUGINS_TEST_JOBS_H
#define PLUGINS_TEST_JOBS_H

#include "texts.h"

/* test_runs.c */
void runs_are_listed_and_filtered(void);
void runs_of_all_jobs_are_listed(void);
void a_run_is_shown(void);
void a_run_needs_a_number(void);
void output_is_shown_from_its_end(void);
void output_parts_and_gaps(void);
void printed_text_is_read(void);
void iterations_have_the_output(void);
void a_run_is_waited_for(void);
void a_run_of_several_tasks_lists_their_outputs(void);
void a_job_runs_to_its_end(void);
void a_failed_run_names_its_error(void);
void a_run_may_not_begin(void);
void a_run_goes_on_from_its_handle(void);
void a_run_is_cancelled_by_the_client(void);
void cancel_job_run_waits_for_the_end(void);

#endif
