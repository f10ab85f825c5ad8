/* SPDX-License-Identifier: Apache-2.0 */
#include "audit_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "folder.h"

struct loop *rig_loop;
struct audit_settings rig_settings;
static char *path;
static uint64_t last;

void
rig_begin(void)
{
	log_init(LOG_OFF, false);
	folder_make();
	path = folder_path("a.log");
	rig_loop = loop_new();
	rig_settings = (struct audit_settings){ .kind = AUDIT_FILE,
						.path = path,
						.required = true,
						.arguments = true,
						.key = "thirty-two bytes that all know" };
}

void
rig_end(void)
{
	audit_stop();
	loop_free(rig_loop);
	free(path);
	folder_remove();
	log_init(LOG_INFO, false);
}

bool
rig_start(void)
{
	char why[320];

	return audit_start(rig_loop, &rig_settings, why, sizeof(why));
}

static void
on_written(struct audit_wait *wait, bool written)
{
	(void)wait;
	(void)written;
	loop_stop(rig_loop);
}

void
rig_write(void)
{
	struct audit_wait wait = { .fn = on_written };

	if (audit_wait(&wait, last))
		loop_run(rig_loop, 0);
}

uint64_t
rig_call(const char *tool)
{
	struct audit_event event = AUDIT_EVENT(AUDIT_CALL);

	event.principal = "somebody";
	event.tool = tool;
	event.status = "ok";
	event.ms = 12;
	last = audit_report(&event);
	return last;
}

const char *
rig_text(const char *name)
{
	static char text[1 << 20];
	char *file = folder_path(name);
	FILE *from = fopen(file, "re");
	size_t len = from != NULL ? fread(text, 1, sizeof(text) - 1, from) : 0;

	text[len] = '\0';
	if (from != NULL)
		fclose(from);
	free(file);
	return text;
}

void
rig_put(const char *name, const char *text)
{
	free(folder_put(name, text, 0600));
}
