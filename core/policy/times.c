/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/times.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define DAY_MINUTES 1440u
#define ALL_DAYS 0x7fu

static const char form[] = "must be DAYS HH:MM-HH:MM ZONE, such as \"Mon-Fri 08:00-18:00 UTC\"; "
			   "DAYS can be daily or Sat,Sun, and ZONE is UTC or local";

/* 0 is Sunday; 7: not a day. */
static unsigned
day_parse(const char *text, size_t len)
{
	static const char *const names[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	unsigned day = 0;

	while (day < 7 && !(len == 3 && strncasecmp(names[day], text, 3) == 0))
		day++;
	return day;
}

static bool
days_parse(const char *text, size_t len, unsigned *days)
{
	if (len == 5 && strncasecmp(text, "daily", 5) == 0) {
		*days = ALL_DAYS;
		return true;
	}
	*days = 0;
	for (size_t at = 0; at <= len;) {
		const char *comma = memchr(text + at, ',', len - at);
		size_t n = comma != NULL ? (size_t)(comma - text) - at : len - at;
		unsigned first = day_parse(text + at, n < 3 ? n : 3), last = first;

		if (n == 7 && text[at + 3] == '-')
			last = day_parse(text + at + 4, 3);
		else if (n != 3)
			return false;
		if (first == 7 || last == 7)
			return false;
		for (unsigned day = first; day != last; day = (day + 1) % 7)
			*days |= 1u << day;
		*days |= 1u << last;
		at += n + 1;
	}
	return *days != 0;
}

static bool
clock_parse(const char *text, unsigned *minutes)
{
	static const char pattern[] = "00:00";

	for (size_t i = 0; i < 5; i++)
		if (pattern[i] == ':' ? text[i] != ':' : text[i] < '0' || text[i] > '9')
			return false;
	*minutes = (unsigned)((text[0] - '0') * 10 + text[1] - '0') * 60 +
		   (unsigned)((text[3] - '0') * 10 + text[4] - '0');
	return *minutes <= DAY_MINUTES && text[3] <= '5';
}

const char *
window_parse(const char *text, struct window *window)
{
	const size_t days = strcspn(text, " ");
	const char *hours = text + days + 1, *zone;

	if (text[days] != ' ' || strlen(hours) < 12 || hours[5] != '-' || hours[11] != ' ')
		return form;
	zone = hours + 12;
	window->local = strcmp(zone, "local") == 0;
	if (!window->local && strcmp(zone, "UTC") != 0)
		return form;
	if (!days_parse(text, days, &window->days) || !clock_parse(hours, &window->begin) ||
	    !clock_parse(hours + 6, &window->end))
		return form;
	return window->begin == window->end ? "begins and ends at the same time" : NULL;
}

bool
window_has(const struct window *window, int64_t now_s)
{
	time_t now = (time_t)now_s;
	struct tm day;
	unsigned minute, today, yesterday;

	if ((window->local ? localtime_r(&now, &day) : gmtime_r(&now, &day)) == NULL)
		return false;
	minute = (unsigned)(day.tm_hour * 60 + day.tm_min);
	today = window->days >> day.tm_wday & 1u;
	yesterday = window->days >> ((day.tm_wday + 6) % 7) & 1u;
	if (window->begin < window->end)
		return today != 0 && minute >= window->begin && minute < window->end;
	return (today != 0 && minute >= window->begin) || (yesterday != 0 && minute < window->end);
}
