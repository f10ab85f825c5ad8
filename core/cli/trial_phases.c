/* SPDX-License-Identifier: Apache-2.0 */
/* The phases of "plugin test", each in a child process. */
#include <dirent.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/trial.h"
#include "registry/schema.h"

#define CPU_SECONDS 10	 /* of one case; then it hangs */
#define WALL_SECONDS 120 /* the same for a case that sleeps */
#define OVERLAP_CASES 10u
#define THREADS 4
#define ROUNDS 4u /* calls of each thread */
#define MEMORY_CASES 3u
#define MEMORY_MOST 150u /* allocations of a case that fail */
#define LEAK_CASES 2u
#define LEAK_FIRST 64u /* calls that fill caches */
#define LEAK_CALLS 32u
#define LEAK_ROUNDS 3
#define TRIES 300u /* to make valid arguments */
#define OPTION_TRIES 200u
#define OPTION_FAULTS_MAX 1024

/* ---- cases ---------------------------------------------------------------------------------- */

static void
start_clock(void)
{
	const struct itimerval cpu = { .it_value = { .tv_sec = CPU_SECONDS } };
	const struct itimerval wall = { .it_value = { .tv_sec = WALL_SECONDS } };

	setitimer(ITIMER_PROF, &cpu, NULL);
	setitimer(ITIMER_REAL, &wall, NULL);
}

static struct chance
case_begin(const struct trial *trial, unsigned row, unsigned long i)
{
	struct chance chance = { trial->seed };

	if (!trial->only) {
		chance.state ^= (uint64_t)trial->phase << 60 ^ (uint64_t)row << 40 ^ i;
		chance.state = chance_next(&chance) >> 1;
	}
	atomic_store(&trial->board->row, row);
	atomic_store(&trial->board->seed, chance.state);
	start_clock();
	return chance;
}

/* A call with valid arguments; false when there were none in so many tries. */
static bool
make_plan(const struct trial *trial, const struct trial_row *row, struct chance *chance,
	  unsigned tries, struct trial_plan *plan)
{
	char *arguments = NULL;

	while (arguments == NULL && tries-- > 0)
		arguments = trial_arguments(trial, row, chance);
	*plan = (struct trial_plan){ .arguments = arguments, .seed = chance_next(chance) };
	return arguments != NULL;
}

static void
plan_free(struct trial_plan *plan)
{
	free((char *)(uintptr_t)plan->arguments);
}

/* ---- arguments, replies, cancels, deadlines ------------------------------------------------- */

static void
test_arguments(const struct trial *trial, unsigned row, struct chance *chance)
{
	struct trial_plan plan;

	if (make_plan(trial, &trial->row[row], chance, 1, &plan)) {
		if (chance_one_in(chance, 4))
			plan.cancel_after = 1 + (unsigned)chance_below(chance, 4);
		plan.late = chance_one_in(chance, 8);
		free(trial_call(trial, &trial->row[row], &plan));
	}
	plan_free(&plan);
}

/* ---- several calls at the same time --------------------------------------------------------- */

struct overlap {
	const struct trial *trial;
	const struct trial_row *row;
	const struct trial_plan *plan;
	const char *expected;
	_Atomic unsigned different;
};

static void *
overlap_thread(void *data)
{
	struct overlap *overlap = data;

	for (unsigned i = 0; i < ROUNDS; i++) {
		char *answer = trial_call(overlap->trial, overlap->row, overlap->plan);

		if (strcmp(answer, overlap->expected) != 0)
			atomic_fetch_add(&overlap->different, 1);
		free(answer);
	}
	return NULL;
}

/* A call whose answer is not the same twice when it runs alone (it has the time, or a random id)
 * says nothing here. */
