/* SPDX-License-Identifier: Apache-2.0 */
/* Why a request is refused, where the reason is a constant. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUTH_REFUSALS_H
#define CORE_AUTH_REFUSALS_H

#include "auth/auth.h"

extern const struct auth_refusal refused_no_token, refused_malformed, refused_unknown,
    refused_expired, refused_often, refused_store, refused_clear, refused_forged, refused_no_user,
    refused_user, refused_access, refused_groups, refused_group_header, refused_forwarded,
    refused_no_forwarded, refused_no_certificate;

#endif
