/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times in the forms that people and models write: milliseconds since 1970, an ISO 8601 date or
 * time (UTC without a zone), or a difference from now such as -24h.
 */
#include <stdlib.h>
#include <string.h>

#include "registry/schema_node.h"

#define DAY_MS 86400000

/* Reads exactly `digits` decimal digits. */
static bool
take_number(const char **at, unsigned digits, int *out)
{
	*out = 0;
	for (unsigned i = 0; i < digits; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		*out = *out * 10 + (**at - '0');
	}
	return true;
}

static bool
take(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar, which repeats every 400 years. */
static int64_t
days_of(int year, int month, int day)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	/* the year starts in March, so that a leap day is its last day */
	const int64_t y = year - (month <= 2);

	return (int64_t)365 * (year - 1970) + (y / 4 - y / 100 + y / 400) - 477 +
	       before[month - 1] + day - 1;
}

static int
days_in(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

static bool
take_date(const char **at, int64_t *ms)
{
	int year, month, day;

	if (!take_number(at, 4, &year) || !take(at, '-') || !take_number(at, 2, &month) ||
	    !take(at, '-') || !take_number(at, 2, &day))
		return false;
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in(year, month))
		return false;
	*ms = days_of(year, month, day) * DAY_MS;
	return true;
}

/* Reads the fraction after the seconds. Digits beyond milliseconds are cut. */
static void
take_fraction(const char **at, int64_t *ms)
{
	int64_t unit = 100;

	if ((**at != '.' && **at != ',') || (*at)[1] < '0' || (*at)[1] > '9')
		return;
	for ((*at)++; **at >= '0' && **at <= '9'; (*at)++, unit /= 10)
		*ms += (**at - '0') * unit;
}

static bool
take_clock(const char **at, int64_t *ms)
{
	int hour, minute, second = 0;

	if (!take_number(at, 2, &hour) || !take(at, ':') || !take_number(at, 2, &minute))
		return false;
	if (take(at, ':') && !take_number(at, 2, &second))
		return false;
	if (hour > 23 || minute > 59 || second > 60) /* 60: a leap second */
		return false;
	*ms += ((hour * 60 + minute) * (int64_t)60 + second) * 1000;
	take_fraction(at, ms);
	return true;
}

/* Z, +01:00, +0100, +01 or nothing. */
static bool
take_zone(const char **at, int64_t *ms)
{
	int hours, minutes = 0, sign;

	if (**at == '\0')
		return true;
	if (take(at, 'Z') || take(at, 'z'))
		return **at == '\0';
	sign = **at == '+' ? 1 : -1;
	if (!take(at, '+') && !take(at, '-'))
		return false;
	if (!take_number(at, 2, &hours) || hours > 23)
		return false;
	take(at, ':');
	if (**at != '\0' && (!take_number(at, 2, &minutes) || minutes > 59))
		return false;
	*ms -= sign * (hours * 60 + minutes) * (int64_t)60000;
	return **at == '\0';
}

static bool
parse_iso(const char *text, int64_t *ms)
{
	if (!take_date(&text, ms))
		return false;
	if (*text == '\0')
		return true;
	return (take(&text, 'T') || take(&text, 't') || take(&text, ' ')) &&
	       take_clock(&text, ms) && take_zone(&text, ms);
}

/* Reads now, -24h, now-24h. A + means a time in the future. */
static bool
parse_distance(const char *text, int64_t now_ms, int64_t *ms)
{
	static const char units[] = "smhdw";
	static const int64_t length[] = { 1000, 60000, 3600000, DAY_MS, 7 * (int64_t)DAY_MS };
	const char *unit;
	char *end;
	long count;

	if (strncmp(text, "now", 3) == 0) {
		text += 3;
		*ms = now_ms;
		if (*text == '\0')
			return true;
	}
	if ((*text != '-' && *text != '+') || text[1] < '0' || text[1] > '9')
		return false;
	count = strtol(text, &end, 10);
	unit = *end != '\0' ? strchr(units, *end) : NULL;
	if (unit == NULL || end[1] != '\0' || count > 1000000 || count < -1000000)
		return false;
	*ms = now_ms + count * length[unit - units];
	return *ms >= 0;
}

bool
time_parse(const char *text, int64_t now_ms, int64_t *ms)
{
	size_t len = strlen(text);

	if (len > 0 && len <= 15 && strspn(text, "0123456789") == len) {
		*ms = strtoll(text, NULL, 10);
		return true;
	}
	return parse_iso(text, ms) || parse_distance(text, now_ms, ms);
}
