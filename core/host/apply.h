/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from the generation that serves, and the change to another one. Loop thread. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_HOST_APPLY_H
#define CORE_HOST_APPLY_H

struct host;
struct strings;

void host_set_local(struct host *host);	 /* who calls on stdio, and without authentication */
void host_set_gauges(struct host *host); /* for /metrics */
void host_watch(struct host *host);	 /* the watchdog */
/* The file that "lakehost reload" reads; `faults` of the last reload, or NULL. */
void host_say_running(struct host *host, const struct strings *faults);
/* SIGHUP: begins a reload. */
void host_reload(struct host *host);

#endif
