/* SPDX-License-Identifier: Apache-2.0 */
/* Converts the HTML of a notebook to text: each row is a line with tabs between its cells; styles
 * and scripts are removed. The text is an approximation for reading. */
#include "workspace.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Elements whose content is not shown. */
static const char *const unseen[] = { "style", "script", "head", "title", "svg" };
/* Elements that start and end a line. */
static const char *const blocks[] = {
	"br", "p",  "div", "tr", "li", "ul", "ol", "table",   "thead",	 "tbody",      "pre",
	"hr", "h1", "h2",  "h3", "h4", "h5", "h6", "section", "caption", "blockquote",
};

struct page {
	char *out;
	size_t len;
	bool pre;	/* inside an element whose white space and line ends are kept */
	unsigned cells; /* number of cells in the current row, including empty ones */
};

static bool
is_one_of(const char *name, size_t len, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(names[i]) == len && strncasecmp(name, names[i], len) == 0)
			return true;
	return false;
}

static void
put(struct page *page, char c)
{
	char last = page->len > 0 ? page->out[page->len - 1] : '\n';

	/* Writes no space at the start of a line, no double spaces, and no empty lines. */
	if (!page->pre && (c == ' ' || c == '\n') &&
	    (last == '\n' || (c == ' ' && (last == ' ' || last == '\t'))))
		return;
	page->out[page->len++] = c;
}

/* Ends the line, unless it is empty. */
static void
line_end(struct page *page)
{
	while (page->len > 0 && page->out[page->len - 1] == ' ')
		page->len--;
	if (page->len > 0 && page->out[page->len - 1] != '\n')
		page->out[page->len++] = '\n';
}

/* Writes a character number in UTF-8. An invalid number becomes a space. */
static void
put_character(struct page *page, unsigned long c)
{
	unsigned char *to;

	if (c < ' ' || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) {
		put(page, ' ');
		return;
	}
	if (c < 0x80) {
		page->out[page->len++] = (char)c;
		return;
	}
	to = (unsigned char *)page->out + page->len;
	if (c < 0x800) {
		*to++ = (unsigned char)(0xC0 | c >> 6);
	} else if (c < 0x10000) {
		*to++ = (unsigned char)(0xE0 | c >> 12);
		*to++ = (unsigned char)(0x80 | (c >> 6 & 0x3F));
	} else {
		*to++ = (unsigned char)(0xF0 | c >> 18);
		*to++ = (unsigned char)(0x80 | (c >> 12 & 0x3F));
		*to++ = (unsigned char)(0x80 | (c >> 6 & 0x3F));
	}
	*to++ = (unsigned char)(0x80 | (c & 0x3F));
	page->len = (size_t)(to - (unsigned char *)page->out);
}

/* Writes the character that the entity at `text` stands for. Returns the entity's length; 0 when it
 * is not an entity. An entity is never shorter than its character. */
static size_t
put_entity(struct page *page, const char *text)
{
	static const struct {
		const char *name;
		unsigned c;
	} known[] = { { "lt;", '<' },	     { "gt;", '>' },	   { "amp;", '&' },
		      { "quot;", '"' },	     { "apos;", '\'' },	   { "nbsp;", ' ' },
		      { "hellip;", 0x2026 }, { "ndash;", 0x2013 }, { "mdash;", 0x2014 },
		      { "middot;", 0xB7 },   { "times;", 0xD7 },   { "copy;", 0xA9 } };
	char *end;
	unsigned long c;

	if (text[1] == '#') {
		bool hex = text[2] == 'x' || text[2] == 'X';

		c = strtoul(text + (hex ? 3 : 2), &end, hex ? 16 : 10);
		if (*end != ';' || end == text + (hex ? 3 : 2))
			return 0;
		put_character(page, c);
		return (size_t)(end - text) + 1;
	}
	for (size_t i = 0; i < COUNT(known); i++)
		if (strncmp(text + 1, known[i].name, strlen(known[i].name)) == 0) {
			put_character(page, known[i].c);
			return 1 + strlen(known[i].name);
		}
	return 0;
}

/* The position after the tag at `text`, which may have any length. Quoted attributes may contain
 * ">". */
static const char *
tag_end(const char *text)
{
	char quote = 0;

	for (; *text != '\0'; text++) {
		if (quote != 0)
			quote = *text == quote ? 0 : quote;
		else if (*text == '"' || *text == '\'')
			quote = *text;
		else if (*text == '>')
			return text + 1;
	}
	return text;
}

/* The position after the end tag of an element whose content is not shown. */
static const char *
element_end(const char *text, const char *name, size_t len)
{
	while ((text = strchr(text, '<')) != NULL) {
		if (text[1] == '/' && strncasecmp(text + 2, name, len) == 0)
			return tag_end(text);
		text++;
	}
	return "";
}

static const char *
put_tag(struct page *page, const char *text)
{
	bool closes = text[1] == '/';
	const char *name = text + 1 + closes, *end = tag_end(text);
	size_t n = strcspn(name, " \t\r\n/>");

	if (strncmp(text, "<!--", 4) == 0) {
		const char *after = strstr(text, "-->");

		return after != NULL ? after + 3 : "";
	}
	if (!closes && end[-2] != '/' && is_one_of(name, n, unseen, COUNT(unseen)))
		return element_end(end, name, n);
	if (is_one_of(name, n, blocks, COUNT(blocks)))
		line_end(page);
	if (n == 2 && strncasecmp(name, "tr", 2) == 0)
		page->cells = 0;
	else if (!closes && is_one_of(name, n, (const char *const[]){ "td", "th" }, 2) &&
		 page->cells++ > 0)
		page->out[page->len++] = '\t';
	if (n == 3 && strncasecmp(name, "pre", 3) == 0)
		page->pre = !closes;
	/* in output of a terminal, lines stay as they are */
	if (!closes && memmem(text, (size_t)(end - text), "ansiout", 7) != NULL)
		page->pre = true;
	else if (closes && n == 3 && strncasecmp(name, "div", 3) == 0)
		page->pre = false;
	return end;
}

static bool
begins_tag(const char *text)
{
	char c = (char)(text[1] | 0x20);

	return text[0] == '<' && text[1] != '\0' &&
	       ((c >= 'a' && c <= 'z') || text[1] == '/' || text[1] == '!') &&
	       tag_end(text)[-1] == '>';
}

const char *
html_text(struct mcp_call *call, const char *html)
{
	struct page page = { .out = mcp_alloc(call, strlen(html) + 2) };

	while (*html != '\0') {
		size_t n = *html == '&' ? put_entity(&page, html) : 0;

		if (n > 0) {
			html += n;
		} else if (begins_tag(html)) {
			html = put_tag(&page, html);
		} else {
			put(&page, !page.pre && strchr("\t\r\n", *html) != NULL ? ' ' : *html);
			html++;
		}
	}
	while (page.len > 0 && strchr(" \n", page.out[page.len - 1]) != NULL)
		page.len--;
	page.out[page.len] = '\0';
	return clean_text(call, page.out, false);
}
