/* SPDX-License-Identifier: Apache-2.0 */
/* Checks an audit log: is each line as it was written, in its place, and is no line missing? What
 * was removed behind the last checkpoint cannot be seen from the file alone; the checkpoints in the
 * log of the program show it. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUDIT_VERIFY_H
#define CORE_AUDIT_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/seal.h"

#define VERIFY_FAULTS_MAX 20 /* further ones are only counted */

struct verify_report {
	uint64_t lines, chains, faults, torn;
	uint64_t open_chains; /* without a last line: still running, or the process was killed */
	uint64_t
	    checkpoint_line; /* the last line that is a checkpoint or an end; 0: there is none */
	uint64_t after;	     /* lines behind it */
};

/* A checkpoint that the program's log has. */
struct verify_checkpoint {
	char chain[17];
	uint64_t seq;
	char code[44];
};

/* Reads `file` to its end. Writes one line for each fault, and for each torn line, to `out`. */
void audit_verify(FILE *file, const unsigned char key[SEAL_KEY_LEN],
		  const struct verify_checkpoint *checkpoint, size_t checkpoints, FILE *out,
		  struct verify_report *report);
/* Reads the checkpoints of a log of the program, in either of its forms. The list is for free(). */
struct verify_checkpoint *audit_checkpoints(FILE *log, size_t *count);

#endif
