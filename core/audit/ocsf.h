/* SPDX-License-Identifier: Apache-2.0 */
/* The form of the Open Cybersecurity Schema Framework (schema.ocsf.io, 1.5.0): an event of the
 * class API Activity. What has no attribute there is in `unmapped`, as in Lakehost's own form. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUDIT_OCSF_H
#define CORE_AUDIT_OCSF_H

#include "audit/line.h"

/* The members of the event up to `unmapped`, in the open object; texts of at most `most` bytes. */
void ocsf_members(struct json *json, const struct audit_record *record, const struct chain *chain,
		  size_t most);

#endif
