/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of permissions. "METHOD /path" is a request that a plugin may send to its upstream; "METHOD
 * link" stands for pre-signed links to any host in upstreams.*.link_suffixes. The raw path is
 * compared segment by segment, so that an unusual spelling of an allowed path is refused.
 */
#include "config/permission.h"

#include <string.h>

#include "base/http_syntax.h"
#include "base/mem.h"
#include "config/config.h"

#define PERMISSION_MAX 1024
#define LINK "link"

/* The length of the segment at `text`, which ends before '/', a query or the end of the string. In
 * a template, "{+x}" counts as a segment, and "{?x}" begins the query. */
static size_t
segment(const char *text)
{
	size_t n = 0;

	if (strncmp(text, "{+", 2) == 0)
		return strcspn(text, "}") + (strchr(text, '}') != NULL);
	while (text[n] != '\0' && text[n] != '/' && text[n] != '?' &&
	       strncmp(text + n, "{+", 2) != 0 && strncmp(text + n, "{?", 2) != 0 &&
	       strncmp(text + n, "{&", 2) != 0)
		n++;
	return n;
}

static bool
at_end(const char *path)
{
	return *path == '\0' || *path == '?' || strncmp(path, "{?", 2) == 0 ||
	       strncmp(path, "{&", 2) == 0;
}

/* Compares two segments. Both pointers are at a '/', at "{+" of a template, or at the ends of their
 * texts. */
static bool
path_matches(const char *pattern, const char *path)
{
	while (*pattern == '/' && !at_end(path)) {
		size_t want, have;
		/* `*` at the end stands for any number of segments */
		bool many = strncmp(path, "{+", 2) == 0;

		pattern++;
		path += *path == '/';
		want = segment(pattern);
		have = segment(path);
		if (have == 0)
			return false;
		if (want == 1 && *pattern == '*') {
			if (pattern[1] == '\0')
				return true; /* one or more */
			if (many)
				return false;
		} else if (many || want != have || memcmp(pattern, path, want) != 0) {
			return false;
		}
		pattern += want;
		path += have;
	}
	return *pattern == '\0' && at_end(path);
}

bool
permission_allows(const struct strings *permissions, const char *method, const char *path)
{
	size_t len = strlen(method);

	for (size_t i = 0; permissions != NULL && i < permissions->count; i++) {
		const char *permission = permissions->item[i];

		if (*path == '/' && strncmp(permission, method, len) == 0 &&
		    permission[len] == ' ' && path_matches(permission + len + 1, path))
			return true;
	}
	return false;
}

bool
permission_allows_link(const struct strings *permissions, const char *method)
{
	size_t len = strlen(method);

	for (size_t i = 0; permissions != NULL && i < permissions->count; i++) {
		const char *permission = permissions->item[i];

		if (strncmp(permission, method, len) == 0 && permission[len] == ' ' &&
		    strcmp(permission + len + 1, LINK) == 0)
			return true;
	}
	return false;
}

static const char *
path_check(const char *path)
{
	while (*path == '/') {
		size_t len = strcspn(++path, "/");

		if (len == 0 || (len <= 2 && strspn(path, ".") >= len))
			return "the path has an empty segment, or a segment \".\" or \"..\"";
		if (memchr(path, '*', len) != NULL && len != 1)
			return "* must be a whole segment";
		for (size_t i = 0; i < len; i++) {
			if (path[i] <= ' ' || path[i] == 0x7f || (path[i] & 0x80) != 0 ||
			    strchr("?#\\{}\"<>^`|", path[i]) != NULL)
				return "the path has a character that is not valid in a path";
		}
		path += len;
	}
	return NULL;
}

const char *
permission_check(const char *permission)
{
	size_t len = strcspn(permission, " ");

	if (strlen(permission) > PERMISSION_MAX)
		return "the permission is too long";
	if (!http_method(permission, len))
		return "the method must be GET, HEAD, POST, PUT, PATCH or DELETE";
	if (permission[len] == ' ' && strcmp(permission + len + 1, LINK) == 0)
		return NULL;
	return permission[len] == ' ' && permission[len + 1] == '/'
		 ? path_check(permission + len + 1)
		 : "the permission must have the form \"METHOD /path\" or \"METHOD " LINK "\"";
}
