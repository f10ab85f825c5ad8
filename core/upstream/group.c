/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/group.h"

#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "config/file.h"
#include "config/reference.h"
#include "config/text.h"
#include "config/value.h"

void
group_warn(struct config_upstream *upstream, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	strings_vprintf(&upstream->warnings, format, args);
	va_end(args);
}

/* Warns when other users can read the file of a secret. */
static void
warn_public(struct config_upstream *upstream)
{
	char why[512], *path = reference_path(upstream->secret_reference, why, sizeof(why));
	struct stat status;

	if (path != NULL && stat(path, &status) == 0 && (status.st_mode & S_IROTH) != 0)
		group_warn(upstream,
			   "every user of this machine may read %s, which contains its credential; "
			   "run chmod o-r %s",
			   path, path);
	free(path);
}

void
group_take_reference(struct config_upstream *upstream, const struct node *group, const char *key)
{
	const char *text = node_raw_text(group, key);

	if (text == NULL || !reference_is_file(text))
		return;
	upstream->secret_reference = xstrdup(text);
	warn_public(upstream);
}
