/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lakehost doctor: runs check, then sends a request to each upstream that an enabled plugin uses:
 * it reports the identity of the credential, and tries the probe request of each plugin. It changes
 * nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/auth.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/principal.h"
#include "cli/check.h"
#include "cli/cli.h"
#include "config/permission.h"
#include "config/text.h"
#include "config/permission.h"
#include "egress/egress.h"
#include "host/host.h"
#include "plugin/loader.h"
#include "unit.h"
#include "upstream/upstream.h"

#define ANSWER_MS 20000 /* the longest time for one answer, with all retries */
#define SUBJECT_MAX 160
#define MESSAGE_MAX 300 /* bytes of a service's message that are shown */
#define REPLY_MAX (4u << 20)
/* a limit that is larger than the possible number of plugins and upstreams */
#define EXAMINATIONS_MAX 400

/* One request and its result. */
struct examination {
	struct doctor *doctor;
	char subject[SUBJECT_MAX];
	char *method, *path, *query; /* NULL: no upstream */
	const struct upstream_kind *kind;
	const char *role; /* the name of the upstream; borrowed from the configuration */
	bool identity;	  /* else a probe */
	bool shared;	  /* a fault that affects every request to this upstream */
	int64_t since_ms;
	enum check_state state;
	struct buf text;
};

struct doctor {
	struct check *check;
	struct examination item[EXAMINATIONS_MAX];
	size_t count, waiting;
	struct principal user; /* of --principal; name[0] is NUL without one */
};

/* ---- results -------------------------------------------------------------------------------- */

/* A text of others on one line. It is cut, and secrets are masked. */
static void
add_foreign(struct buf *out, const char *text)
{
	size_t len = strlen(text), end = out->len + MESSAGE_MAX;
	char *masked = mask_record(text, len, &len);
	const char *p = masked != NULL ? masked : text;

	while (len > 0 && out->len < end) {
		enum unit kind;
		size_t n = unit_special(p, len, &kind);
		int step = utf8_step(p, len);

		if (n > 0) {
			if (kind != UNIT_HIDDEN)
				buf_putc(out, ' ');
		} else if (step > 0) {
			n = (size_t)step;
			buf_add(out, p, n);
		} else {
			n = (size_t)-step;
		}
		p += n;
		len -= n;
	}
	free(masked);
}

/* The message of an error in the forms that services use: {"message"}, {"error": "…"} or {"error":
 * {"message"}}, {"detail"}, {"title"}. */
static const char *
message_in(struct json_object *answer)
{
	static const char *const keys[] = { "message", "error_description", "error", "detail",
					    "title" };
	const char *text = json_str(json_obj(answer, "error"), "message");

	for (size_t i = 0; i < ARRAY_SIZE(keys) && text == NULL; i++)
		text = json_str(answer, keys[i]);
	return text;
}

static const char *
meaning(int status, bool refused)
{
	if (refused)
		return "the credential was rejected: it is wrong, expired or revoked";
	switch (status) {
	case 403: return "the credential has no permission for this";
	case 404: return "the path does not exist: check the address";
	case 429: return "too many requests: try again later";
	default:
		return status >= 500 ? "the service reported an internal error"
				     : "the request was rejected";
	}
}

static void
judge(struct examination *exam, const struct mcp_reply *reply)
{
	struct json_object *answer = NULL;
	const char *text, *why;
	size_t at;

	if (reply->body.len > 0)
		answer = json_parse(reply->body.data, reply->body.len, &json_upstream, &why, &at);
	exam->state = CHECK_FAULT;
	if (reply->error != MCP_OK) {
		exam->shared =
		    reply->error == MCP_E_UNAVAILABLE || reply->error == MCP_E_UNAUTHENTICATED;
		buf_puts(&exam->text, reply->why);
	} else if (reply->status < 200 || reply->status >= 300) {
		exam->shared = exam->kind->refused(reply->status, reply->body);
		buf_printf(&exam->text, "%s %s answered HTTP %d: %s", exam->method, exam->path,
			   reply->status, meaning(reply->status, exam->shared));
		text = message_in(answer);
		if (text != NULL) {
			buf_puts(&exam->text, ": ");
			add_foreign(&exam->text, text);
		}
	} else if (exam->identity && json_str(answer, exam->kind->identity_key) == NULL) {
		buf_printf(&exam->text, "%s returned no identity", exam->kind->service);
	} else {
		exam->state = CHECK_OK;
		if (exam->identity)
			add_foreign(&exam->text, json_str(answer, exam->kind->identity_key));
		else
			buf_printf(&exam->text, "%s %s", exam->method, exam->path);
		buf_printf(&exam->text, " (%lld ms, %s)", (long long)(clock_ms() - exam->since_ms),
			   egress_http(host_egress(exam->doctor->check->host), exam->role));
	}
	json_object_put(answer);
}

