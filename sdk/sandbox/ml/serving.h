/* SPDX-License-Identifier: Apache-2.0 */
/* The models behind serving endpoints (serving_models.c), for serving.c. */
#ifndef SANDBOX_SERVING_H
#define SANDBOX_SERVING_H

#include "sandbox.h"

/* Each function answers a request from its body. `served` is the name of the served model. */
void model_linear(struct request *req, const char *served);
void model_chat(struct request *req, const char *served);
void model_embed(struct request *req, const char *served);

#endif
