/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prompts that an operator writes as files. Each prompt is one file in the folder
 * prompts.directory: NAME.md or NAME.json. These prompts need no plugin. {{argument}} in a text
 * is replaced by the client's argument, or by an empty text.
 *
 *   ---                                          {"title": "…", "description": "…",
 *   title: Review a notebook                      "arguments": [{"name": "path",
 *   description: What it is for.                                 "description": "…",
 *   required path: Path of the notebook.                         "required": true}],
 *   optional focus: What to look at first.        "messages": [{"role": "user",
 *   ---                                                          "text": "Read {{path}} …"}]}
 *   Read {{path}} … */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CONFIG_PROMPT_FILES_H
#define CORE_CONFIG_PROMPT_FILES_H

#include <json-c/json.h>
#include <stddef.h>

#include "config/config.h"

#define PROMPT_BYTES_MAX (64u << 10) /* of one file */
#define PROMPT_FILES_MAX 200u
#define PROMPT_MESSAGES_MAX 16u

struct prompt_file {
	char *path;
	/* each prompt is {"prompts": [one row]}; the member `lakehost` of the row has `messages` */
	struct json_object *manifest;
};

struct prompt_files {
	struct prompt_file *item; /* by name */
	size_t count;
	struct strings faults; /* "FILE:LINE: reason" for each file with a fault */
};

/* Reads the folder. NULL: no folder is configured. README.md and hidden files are ignored. */
void prompt_files_read(struct prompt_files *files, const char *directory);
void prompt_files_fini(struct prompt_files *files);

#endif