static void
arrived(void *data, const struct mcp_reply *reply)
{
	struct examination *exam = data;

	judge(exam, reply);
	if (--exam->doctor->waiting == 0)
		loop_stop(host_loop(exam->doctor->check->host));
}

/* ---- requests ------------------------------------------------------------------------------- */

static void
ask(struct examination *exam, const char *role, const char *plugin,
    const struct strings *permissions)
{
	struct host *host = exam->doctor->check->host;
	unsigned call_ms = host_config(host)->limits.call_ms;
	const struct egress_scope scope = {
		.plugin = plugin,
		.permissions = permissions,
		.upstream = role,
		.tool = "doctor",
		.behalf = exam->doctor->user.name[0] != '\0' ? &exam->doctor->user : NULL,
		.deadline_ms = clock_ms() + (call_ms < ANSWER_MS ? call_ms : ANSWER_MS)
	};
	const struct mcp_http http = { .size = sizeof(http),
				       .method = exam->method,
				       .path = exam->path,
				       .query = exam->query,
				       .max_bytes = REPLY_MAX };

	exam->role = role;
	exam->kind = config_upstream(host_config(host), role)->kind;
	exam->since_ms = clock_ms();
	exam->doctor->waiting++;
	egress_submit(host_egress(host), &scope, &http, NULL, arrived, exam);
}

/* `request` is "GET /path?query". */
static struct examination *
examine(struct doctor *doctor, const char *request)
{
	struct examination *exam = &doctor->item[doctor->count++];
	const char *path = strchr(request, ' ') + 1;
	size_t len = strcspn(path, "?");

	*exam = (struct examination){ .doctor = doctor };
	exam->method = xstrndup(request, (size_t)(path - 1 - request));
	exam->path = xstrndup(path, len);
	exam->query = path[len] == '?' ? xstrdup(path + len + 1) : NULL;
	buf_init(&exam->text, 4096);
	return exam;
}

/* Can doctor send requests to this upstream? The tokens that a proxy forwards are not here. */
static bool
usable(const struct doctor *doctor, const struct config_upstream *upstream)
{
	return upstream != NULL && upstream->url != NULL && upstream->auth_type != NULL &&
	       (upstream->behalf == BEHALF_NONE ||
		(upstream->behalf == BEHALF_EXCHANGE && doctor->user.name[0] != '\0'));
}

/* Says why an upstream is not asked. */
static void
tell_users_only(struct doctor *doctor, const struct config_upstream *upstream)
{
	char subject[SUBJECT_MAX];

	snprintf(subject, SUBJECT_MAX, "upstream %s, identity", upstream->role);
	if (upstream->behalf == BEHALF_FORWARDED)
		check_say(doctor->check, CHECK_SKIPPED, subject,
			  "it is used only with the tokens that a proxy forwards with the requests "
			  "of users, and doctor has none");
	else if (upstream->behalf == BEHALF_EXCHANGE && doctor->user.name[0] == '\0')
		check_say(
		    doctor->check, CHECK_SKIPPED, subject,
		    "it is used only on behalf of users: \"lakehost doctor --principal USER\" "
		    "asks on behalf of one");
}

static void
ask_identity(struct doctor *doctor, const struct config_upstream *upstream)
{
	const struct upstream_kind *kind = upstream->kind;
	struct strings permission = { 0 };
	struct examination *exam;
	struct buf users;
	char *request;

	buf_init(&users, SUBJECT_MAX);
	tell_users_only(doctor, upstream);
	if (usable(doctor, upstream) && kind->identity_path != NULL &&
	    check_users(doctor->check, upstream, &users)) {
		request = xprintf("GET %s", kind->identity_path);
		strings_add(&permission, request);
		exam = examine(doctor, request);
		exam->identity = true;
		snprintf(exam->subject, SUBJECT_MAX, "upstream %s, identity", upstream->role);
		ask(exam, upstream->role, "lakehost", &permission);
		strings_fini(&permission);
		free(request);
	}
	buf_fini(&users);
}

