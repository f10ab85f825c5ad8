/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that uc.c (reading) and uc_change.c (creating and deleting) share. */
#ifndef SANDBOX_UC_H
#define SANDBOX_UC_H

#include "sql/sql.h"

/* A connection, which the caller gives back with lake_give(). NULL after answering 500. */
struct lake_conn *uc_open(struct request *req);
/* Each function answers with the object, or that it does not exist. */
void uc_reply_catalog(struct request *req, const char *name);
void uc_reply_schema(struct request *req, const char *full_name);
void uc_no_catalog(struct request *req, const char *name);
void uc_no_schema(struct request *req, const char *full_name);
/* Does the schema exist? When it does not, the request was answered. */
bool uc_schema_known(struct request *req, const char *catalog, const char *schema);

#endif
