/* SPDX-License-Identifier: Apache-2.0 */
/* Files that requests send or that replies become, beneath the operator's transfer_dirs only. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_TRANSFER_FILE_H
#define CORE_EGRESS_TRANSFER_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lakehost/plugin.h>

struct strings;

/* Of the names of temporary files. The name of a file must not begin like this. */
#define TRANSFER_PREFIX ".lakehost-"

struct transfer_file {
	int fd, dir;	   /* -1: not open. `dir` is the directory of the name */
	char *name, *part; /* final and temporary name in `dir`, for an output */
	char *piece;	   /* temporary name of an output that stays when it is incomplete */
	bool synced;	   /* the bytes must be on the disk before the output gets its name */
	bool whole;	   /* of a piece: it is there already */
	uint64_t size;	   /* size of an input; of an output the bytes that were written so far */
};

void transfer_file_init(struct transfer_file *file);
void transfer_file_fini(struct transfer_file *file); /* removes an incomplete output */
/* NULL when the file is open, else a failure with `why`. */
enum mcp_status transfer_file_read(struct transfer_file *file, const struct strings *dirs,
				   const char *path, char *why, size_t why_size);
enum mcp_status transfer_file_write(struct transfer_file *file, const struct strings *dirs,
				    const char *path, char *why, size_t why_size);
/* Opens the directory of `path`, and finds the last part of the path: `name`, for free(). The
 * result is -1 when this fails, with the status and `why`. */
int transfer_folder(const struct strings *dirs, const char *path, char **name,
		    enum mcp_status *status, char *why, size_t why_size);
/* Describes errno. A full disk, or a limit of the size of files, is MCP_E_TOO_LARGE. */
enum mcp_status transfer_failed(const char *path, char *why, size_t why_size);
bool transfer_file_put(struct transfer_file *file, const char *data, size_t len);
bool transfer_file_restart(struct transfer_file *file);
enum mcp_status transfer_file_keep(struct transfer_file *file, char *why, size_t why_size);

#endif