/* The probe of one plugin, at one upstream. */
static void
ask_probe_at(struct doctor *doctor, const struct plugin_status *status, const char *role,
	     bool several)
{
	const struct config *config = host_config(doctor->check->host);
	const char *probe = json_str(json_obj(status->manifest, "plugin"), "probe");
	char subject[SUBJECT_MAX];
	struct examination *exam;

	if (!usable(doctor, config_upstream(config, role)) || doctor->count >= EXAMINATIONS_MAX)
		return; /* said already */
	snprintf(subject, SUBJECT_MAX, "plugin %s%s%s, probe", status->name,
		 several ? " at upstream " : "", several ? role : "");
	if (probe == NULL) {
		check_say(doctor->check, CHECK_SKIPPED, subject, "its manifest has no probe");
		return;
	}
	if (!permission_allows(status->permissions, "GET", strchr(probe, '/'))) {
		check_say(doctor->check, CHECK_SKIPPED, subject,
			  "the configuration removed the permission for its probe");
		return;
	}
	exam = examine(doctor, probe);
	memcpy(exam->subject, subject, SUBJECT_MAX);
	ask(exam, role, status->name, status->permissions);
}

static void
ask_probe(struct doctor *doctor, const struct plugin_status *status)
{
	const struct config *config = host_config(doctor->check->host);

	if (status->refusal != PLUGIN_OK || status->upstream == NULL)
		return; /* said already */
	if (!config_has_workspaces(config, status->upstream)) {
		ask_probe_at(doctor, status, status->upstream, false);
		return;
	}
	for (size_t i = 0; i < config->workspaces.count; i++)
		ask_probe_at(doctor, status, config->workspaces.item[i], true);
}

/* Did an earlier line report the same fault of this upstream? */
static bool
is_told(const struct doctor *doctor, const struct examination *exam)
{
	for (const struct examination *e = doctor->item; exam->shared && e < exam; e++)
		if (e->shared && strcmp(e->role, exam->role) == 0)
			return true;
	return false;
}

static void
tell(struct doctor *doctor, const struct examination *exam)
{
	if (is_told(doctor, exam))
		check_say(doctor->check, CHECK_SKIPPED, exam->subject,
			  "upstream %s has the fault reported above", exam->role);
	else
		check_say(doctor->check, exam->state, exam->subject, "%s", exam->text.data);
}

/* Which method brought the credential, and which ones did not apply. */
static void
tell_credential(struct doctor *doctor, const struct config_upstream *upstream)
{
	struct strings lines = { 0 };
	char subject[SUBJECT_MAX];
	struct buf users;

	buf_init_keeping(&users, SUBJECT_MAX);
	snprintf(subject, SUBJECT_MAX, "upstream %s, credential", upstream->role);
	if (check_users(doctor->check, upstream, &users))
		egress_explain(host_egress(doctor->check->host), upstream->role, &lines);
	for (size_t i = 0; i < lines.count; i++)
		check_say(doctor->check, CHECK_INFO, subject, "%s", lines.item[i]);
	strings_fini(&lines);
	buf_fini(&users);
}

static void
examine_all(struct doctor *doctor)
{
	struct host *host = doctor->check->host;
	const struct config *config = host_config(host);
	struct plugins *plugins = host_plugins(host);

	for (size_t i = 0; i < config->upstreams; i++)
		ask_identity(doctor, &config->upstream[i]);
	for (size_t i = 0; i < plugins_count(plugins) && doctor->count < EXAMINATIONS_MAX; i++) {
		struct plugin_status status;

		plugins_status(plugins, i, &status);
		ask_probe(doctor, &status);
	}
	if (doctor->waiting > 0)
		loop_run(host_loop(host), 0);
	for (size_t i = 0; i < config->upstreams; i++)
		tell_credential(doctor, &config->upstream[i]);
	for (size_t i = 0; i < doctor->count; i++) {
		struct examination *exam = &doctor->item[i];

		tell(doctor, exam);
	}
	for (size_t i = 0; i < doctor->count; i++) {
		struct examination *exam = &doctor->item[i];

		buf_fini(&exam->text);
		free(exam->method);
		free(exam->path);
		free(exam->query);
	}
}

/* The user of --principal, as the configuration knows it. */
static bool
take_user(struct doctor *doctor, const char *name)
{
	const struct config *config = host_config(doctor->check->host);
	char why[512] = "no upstream has on_behalf_of, so --principal has no effect";

	if (name == NULL)
		return true;
	if (config->behalf && auth_assume(config, name, &doctor->user, why, sizeof(why)))
		return true;
	check_say(doctor->check, CHECK_FAULT, "--principal", "%s", why);
	return false;
}

int
cli_doctor(struct cli *cli)
{
	struct doctor *doctor;
	struct check check;

	if (!check_begin(&check, cli, true))
		return 1;
	doctor = xcalloc(1, sizeof(*doctor));
	doctor->check = &check;
	if (host_egress(check.host) != NULL && take_user(doctor, cli->principal))
		examine_all(doctor);
	else if (host_egress(check.host) == NULL)
		check_say(&check, CHECK_SKIPPED, "upstreams", "the host does not start");
	free(doctor);
	return check_end(&check);
}
