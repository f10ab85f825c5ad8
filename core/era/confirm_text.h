/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of the question that a person confirms. A model chose the arguments, so the text hides
 * no argument: it names the workspace, and shows each argument that the sentence of the tool does
 * not show whole. What does not fit is counted. A line of a long argument begins with "| ", so an
 * argument cannot write a line of the host.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_CONFIRM_TEXT_H
#define CORE_ERA_CONFIRM_TEXT_H

#include "base/buf.h"

struct request;

#define CONFIRM_TEXT_MAX 8000u /* bytes of the whole text */

/* Appends the text to `out`, which has room for CONFIRM_TEXT_MAX bytes. */
void confirm_text(struct buf *out, const struct request *request);

#endif
