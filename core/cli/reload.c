/* SPDX-License-Identifier: Apache-2.0 */
/* lakehost reload: sends SIGHUP to the running hosts of this user, and waits for what their
 * files say about it (host/running.h). */
#include "cli/cli.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config/text.h"
#include "host/running.h"

#define RELOAD_WAIT_MS 60000
#define RELOAD_LOOK_US 20000

struct reloading {
	const char *config; /* only hosts with this configuration file; NULL: all */
	long pid;	    /* only this one; 0: all */
	unsigned found, failed;
};

/* Waits until the host has ended a reload that began after `before` was read. */
static bool
wait_for(const char *path, const struct running_host *before, struct running_host *after)
{
	const int64_t until = clock_ms() + RELOAD_WAIT_MS;

	while (clock_ms() < until) {
		if (!running_read(path, after)) {
			fprintf(stderr, "lakehost: the host with the process id %ld has ended\n",
				(long)before->pid);
			return false;
		}
		if ((int)(after->done - before->begun) > 0)
			return true;
		running_host_fini(after);
		usleep(RELOAD_LOOK_US);
	}
	fprintf(stderr,
		"lakehost: the host with the process id %ld does not answer within %d seconds: its "
		"log has more\n",
		(long)before->pid, RELOAD_WAIT_MS / 1000);
	return false;
}

/* False: the host serves with its former configuration, or it is not known. */
static bool
reload_host(const char *path, const struct running_host *host)
{
	struct running_host after = { 0 };
	bool fine;

	if (!running_signal(host, SIGHUP)) {
		fprintf(stderr, "lakehost: the host with the process id %ld: %s\n", (long)host->pid,
			errno != EACCES
			    ? strerror(errno)
			    : "its file belongs to another user than the process, so no signal was "
			      "sent");
		return false;
	}
	if (!wait_for(path, host, &after))
		return false;
	fine = after.faults.count == 0;
	for (size_t i = 0; i < after.faults.count; i++)
		fprintf(stderr, "lakehost: %s\n", after.faults.item[i]);
	if (fine)
		printf("reloaded: process %ld, %s, generation %u\n", (long)after.pid,
		       after.config != NULL ? after.config : "(no configuration file)",
		       after.generation);
	else
		fprintf(stderr,
			"lakehost: nothing was changed: the host with the process id %ld serves "
			"with its former configuration (generation %u)\n",
			(long)after.pid, after.generation);
	running_host_fini(&after);
	return fine;
}

static bool
is_meant(const struct reloading *reloading, const struct running_host *host)
{
	return (reloading->pid == 0 || reloading->pid == (long)host->pid) &&
	       (reloading->config == NULL ||
		(host->config != NULL && strcmp(reloading->config, host->config) == 0));
}

static void
look_at(struct reloading *reloading, const char *directory, const char *name)
{
	const size_t len = strlen(name), suffix = strlen(RUNNING_SUFFIX);
	struct running_host host;
	char *path;

	if (len <= suffix || strcmp(name + len - suffix, RUNNING_SUFFIX) != 0)
		return;
	path = xprintf("%s/%s", directory, name);
	if (running_read(path, &host)) {
		if (is_meant(reloading, &host)) {
			reloading->found++;
			reloading->failed += !reload_host(path, &host);
		}
		running_host_fini(&host);
	}
	free(path);
}

static void
look_in(struct reloading *reloading, const char *directory)
{
	DIR *open = opendir(directory);
	const struct dirent *entry;

	while (open != NULL && (entry = readdir(open)) != NULL)
		look_at(reloading, directory, entry->d_name);
	if (open != NULL)
		closedir(open);
}

static void
say_not_found(const struct strings *directories)
{
	fputs("lakehost: no running host was found; its file would be in ", stderr);
	for (size_t i = 0; i < directories->count; i++)
		fprintf(stderr, "%s%s", i > 0 ? " or " : "", directories->item[i]);
	fputs(". A host of another user is reloaded by that user or by root, and one that systemd "
	      "runs by \"systemctl reload lakehost\"\n",
	      stderr);
}

int
cli_reload(struct cli *cli)
{
	struct reloading reloading = { .config = cli->overrides.file };
	struct strings directories = { NULL, 0 };
	char *end;

	if (cli->arguments > 0) {
		reloading.pid = strtol(cli->argument[0], &end, 10);
		if (*end != '\0' || reloading.pid <= 0) {
			fprintf(stderr, "lakehost: \"%s\" is not a process id\n", cli->argument[0]);
			return 2;
		}
	}
	running_directories(&directories);
	for (size_t i = 0; i < directories.count; i++)
		look_in(&reloading, directories.item[i]);
	if (reloading.found == 0)
		say_not_found(&directories);
	strings_fini(&directories);
	return reloading.found == 0 || reloading.failed > 0 ? 1 : 0;
}
