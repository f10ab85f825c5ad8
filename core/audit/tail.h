/* SPDX-License-Identifier: Apache-2.0 */
/* The last line of an audit log: the next chain names it, so that no chain can be removed before
 * it. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUDIT_TAIL_H
#define CORE_AUDIT_TAIL_H

#include "audit/line.h"

/* Reads the end of an open file. */
void audit_tail_read(int fd, struct audit_tail *tail);

#endif
