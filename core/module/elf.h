/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded reader of ELF64 files, for facts that are needed before dlopen. dlopen of a truncated
 * file ends with SIGBUS, and of a file for another machine with an unclear message. Constructors of
 * the plugin run inside dlopen, before any later check. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_MODULE_ELF_H
#define CORE_MODULE_ELF_H

#include <stddef.h>

#include "module/refusal.h"

#define ELF_SEGMENTS_MAX 64u /* most program headers of one file */
#define ELF_NOTES_MAX 64u    /* most notes of one file */

/* Checks the file and reads its manifest note. On PLUGIN_OK `text` has `len` bytes; the caller
 * frees it. */
enum plugin_refusal elf_read_manifest(int fd, char **text, size_t *len, char *why, size_t why_size);

#endif
