/* SPDX-License-Identifier: Apache-2.0 */
/* Rows with steps of every kind, and the host that runs them, for the tests of calls. */
#ifndef TESTS_UNIT_CALL_STEPS_H
#define TESTS_UNIT_CALL_STEPS_H

#include <stdatomic.h>

#include "call_rig.h"

/* capabilities of a client that can answer both questions of the row "ask_two" */
#define BOTH "{\"elicitation\":{},\"roots\":{}}"

extern atomic_int runs; /* the number of steps that a test counts */
extern int gate_most;	/* the most steps of the row "blocks" that ran at once */

/* Makes a host with these rows. */
void init(struct rig *rig);
/* Makes a host with short deadlines and small budgets. */
void init_short(struct rig *rig);
/* Steps of the row "blocks" end only while the gate is open. */
void open_gate(bool open);
/* Waits until `n` steps of the row "blocks" have begun and not ended. */
void wait_inside(int n);

#endif
