/* SPDX-License-Identifier: Apache-2.0 */
/* Hexadecimal digits, in upper or lower case. */
#ifndef LAKEHOST_SDK_BASE_HEX_H
#define LAKEHOST_SDK_BASE_HEX_H

/* The value of a digit, 0 to 15. -1 when the character is not a digit. Any thread. */
static inline int
hex_digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
