/* SPDX-License-Identifier: Apache-2.0 */
/* The files of sdk/project, from which "lakehost plugin new" makes a project. CMake embeds them. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CLI_PROJECT_H
#define CORE_CLI_PROJECT_H

#include <stdbool.h>
#include <stddef.h>

struct project_file {
	/* path in the project; it may contain words such as @name@, which are replaced */
	const char *path;
	const unsigned char *data;
	size_t len;
	bool program; /* must the file be executable? */
};

extern const struct project_file project_files[]; /* ends with a path that is NULL */

#endif
