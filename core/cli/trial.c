/* SPDX-License-Identifier: Apache-2.0 */
/* lakehost plugin test FILE: the phases, and the report. */
#include "cli/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/json_write.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "module/manifest.h"
#include "module/read.h"

#define COUNT_DEFAULT 20000ul
#define COUNT_MOST 100000000ul
#define TRIAL_REPORT_MAX ((size_t)4 << 20)
#define NO_ROW UINT32_MAX

const char *const trial_phase_names[TRIAL_PHASES] = { "load", "arguments", "overlap", "memory",
						      "leak" };

/* ---- findings ------------------------------------------------------------------------------- */

static bool
is_found(const struct trial_board *board, enum finding_kind kind, unsigned row)
{
	unsigned n = atomic_load(&board->findings);

	for (unsigned i = 0; i < n && i < TRIAL_FINDINGS_MAX; i++)
		if (board->finding[i].kind == kind && board->finding[i].row == row)
			return true;
	return false;
}

void
trial_find(const struct trial *trial, enum finding_kind kind, const char *format, ...)
{
	struct trial_board *board = trial->board;
	unsigned row = atomic_load(&board->row), slot;
	char what[500];
	va_list args;

	if (is_found(board, kind, row))
		return;
	slot = atomic_fetch_add(&board->findings, 1);
	if (slot >= TRIAL_FINDINGS_MAX)
		return;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	board->finding[slot].kind = kind;
	board->finding[slot].row = row;
	if (row == NO_ROW)
		snprintf(board->finding[slot].text, sizeof(board->finding[slot].text), "%s.", what);
	else
		snprintf(board->finding[slot].text, sizeof(board->finding[slot].text),
			 "%.80s: %.400s. Repeat it with --seed %s:%u:%" PRIu64 ".",
			 trial->row[row].name, what, trial_phase_names[trial->phase], row,
			 atomic_load(&board->seed));
}

/* ---- children ------------------------------------------------------------------------------- */

static _Noreturn void
run_child(struct trial *trial, enum trial_phase phase, unsigned from)
{
	const struct rlimit no_core = { 0, 0 };

	/* What the plugin prints must not get into the report. */
	dup2(STDERR_FILENO, STDOUT_FILENO);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &no_core);
	trial_phase(trial, phase, from);
	atomic_store(&trial->board->complete, true);
	_exit(0);
}

static void
find_death(struct trial *trial, enum trial_phase phase, int status)
{
	int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	trial->phase = phase;
	if (signal == SIGPROF || signal == SIGALRM)
		trial_find(trial, FIND_HANG, "The step does not end");
	else if (signal != 0)
		trial_find(trial, FIND_CRASH, "The step ends the process by SIG%s",
			   sigabbrev_np(signal));
	else
		trial_find(trial, FIND_CRASH, "The step ends the process with status %d",
			   WEXITSTATUS(status));
}

/* After the death of a child the next one continues with the row after. */
static void
run_phase(struct trial *trial, enum trial_phase phase)
{
	unsigned from = 0;

	do {
		pid_t child;
		int status = 0;

		atomic_store(&trial->board->row, NO_ROW);
		atomic_store(&trial->board->complete, false);
		fflush(NULL);
		child = fork();
		if (child == 0)
			run_child(trial, phase, from);
		if (child < 0 || waitpid(child, &status, 0) != child) {
			fprintf(stderr, "lakehost: %s\n", strerror(errno));
			exit(1);
		}
		if (status == 0 && atomic_load(&trial->board->complete))
			return;
		find_death(trial, phase, status);
		from = atomic_load(&trial->board->row) + 1;
	} while (from != 0 && from < trial->rows);
}

/* ---- rows ----------------------------------------------------------------------------------- */

static void
refuse_row(void *data, size_t source, const char *why)
{
	(void)source;
	findings_add(data, FIND_ROW, "%s.", why);
}

static void
collect_rows(struct trial *trial)
{
	size_t room = 0;

	for (int kind = 0; kind < ROW_KINDS; kind++)
		room +=
		    registry_count(trial->registry, (enum row_kind)kind, row_view_of(ACCESS_ADMIN));
	trial->row = xcalloc(room, sizeof(trial->row[0]));
	for (int kind = 0; kind < ROW_KINDS; kind++) {
		size_t n =
		    registry_count(trial->registry, (enum row_kind)kind, row_view_of(ACCESS_ADMIN));

		for (size_t i = 0; i < n; i++) {
			const struct row *row =
			    registry_at(trial->registry, (enum row_kind)kind, i);
			struct trial_row *to = &trial->row[trial->rows];
			struct json_object *list = json_arr(trial->manifest, manifest_kinds[kind]);

			/* Those that the host adds run the code of another row. */
			if (row->tool != NULL || row->part != ROW_WHOLE)
				continue;
			*to = (struct trial_row){ (enum row_kind)kind, row, row->index, "" };
			manifest_row_name(json_object_array_get_idx(list, row->index), to->name,
					  sizeof(to->name));
			trial->rows++;
		}
	}
}

/* ---- options -------------------------------------------------------------------------------- */

/* "NUMBER", or "PHASE:ROW:NUMBER" as a finding names it. */
static bool
read_seed(struct trial *trial, const char *text)
{
	const char *colon = strchr(text, ':');
	unsigned phase = 0;
	char *end;

	trial->seed = 1;
	if (colon != NULL) {
		while (phase < TRIAL_PHASES &&
		       (strlen(trial_phase_names[phase]) != (size_t)(colon - text) ||
			strncmp(trial_phase_names[phase], text, (size_t)(colon - text)) != 0))
			phase++;
		trial->only_row = (unsigned)strtoul(colon + 1, &end, 10);
		if (phase == TRIAL_PHASES || *end != ':')
			return false;
		trial->only = true;
		trial->only_phase = (enum trial_phase)phase;
		text = end + 1;
	}
	trial->seed = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0';
}

