/* SPDX-License-Identifier: Apache-2.0 */
#include "era/capabilities.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/json_write.h"

unsigned
capabilities_read(struct json_object *capabilities, enum revision revision)
{
	struct json_object *sampling = json_obj(capabilities, "sampling");
	struct json_object *elicitation = json_obj(capabilities, "elicitation");
	unsigned can = 0;

	if (json_obj(capabilities, "roots") != NULL)
		can |= CAN_ROOTS;
	if (sampling != NULL)
		can |= CAN_SAMPLING;
	if (revision >= REV_2025_11_25 && json_obj(sampling, "tools") != NULL)
		can |= CAN_SAMPLING_TOOLS;
	if (json_obj(sampling, "context") != NULL)
		can |= CAN_SAMPLING_CONTEXT;
	if (elicitation == NULL || revision < REV_2025_06_18)
		return can;
	if (revision >= REV_2025_11_25 && json_obj(elicitation, "url") != NULL)
		can |= CAN_ELICIT_URL;
	/* an empty object means forms; a client of 2025-06-18 supports only forms */
	if (json_obj(elicitation, "form") != NULL || (can & CAN_ELICIT_URL) == 0)
		can |= CAN_ELICIT;
	return can;
}

static void
write_flag(struct json *out, const char *name, bool can)
{
	if (!can)
		return;
	json_begin(json_member(out, name), '{');
	json_end(out);
}

void
capabilities_write(unsigned can, struct buf *out)
{
	struct json json;

	json_start(&json, out);
	json_begin(&json, '{');
	write_flag(&json, "roots", (can & CAN_ROOTS) != 0);
	if ((can & CAN_SAMPLING) != 0) {
		json_begin(json_member(&json, "sampling"), '{');
		write_flag(&json, "tools", (can & CAN_SAMPLING_TOOLS) != 0);
		write_flag(&json, "context", (can & CAN_SAMPLING_CONTEXT) != 0);
		json_end(&json);
	}
	if ((can & (CAN_ELICIT | CAN_ELICIT_URL)) != 0) {
		json_begin(json_member(&json, "elicitation"), '{');
		write_flag(&json, "form", (can & CAN_ELICIT) != 0);
		write_flag(&json, "url", (can & CAN_ELICIT_URL) != 0);
		json_end(&json);
	}
	json_end(&json);
}
