/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin for the era tests: one row for each thing that a row can do. */
#ifndef TESTS_UNIT_ERA_PLUGIN_H
#define TESTS_UNIT_ERA_PLUGIN_H

#include <json-c/json.h>

struct provider;

extern const char *rig_note; /* the content of test://note */
extern int rig_note_reads;
extern int rig_bought;	/* how often `buys` or `books` went on after its question */
extern int rig_quizzes; /* how often the operation `quiz` was started */
extern int
    rig_report; /* polls until the operation `report` ends; -1: it was cancelled; RIG_LOST: its
			 * service does not answer, RIG_DEFECT: the plugin has a defect */
#define RIG_LOST (-2)
#define RIG_DEFECT (-3)

const struct provider *era_plugin(void);
struct json_object *era_plugin_manifest(void); /* exists until the process ends */

#endif
