/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mask_search.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/mask_shape.h"
#include "base/mask_view.h"
#include "base/mem.h"

#define ELLIPSIS "\xE2\x80\xA6"
#define PART_MIN 8 /* bytes that are enough to find a value in a text that was cut */
#define ENTITY_CUT 10

/* A search in two passes. The first pass only finds out whether the text contains a secret. The
 * second one marks the ranges to hide: `edge` counts the begins and ends at each position of the
 * text. */
struct search {
	const char *text;
	size_t len;
	const struct mask_finders *finders; /* of one group; NULL: no value is masked */
	bool shapes;
	bool cut;
	bool cuts; /* the text can end within a value */
	bool found;
	int32_t *edge; /* NULL in the first pass */
};

static void
hide(struct search *search, size_t from, size_t to)
{
	search->found = true;
	if (search->edge == NULL)
		return;
	search->edge[from]++;
	search->edge[to]--;
}

struct scan {
	struct search *search;
	const struct view *view;
};

/* A value of `len` bytes ends before the byte at `end`. */
static bool
on_match(void *data, size_t end, size_t len)
{
	struct scan *scan = data;
	const struct view *view = scan->view;
	size_t first = end - len;

	hide(scan->search, view->from != NULL ? view->from[first] : first,
	     view->to != NULL ? view->to[end - 1] : end);
	return scan->search->edge != NULL;
}

static void
on_shape(void *data, size_t first, size_t end)
{
	on_match(data, end, end - first);
}

static void
scan(struct search *search, const struct finder *finder, const struct view *view)
{
	struct scan scan = { search, view };

	finder_scan(finder, view->byte, view->len, on_match, &scan);
}

/* Looks for values, and for texts with the form of a secret. */
static void
scan_plain(struct search *search, const struct view *view)
{
	struct scan found = { search, view };

	if (search->finders != NULL)
		scan(search, search->finders->plain, view);
	if (search->shapes)
		shape_scan(view->byte, view->len, on_shape, &found);
}

/* ---- texts that were cut --------------------------------------------------------------------- */

/* A text ends with an ellipsis where it was cut. A text that another process has cut can also end
 * at its own end, or at the end of the fence around it. */
static bool
ends_here(const struct search *search, const unsigned char *text, size_t len)
{
	static const char *const ends[] = { ELLIPSIS, "\n</untrusted-data>" };
	const size_t n = search->cut ? 2 : 1;

	for (size_t i = 0; i < n; i++)
		if (len >= strlen(ends[i]) && memcmp(text, ends[i], strlen(ends[i])) == 0)
			return true;
	return search->cut && len == 0;
}

/* The length of an escape that is not complete. */
static size_t
broken_escape(const unsigned char *text, size_t len)
{
	size_t n = 1;

	if (len == 0 || (text[0] != '\\' && text[0] != '%' && text[0] != '&'))
		return 0;
	if (text[0] == '&') {
		while (n < len && n < ENTITY_CUT && text[n] > ' ' && text[n] < 0x7F)
			n++;
		return n;
	}
	if (text[0] == '\\' && n < len && text[n] == 'u')
		n++;
	while (n < len && n < 5 && hex_digit(text[n]) >= 0)
		n++;
	return n;
}

static bool
was_cut(const struct search *search, const struct view *view, size_t at)
{
	const unsigned char *text = view->byte + at;
	const size_t len = view->len - at;
	size_t broken;

	if (ends_here(search, text, len))
		return true;
	broken = broken_escape(text, len);
	return broken > 0 && ends_here(search, text + broken, len - broken);
}

/* Hides the first part of a value where the text was cut within it. */
static void
scan_cuts(struct search *search, const struct view *view)
{
	struct scan found = { search, view };
	const struct finder *finder;
	uint32_t state = 0, begun;

	if (search->finders == NULL || !search->cuts)
		return;
	finder = search->finders->plain;
	for (size_t i = 0; i <= view->len; i++) {
		begun = finder_begun(finder, state);
		if (begun >= PART_MIN && was_cut(search, view, i))
			on_match(&found, i, begun);
		if (i < view->len)
			state = finder_step(finder, state, view->byte[i]);
	}
}

/* The same at the end of a run of base64 or of hexadecimal digits. The last group of the run may be
 * incomplete. */
