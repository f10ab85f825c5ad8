/* SPDX-License-Identifier: Apache-2.0 */
/* Revision 2026-07-28: every request is independent of the others. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_MODERN_H
#define CORE_ERA_MODERN_H

#include <stdbool.h>

#include "era/era.h"

struct config;
struct eras;
struct exchange;
struct json;
struct message;
struct wrap;

extern const struct era era_modern;

bool modern_claim(const struct message *message); /* does `_meta` contain a revision? */
void modern_receive(struct eras *eras, struct exchange *exchange, struct message *message);
/* The end of a result of this era, also of one inside another. */
void modern_wrap(const struct config *config, struct json *out, const struct wrap *wrap);

#endif
