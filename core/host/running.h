/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of a running host, by which "lakehost reload" finds it and learns what became of the
 * reload: PID.host in $RUNTIME_DIRECTORY, $XDG_RUNTIME_DIR/lakehost or /run/lakehost. The host
 * holds a lock on it (flock), so a file that a killed host left behind is recognised. Its lines
 * are "KEY VALUE": pid, config (the file; "-": none), generation, begun and done (how many
 * reloads were begun and have ended), and of the last one each `fault`. A host that finds no
 * directory has no file.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_HOST_RUNNING_H
#define CORE_HOST_RUNNING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "config/config.h"

#define RUNNING_SUFFIX ".host"
#define RUNNING_BYTES_MAX (16u << 10)

struct running;

struct running_state {
	const char *config; /* or NULL */
	unsigned generation, begun, done;
	const struct strings *faults; /* of the last reload; or NULL */
};

struct running *running_new(void);	    /* NULL: there is no directory */
void running_free(struct running *running); /* removes the file; NULL is fine */
void running_write(struct running *running, const struct running_state *state);

/* What the file of a host says; strings are owned. */
struct running_host {
	pid_t pid;
	uid_t owner;  /* of the file */
	char *config; /* or NULL */
	unsigned generation, begun, done;
	struct strings faults;
};
/* The directories that may have such files. */
void running_directories(struct strings *list);
/* Reads a file. False: its host has ended, or it is not such a file. */
bool running_read(const char *path, struct running_host *host);
/* Sends the signal. False with errno; EACCES: the file belongs to another user than the process, so
 * that user may have named a process that is no host. */
bool running_signal(const struct running_host *host, int number);
void running_host_fini(struct running_host *host);

#endif
