/* SPDX-License-Identifier: Apache-2.0 */
/* Functions for dates and timestamps in UTC: parsing, calendar arithmetic (proleptic Gregorian),
 * and Java-style patterns of Spark's date_format and to_timestamp. */
#include "sql/sql.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DAY_US INT64_C(86400000000)

static const char *const months[] = { "January",   "February", "March",	   "April",
				      "May",	   "June",     "July",	   "August",
				      "September", "October",  "November", "December" };
static const char *const weekdays[] = {
	"Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"
}; /* from 1970-01-01 on */

/* Converts a date to days and back, with the usual calculation by eras (400 years = 146097
 * days). */
int64_t
when_days(int year, int month, int day)
{
	int64_t y = year, era, doe;
	int m = month - 1;

	y += m >= 0 ? m / 12 : -((11 - m) / 12);
	m = ((m % 12) + 12) % 12 + 1;
	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	doe = (y - era * 400) * 365 + (y - era * 400) / 4 - (y - era * 400) / 100 +
	      (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + doe - 719468;
}

void
when_civil(int64_t days, int *year, int *month, int *day)
{
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;

	*day = (int)(doy - (153 * mp + 2) / 5 + 1);
	*month = (int)(mp < 10 ? mp + 3 : mp - 9);
	*year = (int)(yoe + era * 400 + (*month <= 2));
}

int
when_month_length(int year, int month)
{
	return (int)(when_days(year, month + 1, 1) - when_days(year, month, 1));
}

static void
normalise(struct when *w)
{
	int64_t carry = w->us / DAY_US;

	if (w->us - carry * DAY_US < 0)
		carry--;
	w->days += carry;
	w->us -= carry * DAY_US;
}

struct when
when_now(void)
{
	int64_t ms = clock_ms();

	return (struct when){ ms / 86400000, ms % 86400000 * 1000, true };
}

/* ---- text ---- */

static bool
digits(const char **text, int max, int *out)
{
	int n = 0;

	*out = 0;
	while (n < max && isdigit((unsigned char)**text)) {
		*out = *out * 10 + (*(*text)++ - '0');
		n++;
	}
	return n > 0;
}

static bool
parse_fraction(const char **text, struct when *out)
{
	int64_t unit = 100000;

	if (**text != '.')
		return true;
	(*text)++;
	while (isdigit((unsigned char)**text)) {
		out->us += (*(*text)++ - '0') * unit;
		unit /= 10;
	}
	return true;
}

static bool
parse_zone(const char **text, struct when *out)
{
	int sign, hours, minutes = 0;

	while (**text == ' ')
		(*text)++;
	if (strcasecmp(*text, "Z") == 0 || strcasecmp(*text, "UTC") == 0) {
		*text += strlen(*text);
		return true;
	}
	if (**text != '+' && **text != '-')
		return **text == '\0';
	sign = *(*text)++ == '-' ? -1 : 1;
	if (!digits(text, 2, &hours))
		return false;
	if (**text == ':')
		(*text)++;
	digits(text, 2, &minutes);
	out->us -= sign * ((int64_t)hours * 60 + minutes) * INT64_C(60000000);
	return true;
}

static bool
parse_time(const char **text, struct when *out)
{
	int hour, minute = 0, second = 0;

	if (!digits(text, 2, &hour) || hour > 23)
		return false;
	if (**text == ':') {
		(*text)++;
		if (!digits(text, 2, &minute) || minute > 59)
			return false;
	}
	if (**text == ':') {
		(*text)++;
		if (!digits(text, 2, &second) || second > 59)
			return false;
	}
	out->us = ((int64_t)hour * 3600 + minute * 60 + second) * 1000000;
	out->has_time = true;
	return parse_fraction(text, out) && parse_zone(text, out);
}

bool
when_parse(const char *text, struct when *out)
{
	int year, month = 1, day = 1;

	memset(out, 0, sizeof(*out));
	while (isspace((unsigned char)*text))
		text++;
	if (!digits(&text, 5, &year))
		return false;
	if (*text == '-' && (text++, !digits(&text, 2, &month)))
		return false;
	if (*text == '-' && (text++, !digits(&text, 2, &day)))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > when_month_length(year, month))
		return false;
	out->days = when_days(year, month, day);
	if ((*text == 'T' || *text == ' ') && isdigit((unsigned char)text[1])) {
		text++;
		if (!parse_time(&text, out))
			return false;
	}
	while (isspace((unsigned char)*text))
		text++;
	normalise(out);
	return *text == '\0';
}

