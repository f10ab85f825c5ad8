/* SPDX-License-Identifier: Apache-2.0 */
/* Windows of time in the week: "Mon-Fri 08:00-18:00 UTC". */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_POLICY_TIMES_H
#define CORE_POLICY_TIMES_H

#include <stdbool.h>
#include <stdint.h>

struct window {
	unsigned days;	     /* bits, 0 is Sunday, as tm_wday */
	unsigned begin, end; /* minutes of the day; an end before the begin is on the next day */
	bool local;	     /* in the time zone of the host, else UTC */
};

/* DAYS HH:MM-HH:MM ZONE. DAYS is "daily", or names such as Mon-Fri or Sat,Sun. ZONE is UTC or
 * local. NULL, or the reason why it is none. */
const char *window_parse(const char *text, struct window *window);
/* `now_s`: seconds since 1970. */
bool window_has(const struct window *window, int64_t now_s);

#endif