static bool
read_options(struct trial *trial, const struct cli *cli)
{
	char *end = NULL;

	trial->count = COUNT_DEFAULT;
	if (!read_seed(trial, cli->seed != NULL ? cli->seed : "1"))
		fputs("lakehost: --seed must be a number, or a text that a finding ends with, as "
		      "arguments:0:1234\n",
		      stderr);
	else if (cli->count != NULL && ((trial->count = strtoul(cli->count, &end, 10)) == 0 ||
					*end != '\0' || trial->count > COUNT_MOST))
		fprintf(stderr, "lakehost: --count must be a number from 1 to %lu\n", COUNT_MOST);
	else
		return true;
	return false;
}

/* ---- report --------------------------------------------------------------------------------- */

static void
print_trial(const struct trial *trial, const struct findings *findings)
{
	const struct trial_board *board = trial->board;

	printf("%s: seed %" PRIu64 ", %u rows, %" PRIu64 " argument objects (%" PRIu64
	       " valid)\n%" PRIu64 " calls (%" PRIu64 " cancelled), %" PRIu64 " requests, %" PRIu64
	       " failed allocations\n",
	       trial->path, trial->seed, trial->rows, board->objects, board->valid, board->calls,
	       board->cancelled, board->requests, board->failed_allocations);
	if (board->no_memory_tests)
		puts("Failed allocations and leaks were not tested: this machine does not allow "
		     "these tests.");
	findings_print(findings);
}

static void
print_trial_json(const struct trial *trial, const struct findings *findings)
{
	const struct trial_board *board = trial->board;
	const struct {
		const char *name;
		uint64_t value;
	} sums[] = {
		{ "seed", trial->seed },
		{ "rows", trial->rows },
		{ "objects", board->objects },
		{ "valid", board->valid },
		{ "calls", board->calls },
		{ "cancelled", board->cancelled },
		{ "requests", board->requests },
		{ "failed_allocations", board->failed_allocations },
	};
	struct buf out;
	struct json json;

	buf_init(&out, TRIAL_REPORT_MAX);
	json_start(&json, &out);
	json_begin(&json, '{');
	json_string(json_member(&json, "file"), trial->path);
	for (size_t i = 0; i < ARRAY_SIZE(sums); i++)
		json_number(json_member(&json, sums[i].name), (int64_t)sums[i].value);
	json_boolean(json_member(&json, "memory_tested"), !board->no_memory_tests);
	findings_write(findings, &json);
	json_end(&json);
	puts(out.data);
	buf_fini(&out);
}

/* ---- the command ---------------------------------------------------------------------------- */

/* Reads the file and its rows. False after printing why it cannot be tested. */
static bool
trial_begin(struct trial *trial, struct findings *findings)
{
	struct registry_source source = { 0 };
	char why[REFUSAL_WHY_MAX] = "";
	enum plugin_refusal refusal = PLUGIN_OK;

	trial->fd = open(trial->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (trial->fd < 0)
		snprintf(why, sizeof(why), "%s", strerror(errno));
	else if (module_image_read(&trial->image, trial->fd, why, sizeof(why)))
		trial->manifest = manifest_read(trial->fd, &refusal, why, sizeof(why));
	if (trial->manifest == NULL) {
		fprintf(stderr, "lakehost: %s: %s%s%s\n", trial->path,
			refusal != PLUGIN_OK ? plugin_refusal_text(refusal) : "",
			refusal != PLUGIN_OK ? ": " : "", why);
		return false;
	}
	source.plugin_name = json_str(json_obj(trial->manifest, "plugin"), "name");
	source.manifest = trial->manifest;
	trial->registry = registry_new(&source, 1, refuse_row, findings);
	collect_rows(trial);
	trial_words(trial);
	trial->board = mmap(NULL, sizeof(*trial->board), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (trial->board == MAP_FAILED) {
		perror("lakehost");
		exit(1);
	}
	return true;
}

static void
run_phases(struct trial *trial)
{
	for (int phase = 0; phase < TRIAL_PHASES; phase++) {
		if (trial->only && phase != (int)trial->only_phase)
			continue;
		run_phase(trial, (enum trial_phase)phase);
		/* What is not loaded cannot be called. */
		if (is_found(trial->board, FIND_REFUSED, NO_ROW) ||
		    is_found(trial->board, FIND_CRASH, NO_ROW) ||
		    is_found(trial->board, FIND_HANG, NO_ROW))
			return;
	}
}

static void
trial_end(struct trial *trial)
{
	registry_free(trial->registry);
	json_object_put(trial->manifest);
	module_image_fini(&trial->image);
	munmap(trial->board, sizeof(*trial->board));
	free(trial->text);
	free(trial->row);
	close(trial->fd);
}

int
cli_plugin_test(const struct cli *cli)
{
	struct trial trial = { .path = cli->argument[1] };
	struct findings findings = { 0 };
	size_t bad;

	if (!read_options(&trial, cli))
		return 2;
	log_init(LOG_ERROR, true);
	if (!trial_begin(&trial, &findings))
		return 1;
	run_phases(&trial);
	for (unsigned i = 0; i < trial.board->findings && i < TRIAL_FINDINGS_MAX; i++)
		findings_add(&findings, trial.board->finding[i].kind, "%s",
			     trial.board->finding[i].text);
	if (cli->json)
		print_trial_json(&trial, &findings);
	else
		print_trial(&trial, &findings);
	bad = findings_count(&findings, FINDING_ERROR) + findings_count(&findings, FINDING_WARNING);
	findings_fini(&findings);
	trial_end(&trial);
	return bad > 0 ? 1 : 0;
}
