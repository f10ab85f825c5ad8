/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "value.h"

#define SUM_BASE UINT64_C(1000000000)
#define SUM_DIGITS 9u
#define SUM_VALUE_DIGITS 38u /* of the widest decimal of SQL */
#define FLOAT_TEXT_MAX 64u

enum value_kind
value_kind(const char *type_name)
{
	static const char *const exact[] = { "BYTE", "SHORT", "INT", "LONG", "DECIMAL" };

	for (size_t i = 0; i < sizeof(exact) / sizeof(exact[0]); i++)
		if (strcmp(type_name, exact[i]) == 0)
			return VALUE_NUMBER;
	if (strcmp(type_name, "FLOAT") == 0 || strcmp(type_name, "DOUBLE") == 0)
		return VALUE_FLOAT;
	return strcmp(type_name, "BOOLEAN") == 0 ? VALUE_BOOLEAN : VALUE_TEXT;
}

/* ---- decimals -------------------------------------------------------------------------------- */

/* The parts of a number without an exponent. */
struct decimal {
	bool negative;
	const char *whole, *fraction; /* without zeros before, and without zeros behind */
	size_t whole_len, fraction_len;
	size_t scale; /* digits behind the point, with zeros */
};

static size_t
digit_run(const char *at, const char *end)
{
	size_t n = 0;

	while (at + n < end && at[n] >= '0' && at[n] <= '9')
		n++;
	return n;
}

static bool
decimal_read(struct mcp_text text, struct decimal *number)
{
	const char *at = text.data, *end = text.data + text.len;
	size_t digits;

	*number = (struct decimal){ 0 };
	if (at < end && (*at == '-' || *at == '+'))
		number->negative = *at++ == '-';
	number->whole = at;
	number->whole_len = digits = digit_run(at, end);
	at += digits;
	if (at < end && *at == '.') {
		number->fraction = ++at;
		number->scale = number->fraction_len = digit_run(at, end);
		digits += number->scale;
		at += number->scale;
	}
	for (; number->whole_len > 0 && *number->whole == '0'; number->whole_len--)
		number->whole++;
	while (number->fraction_len > 0 && number->fraction[number->fraction_len - 1] == '0')
		number->fraction_len--;
	if (number->whole_len == 0 && number->fraction_len == 0)
		number->negative = false; /* 0 has no sign */
	return digits > 0 && at == end;
}

static int
digits_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

static int
decimal_compare(const struct decimal *a, const struct decimal *b)
{
	int order;

	if (a->negative != b->negative)
		return a->negative ? -1 : 1;
	order = (a->whole_len > b->whole_len) - (a->whole_len < b->whole_len);
	if (order == 0 && a->whole_len > 0)
		order = memcmp(a->whole, b->whole, a->whole_len);
	if (order == 0 && a->fraction_len > 0 && b->fraction_len > 0)
		order = digits_compare(a->fraction, a->fraction_len, b->fraction, b->fraction_len);
	else if (order == 0)
		order = (a->fraction_len > 0) - (b->fraction_len > 0);
	return a->negative ? -order : order;
}

/* ---- sums ------------------------------------------------------------------------------------ */

/* Adds a digit to the part where its place is: 0 is the first place before the point. A part has
 * room for thousands of millions of such numbers. */
static void
add_digit(uint64_t *part, long place, char digit)
{
	size_t at = (size_t)(place + (long)(SUM_FRACTION * SUM_DIGITS));
	uint64_t value = (uint64_t)(digit - '0');

	for (size_t i = at % SUM_DIGITS; i > 0; i--)
		value *= 10;
	part[at / SUM_DIGITS] += value;
}

bool
value_add(struct value_sum *sum, struct mcp_text text)
{
	struct decimal number;
	uint64_t *part;

	if (!decimal_read(text, &number) || number.whole_len > SUM_VALUE_DIGITS ||
	    number.scale > SUM_VALUE_DIGITS)
		return false;
	part = sum->part[number.negative];
	for (size_t i = 0; i < number.whole_len; i++)
		add_digit(part, (long)(number.whole_len - 1 - i), number.whole[i]);
	for (size_t i = 0; i < number.fraction_len; i++)
		add_digit(part, -1 - (long)i, number.fraction[i]);
	if (number.scale > sum->scale)
		sum->scale = number.scale;
	return true;
}