static void
scan_run_end(struct search *search, const struct view *view)
{
	struct scan found = { search, view };
	const struct finder *finder;
	uint32_t state = 0, begun;
	size_t at;

	if (search->finders == NULL || !search->cuts || view->len == 0)
		return;
	finder = search->finders->plain;
	for (size_t i = 0; i < view->len; i++)
		state = finder_step(finder, state, view->byte[i]);
	begun = finder_begun(finder, state);
	if (begun < PART_MIN)
		return;
	at = view->to != NULL ? view->to[view->len - 1] : search->len;
	for (size_t n = 0;
	     view->to != NULL && n < 3 && at < search->len &&
	     (unsigned char)search->text[at] > ' ' && (unsigned char)search->text[at] < 0x7F;
	     n++)
		at++;
	/* The first pass does not know the position. The second one decides. */
	if (view->to == NULL ||
	    ends_here(search, (const unsigned char *)search->text + at, search->len - at))
		on_match(&found, view->len, begun);
}

/* ---- views ----------------------------------------------------------------------------------- */

static void
scan_decoded(void *data, const struct view *view)
{
	scan_plain(data, view);
	scan_run_end(data, view);
}

static void
scan_both(struct search *search, const struct view *view)
{
	struct view squeezed;

	scan_plain(search, view);
	if (search->finders == NULL || view->len < SQUEEZED_MIN ||
	    (search->found && search->edge == NULL))
		return;
	squeezed = view_squeezed(view, search->edge != NULL);
	scan(search, search->finders->squeezed, &squeezed);
	view_fini(&squeezed);
}

static void
search_group(struct search *search)
{
	struct view whole = view_of(search->text, search->len), decoded, again;

	scan_both(search, &whole);
	scan_cuts(search, &whole);
	view_base64(search->text, search->len, search->edge != NULL, scan_decoded, search);
	view_hex(search->text, search->len, search->edge != NULL, scan_decoded, search);
	if ((search->found && search->edge == NULL) || !view_has_escapes(&whole))
		return;
	decoded = view_decoded(&whole, search->edge != NULL);
	scan_both(search, &decoded);
	scan_cuts(search, &decoded);
	if (view_has_escapes(&decoded)) { /* a text within a text */
		again = view_decoded(&decoded, search->edge != NULL);
		scan_both(search, &again);
		scan_cuts(search, &again);
		view_fini(&again);
	}
	view_fini(&decoded);
}

/* Hidden ranges that touch or overlap become one: a gap must not show a part of a value. */
static char *
copy_masked(const struct search *search, const char *replacement, size_t *out_len)
{
	char *out = xmalloc(search->len + 1);
	const size_t len = strlen(replacement);
	int32_t depth = 0;
	size_t n = 0;

	for (size_t i = 0; i < search->len; i++) {
		int32_t begins = search->edge[i];

		if (depth == 0 && begins > 0) { /* fits: this text is shorter than every value */
			memcpy(out + n, replacement, len);
			n += len;
		}
		depth += begins;
		if (depth == 0)
			out[n++] = search->text[i];
	}
	out[n] = '\0';
	if (out_len != NULL)
		*out_len = n;
	return out;
}

/* The forms need one pass only; values are searched for once in each group. */
static void
search_all(struct search *search, const struct mask_search *what)
{
	for (size_t i = 0; i < 2; i++) {
		search->finders = what->finders[i];
		search->shapes = what->shapes && i == 0;
		if (search->finders != NULL || search->shapes)
			search_group(search);
	}
}

/* The first pass. */
static bool
finds(struct search *search, const struct mask_search *what)
{
	*search = (struct search){ .text = what->text, .len = what->len, .cut = what->cut };
	search->cuts =
	    what->cut || memmem(what->text, what->len, ELLIPSIS, strlen(ELLIPSIS)) != NULL;
	search_all(search, what);
	return search->found;
}

bool
mask_search_finds(const struct mask_search *what)
{
	struct search search;

	return finds(&search, what);
}

char *
mask_search(const struct mask_search *what, const char *replacement, size_t *out_len)
{
	struct search search;
	char *masked = NULL;

	if (!finds(&search, what))
		return NULL;
	search.edge = xcalloc(what->len + 1, sizeof(*search.edge));
	search.found = false;
	search_all(&search, what);
	if (search.found)
		masked = copy_masked(&search, replacement, out_len);
	free(search.edge);
	return masked;
}
