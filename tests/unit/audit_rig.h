/* SPDX-License-Identifier: Apache-2.0 */
/* An audit log in the folder of the test, with a loop that is run when the test needs it. */
#ifndef TESTS_UNIT_AUDIT_RIG_H
#define TESTS_UNIT_AUDIT_RIG_H

#include "audit/audit.h"
#include "base/loop.h"

extern struct loop *rig_loop;
extern struct audit_settings rig_settings; /* set by rig_begin(); change it before rig_start() */

void rig_begin(void); /* a folder, a loop, the file "a.log" */
void rig_end(void);
bool rig_start(void);
/* Runs the loop until everything that was reported is written. */
void rig_write(void);
/* Reports the end of a call to this tool; returns the number of the event. */
uint64_t rig_call(const char *tool);
/* The text of a file of the folder; valid until the next call. */
const char *rig_text(const char *name);
void rig_put(const char *name, const char *text);

#endif
