/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells a service manager what the host does: the protocol of sd_notify(3) and of the watchdog of
 * systemd.service(5), without libsystemd. The loop thread sends everything, so a loop that does not
 * run any more is noticed. Nothing waits: what the manager cannot take yet is sent again later.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_HOST_NOTIFY_H
#define CORE_HOST_NOTIFY_H

struct loop;
struct notify;

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and unsets them, so that no child process
 * speaks for the host. NULL without a manager: the other functions then do nothing. */
struct notify *notify_new(struct loop *loop);
void notify_free(struct notify *notify); /* before the loop */

/* The host serves, from now on or again after notify_reloading(). Starts the watchdog messages. */
void notify_ready(struct notify *notify);
void notify_reloading(struct notify *notify);
void notify_stopping(struct notify *notify);

#endif
