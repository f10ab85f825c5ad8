/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the output of interpreters readable, without ANSI escapes and HTML, and removes common
 * indentation from code. */
#include "workspace.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The length of an escape sequence at `text`: ESC [ parameters final, or ESC and one more byte. */
static size_t
escape_length(const char *text)
{
	size_t n = 2;

	if (text[1] != '[')
		return text[1] != '\0' ? 2 : 1;
	while (text[n] != '\0' && (text[n] < '@' || text[n] > '~'))
		n++;
	return text[n] != '\0' ? n + 1 : n;
}

/* Writes the character that an entity stands for. Returns the entity's length; 0 when it is not an
 * entity. */
static size_t
entity(const char *text, char **to)
{
	static const struct {
		const char *name;
		char c;
	} known[] = { { "&lt;", '<' },	 { "&gt;", '>' },    { "&amp;", '&' }, { "&quot;", '"' },
		      { "&#39;", '\'' }, { "&#x27;", '\'' }, { "&nbsp;", ' ' } };

	for (size_t i = 0; i < COUNT(known); i++) {
		size_t n = strlen(known[i].name);

		if (strncmp(text, known[i].name, n) == 0) {
			*(*to)++ = known[i].c;
			return n;
		}
	}
	return 0;
}

/* Does the tag end after its name, or after its attributes? */
static bool
tag_ends(const char *rest)
{
	size_t blanks = strspn(rest, " \t\n"), n = strcspn(rest, ">");

	if (rest[n] != '>')
		return false;
	if (rest[blanks] == '>' || (rest[blanks] == '/' && rest[blanks + 1] == '>'))
		return true;
	return blanks > 0 && memchr(rest, '=', n) != NULL;
}

/* Is this the start of an HTML tag? Python writes <module> and <command-7> in its traces, and code
 * contains comparisons. */
static bool
is_tag(const char *text)
{
	static const char *const names[] = {
		"a",	  "b",	   "br",   "code",   "div",   "em",    "font",	"h1",	"h2",
		"h3",	  "h4",	   "hr",   "i",	     "img",   "li",    "ol",	"p",	"pre",
		"script", "small", "span", "strong", "style", "table", "tbody", "td",	"th",
		"thead",  "tr",	   "tt",   "u",	     "ul",    "html",  "head",	"body",
	};
	const char *name = text[1] == '/' ? text + 2 : text + 1;
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ123456");

	if (n == 0 || !tag_ends(name + n))
		return false;
	for (size_t i = 0; i < COUNT(names); i++)
		if (strlen(names[i]) == n && strncasecmp(name, names[i], n) == 0)
			return true;
	return false;
}

const char *
clean_text(struct mcp_call *call, const char *text, bool html)
{
	char *clean = mcp_alloc(call, strlen(text) + 1), *to = clean;

	while (*text != '\0') {
		size_t n = 0;

		if (*text == '\033') {
			text += escape_length(text);
			continue;
		}
		if (html && *text == '<' && is_tag(text)) {
			text = strchr(text, '>') + 1;
			continue;
		}
		if (html && *text == '&')
			n = entity(text, &to);
		if (n > 0) {
			text += n;
			continue;
		}
		if (*text != '\r' || text[1] != '\n')
			*to++ = *text;
		text++;
	}
	*to = '\0';
	return clean;
}

/* The white space with which every line begins that has text. */
static size_t
common_indent(const char *code)
{
	size_t common = SIZE_MAX;

	while (*code != '\0') {
		size_t indent = strspn(code, " \t"), n = strcspn(code, "\n");

		if (indent < n && indent < common)
			common = indent;
		code += n + (code[n] == '\n');
	}
	return common == SIZE_MAX ? 0 : common;
}

const char *
without_indent(struct mcp_call *call, const char *code)
{
	size_t indent = common_indent(code);
	char *out = mcp_alloc(call, strlen(code) + 1), *to = out;

	while (*code != '\0') {
		size_t n = strcspn(code, "\n"), cut = n < indent ? n : indent;

		memcpy(to, code + cut, n - cut);
		to += n - cut;
		if (code[n] == '\n')
			*to++ = '\n';
		code += n + (code[n] == '\n');
	}
	*to = '\0';
	return out;
}
