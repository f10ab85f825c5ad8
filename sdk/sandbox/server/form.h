/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies that contain bytes: workspace/import and dbfs/put take JSON with a base64 member, or
 * multipart/form-data (RFC 7578) with the raw bytes. For routes with ROUTE_RAW_BODY.
 */
#ifndef SANDBOX_FORM_H
#define SANDBOX_FORM_H

#include "sandbox.h"

/* Fills req->body with the members (those of a form are texts; "true" and "false" are booleans) and
 * *data with the decoded member `bytes`, NULL when it is absent; the caller frees it. False when
 * the request was refused. */
bool form_read(struct request *req, const char *bytes, char **data, size_t *len);

#endif
