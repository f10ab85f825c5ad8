/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that the C programs of this folder share. */
#ifndef BENCH_SHARE_H
#define BENCH_SHARE_H

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <time.h>

/* Seconds since a fixed time in the past. */
static inline double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static inline struct sockaddr_in
loopback(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons((unsigned short)port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

/* The resident memory of a process in MiB. Ends the program when the process has ended. */
static inline double
resident_mb(pid_t pid)
{
	char path[64], line[256];
	long kb = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	file = fopen(path, "r");
	if (file == NULL) {
		perror(path);
		exit(1);
	}
	while (fgets(line, sizeof(line), file) != NULL)
		sscanf(line, "Rss: %ld", &kb);
	fclose(file);
	return (double)kb / 1024;
}

#endif
