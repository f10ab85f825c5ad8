/* SPDX-License-Identifier: Apache-2.0 */
/* See message_rig.h. */
#include "message_rig.h"

#include <string.h>

#include "base/json.h"

struct message message;
char why[256];

int
parse(const char *text)
{
	message_fini(&message);
	return message_parse(&message, text, strlen(text), &json_inbound, why, sizeof(why));
}