static void
test_overlap(const struct trial *trial, unsigned row, struct chance *chance)
{
	struct trial_plan plan;
	struct overlap overlap = { .trial = trial, .row = &trial->row[row], .plan = &plan };
	pthread_t thread[THREADS];
	char *first, *second;

	if (make_plan(trial, overlap.row, chance, TRIES, &plan)) {
		first = trial_call(trial, overlap.row, &plan);
		second = trial_call(trial, overlap.row, &plan);
		overlap.expected = first;
		if (strcmp(first, second) == 0) {
			for (size_t i = 0; i < THREADS; i++)
				if (pthread_create(&thread[i], NULL, overlap_thread, &overlap) != 0)
					abort();
			for (size_t i = 0; i < THREADS; i++)
				pthread_join(thread[i], NULL);
		}
		if (overlap.different > 0)
			trial_find(trial, FIND_DIFFERS,
				   "One call was made %d times in %d threads. %u of its answers "
				   "differ from the first one",
				   THREADS * ROUNDS, THREADS, overlap.different);
		free(first);
		free(second);
	}
	plan_free(&plan);
}

/* ---- allocations that fail ------------------------------------------------------------------ */

static void
run_without_memory(const struct trial *trial, const struct trial_row *row,
		   const struct trial_plan *plan, unsigned failing)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	/* The SDK prints a line before it ends the process. */
	if (null >= 0)
		dup2(null, STDERR_FILENO);
	start_clock();
	trial_memory_count(failing);
	free(trial_call(trial, row, plan));
	_exit(0);
}

/* What the end of a process means: to end by abort() without memory is what the SDK does itself. */
static void
judge_end(const struct trial *trial, int status, unsigned failing)
{
	int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (signal == SIGPROF || signal == SIGALRM)
		trial_find(trial, FIND_HANG, "The step does not end when allocation %u fails",
			   failing);
	else if (signal != 0 && signal != SIGABRT)
		trial_find(trial, FIND_CRASH,
			   "The step ends the process by SIG%s when allocation %u fails",
			   sigabbrev_np(signal), failing);
}

static void
test_memory(const struct trial *trial, unsigned row, struct chance *chance)
{
	struct trial_plan plan;
	unsigned n;

	if (make_plan(trial, &trial->row[row], chance, TRIES, &plan)) {
		trial_memory_count(0);
		free(trial_call(trial, &trial->row[row], &plan));
		n = trial_memory_count(0);
		for (unsigned i = 1; i <= n && i <= MEMORY_MOST; i++) {
			pid_t child = fork();
			int status = 0;

			if (child == 0)
				run_without_memory(trial, &trial->row[row], &plan, i);
			if (child > 0 && waitpid(child, &status, 0) == child)
				judge_end(trial, status, i);
			atomic_fetch_add(&trial->board->failed_allocations, 1);
		}
	}
	plan_free(&plan);
}

/* ---- leaks ---------------------------------------------------------------------------------- */

static unsigned
open_files(void)
{
	DIR *directory = opendir("/proc/self/fd");
	unsigned n = 0;

	while (directory != NULL && readdir(directory) != NULL)
		n++;
	if (directory != NULL)
		closedir(directory);
	return n;
}

/* The number of blocks that these calls leave behind. */
static int64_t
left_behind(const struct trial *trial, const struct trial_row *row, const struct trial_plan *plan,
	    unsigned calls)
{
	int64_t before = trial_memory_live();

	for (unsigned i = 0; i < calls; i++)
		free(trial_call(trial, row, plan));
	return trial_memory_live() - before;
}

static void
test_leak(const struct trial *trial, unsigned row, struct chance *chance)
{
	struct trial_plan plan;
	int64_t least = INT64_MAX;
	unsigned files;

	if (make_plan(trial, &trial->row[row], chance, TRIES, &plan)) {
		left_behind(trial, &trial->row[row], &plan, LEAK_FIRST);
		files = open_files();
		for (int i = 0; i < LEAK_ROUNDS && least >= LEAK_CALLS; i++) {
			int64_t left = left_behind(trial, &trial->row[row], &plan, LEAK_CALLS);

			least = left < least ? left : least;
		}
		if (least >= LEAK_CALLS)
			trial_find(trial, FIND_LEAK,
				   "Each call leaves %lld blocks of memory behind",
				   (long long)least / LEAK_CALLS);
		if (open_files() >= files + LEAK_CALLS)
			trial_find(trial, FIND_DESCRIPTORS, "Each call leaves an open file behind");
	}
	plan_free(&plan);
}

