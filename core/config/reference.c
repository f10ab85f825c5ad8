/* SPDX-License-Identifier: Apache-2.0 */
/* Resolves env:, file: and credential: values. A missing or empty value is an error: a secret that
 * is silently empty would be worse. */
#include "config/reference.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/text.h"

static const char *
after(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

bool
reference_is(const char *text)
{
	return after(text, "env:") != NULL || reference_is_file(text);
}

bool
reference_is_file(const char *text)
{
	return after(text, "file:") != NULL || after(text, "credential:") != NULL;
}

const char *
reference_check(const char *reference)
{
	const char *name;

	if ((name = after(reference, "env:")) != NULL) {
		if (*name == '\0' || strchr(name, '=') != NULL)
			return "env: must be followed by the name of a variable";
		return NULL;
	}
	if ((name = after(reference, "file:")) != NULL)
		return *name == '/' ? NULL : "file: must be followed by an absolute path";
	if ((name = after(reference, "credential:")) != NULL) {
		if (*name == '\0' || *name == '.' || strchr(name, '/') != NULL)
			return "credential: must be followed by the name of a file in "
			       "$CREDENTIALS_DIRECTORY";
		return NULL;
	}
	return "the value must have the form env:NAME, file:PATH or credential:NAME";
}

char *
reference_path(const char *reference, char *why, size_t why_size)
{
	const char *name, *directory, *bad = reference_check(reference);

	if (bad == NULL && (name = after(reference, "file:")) != NULL)
		return xstrdup(name);
	if (bad == NULL && (name = after(reference, "credential:")) != NULL) {
		directory = getenv("CREDENTIALS_DIRECTORY");
		if (directory != NULL && *directory == '/')
			return xprintf("%s/%s", directory, name);
		bad = "CREDENTIALS_DIRECTORY is not set (systemd sets it for LoadCredential=)";
	}
	snprintf(why, why_size, "%s", bad != NULL ? bad : "the path is not a file");
	return NULL;
}

static char *
read_file(const char *reference, char *why, size_t why_size)
{
	char *path = reference_path(reference, why, why_size);
	size_t len = 0;
	char *text = NULL;

	if (path == NULL)
		return NULL;
	text = text_read(path, REFERENCE_VALUE_MAX, &len, NULL, why, why_size);
	free(path);
	if (text == NULL)
		return NULL;
	if (len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';
	if (len > 0 && text[len - 1] == '\r')
		text[--len] = '\0';
	return text;
}

char *
reference_read(const char *reference, char *why, size_t why_size)
{
	const char *name = after(reference, "env:"), *bad = reference_check(reference);
	char *value;

	if (bad != NULL) {
		snprintf(why, why_size, "%s", bad);
		return NULL;
	}
	if (name != NULL) {
		if (getenv(name) == NULL) {
			snprintf(why, why_size, "the environment variable %s is not set", name);
			return NULL;
		}
		value = xstrdup(getenv(name));
	} else {
		value = read_file(reference, why, why_size);
	}
	if (value != NULL && *value == '\0') {
		snprintf(why, why_size, "the value of %s is empty", reference);
		free(value);
		return NULL;
	}
	return value;
}
