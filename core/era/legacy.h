/* SPDX-License-Identifier: Apache-2.0 */
/* The revisions before 2026-07-28: initialize and sessions. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_LEGACY_H
#define CORE_ERA_LEGACY_H

#include <stdbool.h>

#include "era/era.h"

struct batch;
struct eras;
struct exchange;
struct message;
struct session;

extern const struct era era_legacy;

bool legacy_version(const char *name); /* is it one of the legacy revisions? */
/* Routes a message that is not a batch. */
void legacy_receive(struct eras *eras, struct exchange *exchange, struct message *message);
/* Routes a message of a known session in the same way. `batch` may be NULL; otherwise nothing is
 * sent to the exchange. */
void legacy_message(struct eras *eras, struct exchange *exchange, struct session *session,
		    struct batch *batch, struct message *message);
/* The session of an exchange. NULL: the exchange was refused with this id, and is finished. */
struct session *legacy_session(struct eras *eras, struct exchange *exchange, const char *id);
/* The same for a message whose answer is a stream: what the client accepts is not checked. */
struct session *legacy_session_named(struct eras *eras, struct exchange *exchange, const char *id);
void legacy_initialize(struct request *request);

#endif
