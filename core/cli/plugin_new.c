/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lakehost plugin new NAME DIR: a working plugin project from the files of sdk/project. All files
 * are written into a new folder beside DIR, which is then renamed: DIR is never half-written.
 */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/project.h"
#include "config/text.h"

/* most bytes of NAME, so that names of tools such as cancel_NAME_export are short */
#define NAME_MOST 20u
#define FILE_MOST ((size_t)1 << 20) /* bytes of one file */
#define FOLDERS_OPEN 16

/* A word of the files, and the text that replaces it. */
struct word {
	const char *word;
	char text[64];
};

struct project {
	struct word word[6]; /* ends with a word that is NULL */
	char *folder;	     /* where the files are written */
};

/* ---- names ---------------------------------------------------------------------------------- */

/* NULL when the name is good, else what is wrong with it. */
static const char *
name_fault(const char *name)
{
	if (name[0] == '\0' || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-")] != '\0')
		return "the name may contain only a-z, 0-9, _ and -";
	if (name[0] < 'a' || name[0] > 'z')
		return "the name must begin with a letter, because lakehost.conf has a group "
		       "with this name";
	if (strlen(name) > NAME_MOST)
		return "the name is longer than 20 characters, so the names of the tools would "
		       "be longer than 35";
	return NULL;
}

/* Copies `name` with `to` in place of each `from`. */
static void
copy_name(char *out, size_t size, const char *name, char from, char to)
{
	size_t i;

	for (i = 0; name[i] != '\0' && i + 1 < size; i++)
		out[i] = name[i] == from ? to : name[i];
	out[i] = '\0';
}

static void
set_words(struct project *project, const char *name)
{
	static const char *const words[] = { "@name@", "@id@", "@scheme@", "@deb@", "@date@" };
	time_t now = time(NULL);
	struct tm tm;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		project->word[i].word = words[i];
	copy_name(project->word[0].text, sizeof(project->word[0].text), name, '-', '-');
	copy_name(project->word[1].text, sizeof(project->word[1].text), name, '-', '_');
	copy_name(project->word[2].text, sizeof(project->word[2].text), name, '_', '-');
	copy_name(project->word[3].text, sizeof(project->word[3].text), name, '_', '-');
	gmtime_r(&now, &tm);
	strftime(project->word[4].text, sizeof(project->word[4].text),
		 "%a, %d %b %Y %H:%M:%S +0000", &tm);
}

/* ---- files ---------------------------------------------------------------------------------- */

/* Appends the text with its words replaced. */
static void
replace_words(const struct project *project, const char *text, size_t len, struct buf *out)
{
	while (len > 0) {
		const struct word *word = project->word;
		size_t n = 1;

		while (word->word != NULL && (strlen(word->word) > len ||
					      memcmp(text, word->word, strlen(word->word)) != 0))
			word++;
		if (word->word != NULL) {
			buf_puts(out, word->text);
			n = strlen(word->word);
		} else {
			buf_putc(out, *text);
		}
		text += n;
		len -= n;
	}
}

static bool
not_written(const char *path, int why)
{
	fprintf(stderr, "lakehost: %s: %s\n", path, strerror(why));
	return false;
}

/* Makes the folders above the file. */
static bool
make_folders(const char *top, char *path)
{
	char *slash = path + strlen(top);
	bool ok = true;

	while (ok && (slash = strchr(slash + 1, '/')) != NULL) {
		*slash = '\0';
		ok = mkdir(path, 0777) == 0 || errno == EEXIST || not_written(path, errno);
		*slash = '/';
	}
	return ok;
}

/* close() is where some file systems say that the disk is full. */
static bool
write_all(const char *path, const char *data, size_t len, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	int why = 0;

	if (fd < 0)
		return not_written(path, errno);
	while (len > 0 && why == 0) {
		ssize_t n = write(fd, data, len);

		if (n > 0) {
			data += n;
			len -= (size_t)n;
		} else if (n < 0 && errno != EINTR) {
			why = errno;
		}
	}
	if (close(fd) != 0 && why == 0)
		why = errno;
	return why == 0 || not_written(path, why);
}

static bool
write_project_file(const struct project *project, const struct project_file *file)
{
	struct buf name, text;
	char *path;
	bool ok;

	buf_init(&name, FILE_MOST);
	buf_init(&text, FILE_MOST);
	replace_words(project, file->path, strlen(file->path), &name);
	replace_words(project, (const char *)file->data, file->len, &text);
	path = xprintf("%s/%.*s", project->folder, (int)name.len, name.data);
	ok = make_folders(project->folder, path) &&
	     write_all(path, text.data, text.len, file->program ? 0777 : 0666);
	free(path);
	buf_fini(&name);
	buf_fini(&text);
	return ok;
}

static int
remove_one(const char *path, const struct stat *stat, int type, struct FTW *place)
{
	(void)stat;
	(void)type;
	(void)place;
	return remove(path);
}

/* ---- the command ---------------------------------------------------------------------------- */

/* A folder beside `dir`, which is to have its name in the end. NULL after printing why not. */
static char *
folder_beside(const char *dir)
{
	char *folder = xprintf("%s.XXXXXX", dir);
	struct stat stat;

	if (lstat(dir, &stat) == 0) {
		fprintf(stderr, "lakehost: %s exists already. Give the name of a new folder.\n",
			dir);
	} else if (errno != ENOENT) {
		not_written(dir, errno);
	} else if (mkdtemp(folder) == NULL) {
		int why = errno;

		fprintf(stderr, "lakehost: %s cannot be created: %s\n", dir,
			why == ENOENT ? "the folder above it does not exist" : strerror(why));
	} else {
		return folder;
	}
	free(folder);
	return NULL;
}

/* The mode that mkdir() would have given. */
static mode_t
folder_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0777 & ~mask;
}

static bool
write_project(const struct project *project, const char *dir)
{
	for (const struct project_file *file = project_files; file->path != NULL; file++)
		if (!write_project_file(project, file))
			return false;
	if (chmod(project->folder, folder_mode()) != 0)
		return not_written(project->folder, errno);
	if (renameat2(AT_FDCWD, project->folder, AT_FDCWD, dir, RENAME_NOREPLACE) == 0)
		return true;
	return not_written(dir, errno);
}

static char *
without_slashes(const char *dir)
{
	size_t len = strlen(dir);

	while (len > 1 && dir[len - 1] == '/')
		len--;
	return xstrndup(dir, len);
}

int
cli_plugin_new(const struct cli *cli)
{
	const char *name = cli->argument[1], *fault = name_fault(name);
	struct project project = { 0 };
	char *dir;
	bool ok;

	if (fault != NULL) {
		char *line = xstrdup(name);

		text_to_line(line);
		fprintf(stderr, "lakehost: \"%s\" is not a valid name for a new plugin: %s.\n",
			line, fault);
		free(line);
		return 2;
	}
	dir = without_slashes(cli->argument[2]);
	set_words(&project, name);
	project.folder = folder_beside(dir);
	ok = project.folder != NULL && write_project(&project, dir);
	if (project.folder != NULL && !ok) {
		nftw(project.folder, remove_one, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
		fprintf(stderr, "lakehost: %s was not created.\n", dir);
	}
	if (ok)
		printf("The plugin %s was created in %s. Its README.md begins with three commands: "
		       "one builds and tests, one installs, one calls.\nRun the first one in "
		       "%s:\n\n    cmake --workflow --preset default\n",
		       name, dir, dir);
	free(project.folder);
	free(dir);
	return ok ? 0 : 1;
}
