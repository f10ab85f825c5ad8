/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watches the loop thread from a thread of its own: code of a plugin that runs there and does not
 * return stops everything, also the signal that asks for the end. Nothing can be taken from it, so
 * it is named, and after a while the process ends.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_WATCHDOG_H
#define CORE_BASE_WATCHDOG_H

#define WATCHDOG_NAME_MS 2000u /* so long without a return, and the plugin is named in the log */

struct loop;
struct watchdog;

/* While the loop is stuck: the process ends `signal_ms` after SIGTERM or SIGINT has come, and in
 * any case once it was stuck for `end_ms` (0: never), so that whoever started it can start it anew
 * and clients learn that nobody answers. NULL when there is no thread to be had. */
struct watchdog *watchdog_new(struct loop *loop, unsigned signal_ms, unsigned end_ms);
void watchdog_free(struct watchdog *watchdog); /* before the loop; NULL is fine */

#endif
