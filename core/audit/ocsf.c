/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/ocsf.h"

#include <string.h>

#include <lakehost/version.h>

#include "base/buf.h"
#include "base/json_write.h"

#define OCSF_VERSION "1.5.0"
#define CATEGORY 6 /* Application Activity */
#define CLASS 6003 /* API Activity */

enum activity { ACTIVITY_READ = 2, ACTIVITY_UPDATE = 3, ACTIVITY_OTHER = 99 };
enum severity { SEVERITY_INFORMATIONAL = 1, SEVERITY_LOW = 2, SEVERITY_MEDIUM = 3 };
enum outcome_status { STATUS_SUCCESS = 1, STATUS_FAILURE = 2 };

static enum activity
activity_of(const struct audit_event *event)
{
	if (event->access == NULL || event->tool == NULL)
		return ACTIVITY_OTHER;
	if (strcmp(event->access, "read") == 0)
		return ACTIVITY_READ;
	return strcmp(event->access, "write") == 0 ? ACTIVITY_UPDATE : ACTIVITY_OTHER;
}

static void
add_activity(struct json *json, const struct audit_event *event)
{
	const enum activity activity = activity_of(event);
	const char *name = activity == ACTIVITY_READ   ? "Read"
			 : activity == ACTIVITY_UPDATE ? "Update"
			 : event->access != NULL       ? event->access
						       : audit_type_names[event->type];

	json_number(json_member(json, "activity_id"), activity);
	json_string(json_member(json, "activity_name"), name);
	json_number(json_member(json, "category_uid"), CATEGORY);
	json_string(json_member(json, "category_name"), "Application Activity");
	json_number(json_member(json, "class_uid"), CLASS);
	json_string(json_member(json, "class_name"), "API Activity");
	json_number(json_member(json, "type_uid"), CLASS * 100 + (int)activity);
}

static bool
is_refused(const struct audit_event *event)
{
	return event->type == AUDIT_AUTH ||
	       (event->verdict != NULL &&
		(strcmp(event->verdict, "deny") == 0 || strcmp(event->verdict, "expired") == 0));
}

static void
add_status(struct json *json, const struct audit_event *event, size_t most)
{
	bool failed = is_refused(event) || event->type == AUDIT_LOST ||
		      (event->status != NULL && strcmp(event->status, "ok") != 0);

	json_number(json_member(json, "severity_id"), event->type == AUDIT_LOST ? SEVERITY_MEDIUM
						      : is_refused(event)	? SEVERITY_LOW
									  : SEVERITY_INFORMATIONAL);
	json_number(json_member(json, "status_id"), failed ? STATUS_FAILURE : STATUS_SUCCESS);
	audit_text(json, "status_detail", event->status, most);
	audit_text(json, "message", event->why, most);
	if (event->ms >= 0)
		json_number(json_member(json, "duration"), event->ms);
}

static void
add_metadata(struct json *json, const struct audit_event *event, const struct chain *chain)
{
	struct buf uid;

	buf_init(&uid, 64);
	buf_printf(&uid, "%s-%llu", chain->id, (unsigned long long)chain->seq + 1);
	json_begin(json_member(json, "metadata"), '{');
	json_string(json_member(json, "version"), OCSF_VERSION);
	json_begin(json_member(json, "product"), '{');
	json_string(json_member(json, "name"), "Lakehost");
	json_string(json_member(json, "vendor_name"), "Lakehost");
	json_string(json_member(json, "version"), LAKEHOST_VERSION);
	json_end(json);
	json_text(json_member(json, "uid"), uid.data, uid.len);
	json_number(json_member(json, "sequence"), (int64_t)chain->seq + 1);
	json_optional(json, "correlation_uid", event->call);
	json_end(json);
	buf_fini(&uid);
}

static void
add_parties(struct json *json, const struct audit_event *event, size_t most)
{
	json_begin(json_member(json, "actor"), '{');
	audit_text(json, "app_name", event->client, most);
	json_begin(json_member(json, "user"), '{');
	audit_text(json, "name", event->principal != NULL ? event->principal : "unknown", most);
	json_end(json);
	json_end(json);
	json_begin(json_member(json, "src_endpoint"), '{');
	audit_text(json, "name", event->from != NULL ? event->from : "local", most);
	json_end(json);
}

static void
add_api(struct json *json, const struct audit_event *event, size_t most)
{
	json_begin(json_member(json, "api"), '{');
	audit_text(json, "operation",
		   event->tool != NULL ? event->tool : audit_type_names[event->type], most);
	if (event->plugin != NULL) {
		json_begin(json_member(json, "service"), '{');
		audit_text(json, "name", event->plugin, most);
		json_end(json);
	}
	if (event->call != NULL) {
		json_begin(json_member(json, "request"), '{');
		audit_text(json, "uid", event->call, most);
		json_end(json);
	}
	json_end(json);
}

void
ocsf_members(struct json *json, const struct audit_record *record, const struct chain *chain,
	     size_t most)
{
	const struct audit_event *event = &record->event;

	add_activity(json, event);
	json_number(json_member(json, "time"), record->time_ms);
	add_status(json, event, most);
	add_metadata(json, event, chain);
	add_parties(json, event, most);
	add_api(json, event, most);
}