void
when_date(const struct when *w, char out[16])
{
	int year, month, day;

	when_civil(w->days, &year, &month, &day);
	snprintf(out, 16, "%04d-%02u-%02u", year % 100000, (unsigned)month % 100,
		 (unsigned)day % 100);
}

void
when_timestamp(const struct when *w, char out[40])
{
	int64_t s = w->us / 1000000, us = w->us % 1000000;
	char date[16];
	int n;

	when_date(w, date);
	n = snprintf(out, 40, "%s %02d:%02d:%02d", date, (int)(s / 3600), (int)(s / 60 % 60),
		     (int)(s % 60));
	if (us == 0)
		return;
	snprintf(out + n, (size_t)(40 - n), ".%06d", (int)us);
	while (out[strlen(out) - 1] == '0')
		out[strlen(out) - 1] = '\0';
}

/* ---- units ---- */

static bool
unit_is(const char *unit, const char *name)
{
	size_t len = strlen(name);

	return strncasecmp(unit, name, len) == 0 &&
	       (unit[len] == '\0' || strcasecmp(unit + len, "S") == 0);
}

static void
add_months(struct when *w, int64_t months_to_add)
{
	int year, month, day, length;

	when_civil(w->days, &year, &month, &day);
	month += (int)(months_to_add % 12);
	year += (int)(months_to_add / 12);
	length = when_month_length(year, month);
	w->days = when_days(year, month, day < length ? day : length);
}

bool
when_add(struct when *w, int64_t amount, const char *unit)
{
	static const struct {
		const char *name;
		int64_t us;
	} exact[] = {
		{ "WEEK", 7 * DAY_US },		 { "DAY", DAY_US },	 { "DAYOFYEAR", DAY_US },
		{ "HOUR", INT64_C(3600000000) }, { "MINUTE", 60000000 }, { "SECOND", 1000000 },
		{ "MILLISECOND", 1000 },	 { "MICROSECOND", 1 },
	};

	if (amount > 4000000 * INT64_C(86400) || amount < -4000000 * INT64_C(86400))
		return false;
	if (unit_is(unit, "YEAR") || unit_is(unit, "QUARTER") || unit_is(unit, "MONTH")) {
		add_months(w, amount * (unit_is(unit, "YEAR")	   ? 12
					: unit_is(unit, "QUARTER") ? 3
								   : 1));
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(exact); i++) {
		if (!unit_is(unit, exact[i].name))
			continue;
		if (exact[i].us >= DAY_US) {
			w->days += amount * (exact[i].us / DAY_US);
		} else {
			w->us += amount * exact[i].us;
			w->has_time = true;
		}
		normalise(w);
		return true;
	}
	return false;
}

bool
when_trunc(struct when *w, const char *unit)
{
	int year, month, day;

	when_civil(w->days, &year, &month, &day);
	if (strcasecmp(unit, "YEAR") == 0 || strcasecmp(unit, "YYYY") == 0 ||
	    strcasecmp(unit, "YY") == 0)
		w->days = when_days(year, 1, 1);
	else if (strcasecmp(unit, "QUARTER") == 0)
		w->days = when_days(year, (month - 1) / 3 * 3 + 1, 1);
	else if (strcasecmp(unit, "MONTH") == 0 || strcasecmp(unit, "MM") == 0 ||
		 strcasecmp(unit, "MON") == 0)
		w->days = when_days(year, month, 1);
	else if (strcasecmp(unit, "WEEK") == 0)
		w->days -= ((w->days + 3) % 7 + 7) % 7;
	else if (strcasecmp(unit, "HOUR") == 0)
		return w->us -= w->us % INT64_C(3600000000), true;
	else if (strcasecmp(unit, "MINUTE") == 0)
		return w->us -= w->us % 60000000, true;
	else if (strcasecmp(unit, "SECOND") == 0)
		return w->us -= w->us % 1000000, true;
	else if (strcasecmp(unit, "DAY") != 0 && strcasecmp(unit, "DD") != 0)
		return false;
	w->us = 0;
	return true;
}

/* ---- patterns ---- */

