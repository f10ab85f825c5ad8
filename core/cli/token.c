/* SPDX-License-Identifier: Apache-2.0 */
/* token: makes, lists and revokes the tokens of clients. A serving host notices the change. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "auth/token_file.h"
#include "base/buf.h"
#include "base/clock.h"
#include "cli/cli.h"

#define DAYS_DEFAULT 90
#define DAYS_MAX 3650
#define DAY_S 86400
#define WHY_MAX 768
#define DATE_MAX 32
#define LIST_MAX (256u << 10) /* bytes of the printed list */

static int
token_fault(const char *why)
{
	fprintf(stderr, "lakehost: %s\n", why);
	return 1;
}

/* The day in UTC, or "never" for 0. */
static void
write_date(int64_t seconds, char text[DATE_MAX])
{
	time_t when = (time_t)seconds;
	struct tm day;

	if (seconds == 0 || gmtime_r(&when, &day) == NULL ||
	    strftime(text, DATE_MAX, "%Y-%m-%d", &day) == 0)
		strcpy(text, "never");
}

/* The value of --days: 0 to DAYS_MAX; -1 when it is not valid. */
static int64_t
read_days(const char *text)
{
	size_t len;

	if (text == NULL)
		return DAYS_DEFAULT;
	len = strlen(text);
	if (len == 0 || len > 4 || strspn(text, "0123456789") != len)
		return -1;
	return strtol(text, NULL, 10) <= DAYS_MAX ? strtol(text, NULL, 10) : -1;
}

static int
token_new(const struct cli *cli, const char *path, const char *name)
{
	struct token token = { .access = ACCESS_READ, .created_s = clock_wall_ms() / 1000 };
	int64_t days = read_days(cli->days);
	const char *fault = token_name_check(name);
	char text[TOKEN_LENGTH + 1], date[DATE_MAX], why[WHY_MAX];

	if (fault != NULL)
		return token_fault(fault);
	if (days < 0)
		return token_fault("--days must be a number from 0 (never expires) to 3650");
	if (cli->access != NULL &&
	    (!access_parse(cli->access, &token.access) || token.access == ACCESS_NONE))
		return token_fault("--access must be read, write or admin");
	fault = cli->groups != NULL ? token_groups_check(cli->groups) : NULL;
	if (fault != NULL)
		return token_fault(fault);
	strcpy(token.groups, cli->groups != NULL ? cli->groups : "");
	strcpy(token.name, name);
	token.expires_s = days == 0 ? 0 : token.created_s + days * DAY_S;
	token_make(text);
	token_digest(text, TOKEN_LENGTH, token.digest);
	if (token_file_add(path, &token, why, sizeof(why))) {
		write_date(token.expires_s, date);
		fprintf(stderr,
			"Access: %s. Expires: %s. Only its digest is stored, so this is the only "
			"time that\nthe token is shown. A client sends \"Authorization: Bearer "
			"TOKEN\".\n",
			access_name(token.access), date);
		puts(text);
		explicit_bzero(text, sizeof(text));
		return 0;
	}
	explicit_bzero(text, sizeof(text));
	return token_fault(why);
}

static int
token_print_list(const char *path)
{
	struct token_list list;
	struct stat status;
	struct buf out;
	char why[WHY_MAX], made[DATE_MAX], ends[DATE_MAX];
	int64_t now = clock_wall_ms() / 1000;

	if (!token_file_read(path, &list, &status, why, sizeof(why)))
		return token_fault(why);
	buf_init(&out, LIST_MAX);
	buf_puts(&out, "name\taccess\tcreated\texpires\tgroups");
	for (size_t i = 0; i < list.count; i++) {
		const struct token *token = &list.token[i];

		write_date(token->created_s, made);
		write_date(token->expires_s, ends);
		buf_printf(&out, "\n%s\t%s\t%s\t%s%s\t%s", token->name, access_name(token->access),
			   made, ends, token_expired(token, now) ? " (expired)" : "",
			   token->groups);
	}
	render_table_text(out.data, out.len);
	buf_fini(&out);
	token_list_fini(&list);
	return 0;
}

static int
token_revoke(const char *path, const char *name)
{
	char why[WHY_MAX];

	if (!token_file_remove(path, name, why, sizeof(why)))
		return token_fault(why);
	fprintf(stderr, "The token \"%s\" is not accepted any more.\n", name);
	return 0;
}

static int
token_run(const struct cli *cli, const struct config *config)
{
	const char *verb = cli->argument[0];
	const char *name = cli->arguments > 1 ? cli->argument[1] : NULL;
	bool make = strcmp(verb, "new") == 0;

	if (!make && (cli->access != NULL || cli->days != NULL || cli->groups != NULL))
		return token_fault("--access, --days and --groups are for \"token new\"");
	if (config->auth.inbound != INBOUND_TOKEN)
		return token_fault("auth.inbound is not \"token\": set it in lakehost.conf first");
	if (strcmp(verb, "list") == 0 && name == NULL)
		return token_print_list(config->auth.tokens);
	if (make && name != NULL)
		return token_new(cli, config->auth.tokens, name);
	if (strcmp(verb, "revoke") == 0 && name != NULL)
		return token_revoke(config->auth.tokens, name);
	fputs("Usage: lakehost token new NAME | list | revoke NAME\n", stderr);
	return 2;
}

int
cli_token(struct cli *cli)
{
	struct config *config = cli_config(cli);
	int status = config != NULL ? token_run(cli, config) : 1;

	config_free(config);
	return status;
}
