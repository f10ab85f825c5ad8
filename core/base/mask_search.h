/* SPDX-License-Identifier: Apache-2.0 */
/* Searches a text for masked values in all their spellings, and for secrets by their form. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_MASK_SEARCH_H
#define CORE_BASE_MASK_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mask_find.h"

#define SQUEEZED_MIN 12 /* least length of a value without white space that is searched for */

/* The finders of a group of values: the values as they are, and without white space. */
struct mask_finders {
	struct finder *plain, *squeezed;
};

struct mask_search {
	const char *text;
	size_t len;
	const struct mask_finders *finders[2]; /* NULL: none */
	bool shapes;			       /* also by form (base/mask_shape.h) */
	bool cut; /* another process has cut the text, see base/mask.h */
};

/* The text with `replacement` in the place of each secret, for free(); NULL: it has none. No secret
 * may be shorter than the replacement. */
char *mask_search(const struct mask_search *what, const char *replacement, size_t *out_len);
/* False: the text has no secret. */
bool mask_search_finds(const struct mask_search *what);

#endif