static void
format_field(const struct when *w, char letter, int width, struct buf *out)
{
	int64_t s = w->us / 1000000;
	int year, month, day, hour12 = (int)(s / 3600 % 12);
	const char *weekday = weekdays[((w->days % 7) + 7) % 7];

	when_civil(w->days, &year, &month, &day);
	switch (letter) {
	case 'y':
	case 'u': buf_printf(out, "%0*d", width, width == 2 ? year % 100 : year); break;
	case 'M':
	case 'L':
		if (width > 2)
			buf_printf(out, "%.*s", width == 3 ? 3 : 20, months[month - 1]);
		else
			buf_printf(out, "%0*d", width, month);
		break;
	case 'd': buf_printf(out, "%0*d", width, day); break;
	case 'H': buf_printf(out, "%0*d", width, (int)(s / 3600)); break;
	case 'h': buf_printf(out, "%0*d", width, hour12 == 0 ? 12 : hour12); break;
	case 'm': buf_printf(out, "%0*d", width, (int)(s / 60 % 60)); break;
	case 's': buf_printf(out, "%0*d", width, (int)(s % 60)); break;
	case 'S': {
		char text[8];

		snprintf(text, sizeof(text), "%06d", (int)(w->us % 1000000));
		buf_add(out, text, width < 6 ? (size_t)width : 6);
		break;
	}
	case 'E': buf_printf(out, "%.*s", width < 4 ? 3 : 20, weekday); break;
	case 'a': buf_puts(out, s < 43200 ? "AM" : "PM"); break;
	case 'D': buf_printf(out, "%0*d", width, (int)(w->days - when_days(year, 1, 1) + 1)); break;
	case 'Q':
	case 'q': buf_printf(out, "%d", (month + 2) / 3); break;
	case 'Z': buf_puts(out, "+0000"); break;
	case 'X':
	case 'z':
	case 'V': buf_puts(out, letter == 'X' ? "Z" : "UTC"); break;
	default:
		for (int i = 0; i < width; i++)
			buf_add(out, &letter, 1);
	}
}

void
when_format(const struct when *w, const char *pattern, struct buf *out)
{
	while (*pattern != '\0') {
		char c = *pattern;
		int width = 1;

		if (c == '\'') {
			const char *end = strchr(pattern + 1, '\'');

			if (end == NULL)
				return;
			buf_add(out, pattern + 1, (size_t)(end - pattern - 1));
			pattern = end + 1;
			continue;
		}
		while (isalpha((unsigned char)c) && pattern[width] == c && width < 20)
			width++;
		if (isalpha((unsigned char)c))
			format_field(w, c, width, out);
		else
			buf_add(out, &c, 1);
		pattern += width;
	}
}

static bool
scan_month(const char **text, int *month)
{
	for (int i = 0; i < 12; i++) {
		if (strncasecmp(*text, months[i], 3) != 0)
			continue;
		*month = i + 1;
		*text +=
		    strncasecmp(*text, months[i], strlen(months[i])) == 0 ? strlen(months[i]) : 3;
		return true;
	}
	return false;
}

bool
when_scan(const char *text, const char *pattern, struct when *out)
{
	int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, fraction = 0;
	bool pm = false, ok = true, timed = strpbrk(pattern, "HhmsS") != NULL;

	while (*pattern != '\0' && ok) {
		char c = *pattern;
		int width = 1;

		while (isalpha((unsigned char)c) && pattern[width] == c)
			width++;
		pattern += width;
		switch (c) {
		case 'y':
		case 'u':
			ok = digits(&text, width < 3 ? 2 : 4, &year);
			year += width == 2 ? 2000 : 0;
			break;
		case 'M':
			ok = width > 2 ? scan_month(&text, &month) : digits(&text, 2, &month);
			break;
		case 'd': ok = digits(&text, 2, &day); break;
		case 'H':
		case 'h': ok = digits(&text, 2, &hour); break;
		case 'm': ok = digits(&text, 2, &minute); break;
		case 's': ok = digits(&text, 2, &second); break;
		case 'S': ok = digits(&text, width, &fraction); break;
		case 'a':
			pm = tolower((unsigned char)*text) == 'p';
			ok = *text != '\0' && text[1] != '\0';
			text += ok ? 2 : 0;
			break;
		case '\'': break;
		default: ok = *text == c; text += ok ? 1 : 0;
		}
	}
	if (!ok || *text != '\0' || month < 1 || month > 12 || day < 1 ||
	    day > when_month_length(year, month) || hour > 23 || minute > 59 || second > 59)
		return false;
	out->days = when_days(year, month, day);
	hour += pm && hour < 12 ? 12 : 0;
	out->us = ((int64_t)hour * 3600 + minute * 60 + second) * 1000000;
	out->has_time = timed;
	return true;
}