/* ---- phases --------------------------------------------------------------------------------- */

/* Options that start() may be given: the defaults, and what is required. */
static bool
make_options(struct trial *trial)
{
	struct json_object *document = json_obj(json_obj(trial->manifest, "plugin"), "options");
	struct json_object *options = json_object_new_object();
	struct schema *schema;
	struct chance chance = { trial->seed };
	const char *first;
	char fault[256];
	struct buf why;
	bool ok;

	schema = schema_compile(document, fault, sizeof(fault));
	buf_init_keeping(&why, OPTION_FAULTS_MAX);
	ok = schema != NULL && schema_prepare_options(schema, options, &why, &first);
	for (unsigned i = 0; schema != NULL && !ok && i < OPTION_TRIES; i++) {
		json_object_put(options);
		options = trial_object(&chance, document);
		ok = schema_prepare_options(schema, options, &why, &first);
	}
	trial->options = xstrdup(json_object_to_json_string_ext(options, JSON_C_TO_STRING_PLAIN));
	json_object_put(options);
	schema_free(schema);
	buf_fini(&why);
	return ok;
}

static void
ignore_plugin_log(void *owner, enum mcp_level level, const char *message, size_t len)
{
	(void)owner;
	(void)level;
	(void)message;
	(void)len;
}

static void
ignore_news(void *owner, const char *what)
{
	(void)owner;
	(void)what;
}

static bool
load(struct trial *trial)
{
	static const struct code_services services = { ignore_plugin_log, ignore_news,
						       ignore_news };
	char why[REFUSAL_WHY_MAX] = "";
	enum plugin_refusal refusal;

	start_clock();
	refusal = code_open(&trial->code, trial->fd, trial->manifest, why, sizeof(why));
	if (refusal == PLUGIN_OK && !make_options(trial)) {
		refusal = PLUGIN_OPTIONS;
		snprintf(why, sizeof(why),
			 "no valid options could be made from the schema of the options");
	}
	if (refusal == PLUGIN_OK)
		refusal =
		    code_start(&trial->code, trial->options, &services, NULL, why, sizeof(why));
	if (refusal != PLUGIN_OK)
		trial_find(trial, FIND_REFUSED, "A host refuses the plugin. The plugin is %s: %s",
			   plugin_refusal_text(refusal), why);
	return refusal == PLUGIN_OK;
}

void
trial_phase(struct trial *trial, enum trial_phase phase, unsigned from)
{
	static void (*const tests[])(const struct trial *, unsigned, struct chance *) = {
		[TRIAL_ARGUMENTS] = test_arguments,
		[TRIAL_OVERLAP] = test_overlap,
		[TRIAL_MEMORY] = test_memory,
		[TRIAL_LEAK] = test_leak,
	};
	unsigned long cases[] = { 0, trial->rows > 0 ? trial->count / trial->rows + 1 : 0,
				  OVERLAP_CASES, MEMORY_CASES, LEAK_CASES };

	trial->phase = phase;
	if (!load(trial))
		return;
	if ((phase == TRIAL_MEMORY || phase == TRIAL_LEAK) && !trial_memory_hook(trial)) {
		atomic_store(&trial->board->no_memory_tests, true);
		return;
	}
	for (unsigned row = from; tests[phase] != NULL && row < trial->rows; row++) {
		if (trial->only && row != trial->only_row)
			continue;
		for (unsigned long i = 0; i < (trial->only ? 1 : cases[phase]); i++) {
			struct chance chance = case_begin(trial, row, i);

			tests[phase](trial, row, &chance);
		}
	}
	start_clock();
	code_fini(&trial->code);
	free(trial->options);
}
