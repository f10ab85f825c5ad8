/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that the two test files of the workspace plugin share. */
#ifndef PLUGINS_TEST_WORKSPACE_H
#define PLUGINS_TEST_WORKSPACE_H

#include "texts.h"

/* test_code.c */
void code_runs_in_a_context_of_its_own(void);
void a_context_can_be_kept(void);
void a_cluster_must_run(void);
void a_cluster_may_be_configured(void);
void code_must_be_given(void);
void errors_of_code_are_cleaned(void);
void markup_differs_from_brackets(void);
void indentation_is_removed(void);
void results_may_be_tables(void);
void long_output_is_cut_in_the_middle(void);
void contexts_are_always_destroyed(void);
void a_context_may_start_slowly(void);
void a_command_is_resumed(void);
void code_is_cancelled(void);
void a_notebook_runs(void);
void a_notebook_runs_on_a_cluster(void);
void a_notebook_may_not_begin(void);

#endif
