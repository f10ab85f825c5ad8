/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/token_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/trust.h"
#include "config/text.h"

#define FIELDS 5u /* number of fields that each line must have; a sixth field has the groups */

/* ---- reading ------------------------------------------------------------------------------- */

static bool
read_time(const char *text, int64_t *seconds)
{
	size_t len = strlen(text);

	if (len == 0 || len > 12 || strspn(text, "0123456789") != len)
		return false;
	*seconds = strtoll(text, NULL, 10);
	return true;
}

/* NULL when the line is a token, else the reason. Cuts the line into its fields. */
static const char *
read_token(char *line, struct token *token)
{
	char *field[FIELDS], *rest = line;
	const char *why;

	for (size_t i = 0; i < FIELDS; i++) {
		field[i] = strsep(&rest, " ");
		if (field[i] == NULL)
			return "the line has fewer than five fields";
	}
	if (rest != NULL && strchr(rest, ' ') != NULL)
		return "the line has more than six fields";
	why = rest != NULL ? token_groups_check(rest) : NULL;
	if (why != NULL)
		return why;
	strcpy(token->groups, rest != NULL ? rest : "");
	why = token_name_check(field[0]);
	if (why != NULL)
		return why;
	strcpy(token->name, field[0]);
	if (!access_parse(field[1], &token->access) || token->access == ACCESS_NONE)
		return "the access must be read, write or admin";
	if (!read_time(field[2], &token->created_s) || !read_time(field[3], &token->expires_s))
		return "a time is not a number of seconds";
	if (strlen(field[4]) != TOKEN_DIGEST ||
	    strspn(field[4], "0123456789abcdef") != TOKEN_DIGEST)
		return "the digest must have 64 hexadecimal digits";
	strcpy(token->digest, field[4]);
	return NULL;
}

/* Adds the token of a line. NULL when it is valid, else the reason. */
static const char *
take_line(char *line, struct token_list *list)
{
	struct token token = { 0 };
	const char *why = read_token(line, &token);

	if (why != NULL)
		return why;
	if (list->count == TOKENS_MAX)
		return "the file has more than 1024 tokens";
	if (token_named(list, token.name) != NULL)
		return "the name is listed twice";
	list->token = xrealloc(list->token, (list->count + 1) * sizeof(*list->token));
	list->token[list->count++] = token;
	return NULL;
}

static bool
take_text(const char *path, char *text, struct token_list *list, char *why, size_t why_size)
{
	char *rest = text, *line;

	for (unsigned number = 1; (line = strsep(&rest, "\n")) != NULL; number++) {
		const char *fault = NULL;

		if (*line != '\0' && *line != '#')
			fault = take_line(line, list);
		if (fault == NULL)
			continue;
		snprintf(why, why_size, "%s:%u: %s", path, number, fault);
		token_list_fini(list);
		return false;
	}
	return true;
}

static bool
is_safe(const char *path, const struct stat *status, char *why, size_t why_size)
{
	if (status->st_uid != geteuid() && status->st_uid != 0) {
		snprintf(why, why_size,
			 "%s belongs to user %u: it must belong to this user or to root", path,
			 (unsigned)status->st_uid);
		return false;
	}
	if (others_write(status)) {
		snprintf(why, why_size,
			 "%s: other users may write to this file; run chmod 600 on it", path);
		return false;
	}
	return true;
}

bool
token_file_read(const char *path, struct token_list *list, struct stat *status, char *why,
		size_t why_size)
{
	size_t len;
	char *text;
	bool fine;

	*list = (struct token_list){ 0 };
	*status = (struct stat){ 0 };
	text = text_read(path, TOKEN_FILE_MAX, &len, status, why, why_size);
	if (text == NULL)
		return false;
	fine = is_safe(path, status, why, why_size) && take_text(path, text, list, why, why_size);
	secret_free(text);
	return fine;
}

/* ---- writing ------------------------------------------------------------------------------- */

static bool
failed(const char *path, char *why, size_t why_size)
{
	snprintf(why, why_size, "cannot write %s: %s", path, strerror(errno));
	return false;
}

/* Closes the descriptor. False with errno. */
static bool
write_out(int fd, const char *text, size_t len)
{
	FILE *file = fdopen(fd, "w");
	bool fine;

	if (file == NULL) {
		close(fd);
		return false;
	}
	fine = fwrite(text, 1, len, file) == len && fflush(file) == 0 && fsync(fd) == 0;
	return fclose(file) == 0 && fine;
}

