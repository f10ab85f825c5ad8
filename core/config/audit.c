/* SPDX-License-Identifier: Apache-2.0 */
/* Where the audit log goes, and what it contains. */
#include "config/audit.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/file.h"
#include "config/reference.h"
#include "config/server.h"
#include "config/value.h"

static const char *const formats[] = { "lakehost", "ocsf", NULL };

static void
read_key(struct config *config, const struct node *audit)
{
	const char *reference = node_raw_text(audit, "key");
	char why[512];

	if (reference == NULL) {
		config->audit.key = config_state_file("audit.key");
		config->audit.key_made = true;
		if (config->audit.key == NULL)
			node_fault(
			    audit, "key",
			    "no directory is known for the key: set audit.key, XDG_STATE_HOME or "
			    "HOME");
		return;
	}
	config->audit.key = reference_path(reference, why, sizeof(why));
	if (config->audit.key == NULL)
		node_fault(audit, "key", "\"%s\": %s", reference, why);
}

/* A setting that would have no effect is a mistake. */
static void
refuse_useless(const struct node *audit)
{
	static const char *const keys[] = { "required", "arguments", "format", "key" };
	const bool set[] = { node_bool(audit, "required", false),
			     node_bool(audit, "arguments", false),
			     node_word(audit, "format", formats, 0) != 0,
			     node_raw_text(audit, "key") != NULL };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (set[i])
			node_fault(audit, keys[i],
				   "has an effect only with audit.file, audit.syslog or "
				   "audit.socket");
}

void
config_read_audit(struct config *config, const struct node *root)
{
	struct node audit = node_group(root, "audit");
	char *file = node_text(&audit, "file", NULL), *path = node_text(&audit, "socket", NULL);
	bool syslog = node_bool(&audit, "syslog", false);

	if ((file != NULL) + (path != NULL) + syslog > 1)
		node_fault(&audit, file != NULL ? "file" : "socket",
			   "only one of audit.file, audit.syslog and audit.socket can be set");
	if (file != NULL && *file != '/')
		node_fault(&audit, "file", "\"%s\" is not an absolute path", file);
	if (path != NULL && *path != '/')
		node_fault(&audit, "socket", "\"%s\" is not an absolute path", path);
	config->audit.kind = file != NULL ? AUDIT_FILE
			   : path != NULL ? AUDIT_SOCKET
			   : syslog	  ? AUDIT_SYSLOG
					  : AUDIT_NONE;
	config->audit.path = file != NULL ? file : path;
	if (file != NULL)
		free(path);
	if (config->audit.kind == AUDIT_NONE) {
		refuse_useless(&audit);
		return;
	}
	config->audit.required = node_bool(&audit, "required", false);
	config->audit.arguments = node_bool(&audit, "arguments", false);
	config->audit.format = (enum audit_format)node_word(&audit, "format", formats, 0);
	read_key(config, &audit);
}

void
config_audit_fini(struct config *config)
{
	free(config->audit.path);
	free(config->audit.key);
}