/* Each part is less than 10^9 afterwards. */
static void
carry(const uint64_t *from, uint64_t *to)
{
	uint64_t over = 0;

	for (size_t i = 0; i < SUM_PARTS; i++) {
		uint64_t value = from[i] + over;

		to[i] = value % SUM_BASE;
		over = value / SUM_BASE;
	}
}

static bool
parts_less(const uint64_t *a, const uint64_t *b)
{
	for (size_t i = SUM_PARTS; i-- > 0;)
		if (a[i] != b[i])
			return a[i] < b[i];
	return false;
}

static void
subtract(uint64_t *from, const uint64_t *what)
{
	uint64_t borrow = 0;

	for (size_t i = 0; i < SUM_PARTS; i++) {
		uint64_t take = what[i] + borrow;

		borrow = from[i] < take;
		from[i] += borrow * SUM_BASE;
		from[i] -= take;
	}
}

const char *
value_sum(struct mcp_call *call, const struct value_sum *sum)
{
	uint64_t above[SUM_PARTS], below[SUM_PARTS], *rest = above;
	char digits[SUM_PARTS * SUM_DIGITS + 1];
	const char *whole = digits, *point;
	bool negative;

	carry(sum->part[0], above);
	carry(sum->part[1], below);
	negative = parts_less(above, below);
	if (negative)
		rest = below;
	subtract(rest, negative ? above : below);
	for (size_t i = 0; i < SUM_PARTS; i++)
		snprintf(digits + i * SUM_DIGITS, SUM_DIGITS + 1, "%09llu",
			 (unsigned long long)rest[SUM_PARTS - 1 - i]);
	point = digits + (size_t)(SUM_PARTS - SUM_FRACTION) * SUM_DIGITS;
	while (*whole == '0' && whole < point - 1)
		whole++;
	return mcp_printf(call, "%s%.*s%s%.*s", negative ? "-" : "", (int)(point - whole), whole,
			  sum->scale > 0 ? "." : "", (int)sum->scale, point);
}

/* ---- other kinds ----------------------------------------------------------------------------- */

/* NaN when it is not a number. */
double
value_double(struct mcp_text text)
{
	char copy[FLOAT_TEXT_MAX], *end;
	double value;

	if (text.len == 0 || text.len >= sizeof(copy))
		return NAN;
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	value = strtod(copy, &end);
	return *end == '\0' ? value : NAN;
}

static int
float_compare(double a, double b)
{
	if (isnan(a) || isnan(b))
		return (isnan(a) != 0) - (isnan(b) != 0);
	return (a > b) - (a < b);
}

static bool
is_true(struct mcp_text text)
{
	return text.len == 4 && strncasecmp(text.data, "true", 4) == 0;
}

bool
value_valid(enum value_kind kind, struct mcp_text text)
{
	struct decimal number;

	switch (kind) {
	case VALUE_TEXT: return true;
	case VALUE_NUMBER: return decimal_read(text, &number);
	case VALUE_FLOAT:
		return !isnan(value_double(text)) ||
		       (text.len == 3 && strncasecmp(text.data, "nan", 3) == 0);
	case VALUE_BOOLEAN:
		return is_true(text) || (text.len == 5 && strncasecmp(text.data, "false", 5) == 0);
	}
	return false;
}

int
value_compare(enum value_kind kind, struct mcp_text a, struct mcp_text b)
{
	struct decimal left, right;

	if (a.data == NULL || b.data == NULL)
		return (a.data != NULL) - (b.data != NULL);
	if (kind == VALUE_NUMBER && decimal_read(a, &left) && decimal_read(b, &right))
		return decimal_compare(&left, &right);
	if (kind == VALUE_NUMBER || kind == VALUE_FLOAT)
		return float_compare(value_double(a), value_double(b));
	if (kind == VALUE_BOOLEAN)
		return (int)is_true(a) - (int)is_true(b);
	return digits_compare(a.data, a.len, b.data, b.len);
}
