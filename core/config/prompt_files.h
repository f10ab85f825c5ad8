/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prompts that an operator writes as files, one each, in the folder prompts.directory: NAME.md or
 * NAME.json. They need no plugin. {{argument}} in a text stands for what the client gives, or for
 * nothing.
 *
 *   ---                                          {"title": "…", "description": "…",
 *   title: Review a notebook                      "arguments": [{"name": "path",
 *   description: What it is for.                                 "description": "…",
 *   required path: Path of the notebook.                         "required": true}],
 *   optional focus: What to look at first.        "messages": [{"role": "user",
 *   ---                                                          "text": "Read {{path}} …"}]}
 *   Read {{path}} …
 */
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
	struct json_object *manifest; /* {"prompts": [one row]}: its `lakehost` has `messages` */
};

struct prompt_files {
	struct prompt_file *item; /* by name */
	size_t count;
	struct strings faults; /* "FILE:LINE: reason", for the files with faults */
};

/* Reads the folder; NULL: there is none. README.md and hidden files are ignored. */
void prompt_files_read(struct prompt_files *files, const char *directory);
void prompt_files_fini(struct prompt_files *files);

#endif
