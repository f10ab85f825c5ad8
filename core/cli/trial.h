/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "plugin test": drives a plugin with generated arguments and a hostile service. The code of the
 * plugin runs in child processes only. What they find goes through shared memory, so that the death
 * of a child is a finding too. Each case has a seed, from which everything in it is made.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CLI_TRIAL_H
#define CORE_CLI_TRIAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/findings.h"
#include "module/code.h"
#include "module/image.h"
#include "registry/registry.h"

struct json_object;
struct mcp_http;
struct mcp_reply;

#define TRIAL_FINDINGS_MAX 64u
#define TRIAL_WORDS_MAX 512u

/* Pseudo-random numbers (SplitMix64, Steele and others 2014). */
struct chance {
	uint64_t state;
};
uint64_t chance_next(struct chance *chance);
/* 0 to n - 1; 0 when n is 0. */
size_t chance_below(struct chance *chance, size_t n);
/* True once in n times. */
bool chance_one_in(struct chance *chance, size_t n);

enum trial_phase {
	TRIAL_LOAD,	 /* dlopen, descriptor, start() */
	TRIAL_ARGUMENTS, /* generated arguments, hostile replies, cancels, deadlines */
	TRIAL_OVERLAP,	 /* the same call in several threads */
	TRIAL_MEMORY,	 /* each allocation of the plugin fails once */
	TRIAL_LEAK,	 /* the same call many times */
	TRIAL_PHASES
};
extern const char *const trial_phase_names[TRIAL_PHASES];

/* A row that is tested. */
struct trial_row {
	enum row_kind kind;
	const struct row *row;
	unsigned index; /* in the manifest */
	char name[128];
};

/* Shared by parent and children. */
struct trial_board {
	_Atomic unsigned findings;
	struct {
		enum finding_kind kind;
		unsigned row;
		char text[600];
	} finding[TRIAL_FINDINGS_MAX];
	_Atomic bool complete; /* the child has run its phase to the end */
	/* What runs now. */
	_Atomic unsigned row;
	_Atomic uint64_t seed;
	_Atomic unsigned allocation; /* that is to fail; 0: none */
	/* Sums for the report. */
	_Atomic uint64_t objects, valid, calls, requests, cancelled, failed_allocations;
	_Atomic bool no_memory_tests; /* this machine does not allow them */
};

struct trial {
	const char *path;
	int fd;
	struct module_image image;
	struct json_object *manifest;
	struct registry *registry;
	struct trial_row *row;
	unsigned rows;
	const char *word[TRIAL_WORDS_MAX]; /* of the plugin's file: probable names in replies */
	unsigned words;
	char *text; /* memory of the words */
	struct trial_board *board;
	uint64_t seed;
	unsigned long count; /* argument objects in all */
	/* only this case, as a finding named it */
	bool only;
	enum trial_phase only_phase;
	unsigned only_row;
	/* in a child */
	struct code code;
	char *options;
	enum trial_phase phase;
};

/* Records a finding about the row that runs, once for each kind and row. Only in a child. */
void trial_find(const struct trial *trial, enum finding_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* trial_arguments.c: an object for the schema, new; it need not be valid. */
struct json_object *trial_object(struct chance *chance, struct json_object *schema);
/* Arguments for the row, as JSON text for free(); NULL when they are not valid. */
char *trial_arguments(const struct trial *trial, const struct trial_row *row,
		      struct chance *chance);

/* trial_reply.c */
void trial_words(struct trial *trial);
/* Fills a reply; `memory` is for free(). */
void trial_reply(const struct trial *trial, struct chance *chance, const struct mcp_http *request,
		 struct mcp_reply *reply, char **memory);

/* trial_call.c: how a call is to run. */
struct trial_plan {
	const char *arguments; /* JSON text */
	uint64_t seed;	       /* of the replies */
	unsigned cancel_after; /* steps; 0: never */
	bool late;	       /* its deadline has almost passed */
};
/* Runs the call to its end. Returns its answer as text for free(). Any thread. */
char *trial_call(const struct trial *trial, const struct trial_row *row,
		 const struct trial_plan *plan);

/* trial_memory.c */
/* Puts counting functions in place of the allocations of the plugin and of json-c. False when their
 * imports cannot be changed on this machine. */
bool trial_memory_hook(const struct trial *trial);
/* How many allocations there were since the last call. From now on the `fail`-th one fails; 0:
 * none. */
unsigned trial_memory_count(unsigned fail);
/* How many blocks more were allocated than freed. */
int64_t trial_memory_live(void);

/* trial_phases.c: runs a phase in a child, from this row on. */
void trial_phase(struct trial *trial, enum trial_phase phase, unsigned from);

#endif