/* The directory is synchronised too, so that the new name survives a crash. */
static void
sync_folder(const char *path)
{
	char *folder = xstrndup(path, (size_t)(strrchr(path, '/') - path) + 1);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(folder);
}

/* Makes the file with mkostemp(), so with mode 0600, and keeps the owner of the former one: root
 * may change the tokens of a service that runs as another user. */
static bool
replace(const char *path, const char *text, size_t len, const struct stat *former)
{
	char *temporary = xprintf("%s.XXXXXX", path);
	int fd = mkostemp(temporary, O_CLOEXEC), error;
	bool made = fd >= 0, fine = made;

	if (made && former->st_ino != 0 && former->st_uid != geteuid())
		fine = fchown(fd, former->st_uid, former->st_gid) == 0;
	if (made)
		fine = write_out(fd, text, len) && fine;
	fine = fine && rename(temporary, path) == 0;
	error = errno;
	if (made && !fine)
		unlink(temporary);
	if (fine)
		sync_folder(path);
	free(temporary);
	errno = error;
	return fine;
}

static bool
write_list(const char *path, const struct token_list *list, const struct stat *former, char *why,
	   size_t why_size)
{
	struct buf text;
	bool fine;

	buf_init(&text, TOKEN_FILE_MAX);
	buf_puts(
	    &text,
	    "# Tokens of lakehost: name, access, created, expires (0: never), SHA-256, groups.\n");
	for (size_t i = 0; i < list->count; i++) {
		const struct token *token = &list->token[i];

		buf_printf(&text, "%s %s %" PRId64 " %" PRId64 " %s%s%s\n", token->name,
			   access_name(token->access), token->created_s, token->expires_s,
			   token->digest, token->groups[0] != '\0' ? " " : "", token->groups);
	}
	if (!buf_ok(&text)) {
		snprintf(why, why_size, "%s would become larger than %u bytes", path,
			 TOKEN_FILE_MAX);
		fine = false;
	} else {
		fine = replace(path, text.data, text.len, former) || failed(path, why, why_size);
	}
	buf_fini(&text);
	return fine;
}

/* The lock is a file of its own, because the file of tokens is replaced. -1 with `why`. */
static int
lock(const char *path, char *why, size_t why_size)
{
	char *name = xprintf("%s.lock", path);
	int fd = -1;

	if (make_private_parents(path))
		fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || flock(fd, LOCK_EX) != 0) {
		failed(name, why, why_size);
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	free(name);
	return fd;
}

/* Reads the present tokens, under the lock. The list is empty when there is no file yet. */
static bool
read_present(const char *path, struct token_list *list, struct stat *status, char *why,
	     size_t why_size)
{
	*list = (struct token_list){ 0 };
	*status = (struct stat){ 0 };
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return true;
	return token_file_read(path, list, status, why, why_size);
}

static bool
append(struct token_list *list, const struct token *token, char *why, size_t why_size)
{
	if (token_named(list, token->name) != NULL) {
		snprintf(why, why_size, "the token \"%s\" exists already: revoke it first",
			 token->name);
		return false;
	}
	if (list->count == TOKENS_MAX) {
		snprintf(why, why_size, "%u tokens exist already: revoke one first", TOKENS_MAX);
		return false;
	}
	list->token = xrealloc(list->token, (list->count + 1) * sizeof(*list->token));
	list->token[list->count++] = *token;
	return true;
}

static bool
take_out(struct token_list *list, const char *name, char *why, size_t why_size)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->token[i].name, name) == 0) {
			list->count--;
			memmove(&list->token[i], &list->token[i + 1],
				(list->count - i) * sizeof(*list->token));
			return true;
		}
	snprintf(why, why_size, "there is no token \"%s\"", name);
	return false;
}

/* Adds `token`, or removes the one that is called `name`. */
static bool
change(const char *path, const struct token *token, const char *name, char *why, size_t why_size)
{
	int fd = lock(path, why, why_size);
	struct token_list list;
	struct stat status;
	bool fine;

	if (fd < 0)
		return false;
	fine = read_present(path, &list, &status, why, why_size);
	if (fine)
		fine = token != NULL ? append(&list, token, why, why_size)
				     : take_out(&list, name, why, why_size);
	fine = fine && write_list(path, &list, &status, why, why_size);
	token_list_fini(&list);
	close(fd);
	return fine;
}

bool
token_file_add(const char *path, const struct token *token, char *why, size_t why_size)
{
	return change(path, token, NULL, why, why_size);
}

bool
token_file_remove(const char *path, const char *name, char *why, size_t why_size)
{
	return change(path, NULL, name, why, why_size);
}
