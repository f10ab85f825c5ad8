/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a text of others that must not reach a reader unchanged. */
#ifndef LAKEHOST_SDK_UNIT_H
#define LAKEHOST_SDK_UNIT_H

#include <stddef.h>

enum unit {
	UNIT_BREAK, /* a line end: LF, CR, CR LF, VT, FF, NEL, LS, PS */
	UNIT_TAB,
	/* a control, a terminal sequence, a direction mark or a tag, which is left out */
	UNIT_HIDDEN,
};

/* The length of the special part at the front of `text`, and its kind. 0: an ordinary character, or
 * a byte that is not valid UTF-8, which is not checked here. */
size_t unit_special(const char *text, size_t len, enum unit *kind);

#endif
