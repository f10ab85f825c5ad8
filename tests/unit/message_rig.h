/* SPDX-License-Identifier: Apache-2.0 */
/* One JSON-RPC message that tests parse again and again. */
#ifndef TESTS_UNIT_MESSAGE_RIG_H
#define TESTS_UNIT_MESSAGE_RIG_H

#include "rpc/message.h"

extern struct message message;
extern char why[256];

/* Parses a text into `message`. Returns 0, or an error code, which `why` explains. */
int parse(const char *text);

#endif
