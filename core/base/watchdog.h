/* SPDX-License-Identifier: Apache-2.0 */
/* Watches the loop thread from a thread of its own. Code of a plugin that runs there and does not
 * return stops everything, also the reaction to SIGTERM. The code cannot be stopped, so the
 * watchdog logs the plugin, and after a while ends the process. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_WATCHDOG_H
#define CORE_BASE_WATCHDOG_H

#define WATCHDOG_NAME_MS 2000u /* after this time the watchdog logs the plugin */

struct loop;
struct watchdog;

/* While the loop is blocked the process ends `signal_ms` after SIGTERM or SIGINT, and at the latest
 * after `end_ms` (0: never), so that a service manager can start it again and clients see that the
 * host has ended. NULL when no thread can be started. */
struct watchdog *watchdog_new(struct loop *loop, unsigned signal_ms, unsigned end_ms);
/* Call this before the loop is freed. NULL is allowed. */
void watchdog_free(struct watchdog *watchdog);

#endif
