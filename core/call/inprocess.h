/* SPDX-License-Identifier: Apache-2.0 */
/* The runner of plugins that are loaded in this process. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CALL_INPROCESS_H
#define CORE_CALL_INPROCESS_H

#include "call/runner.h"

extern const struct runner inprocess_runner;

#endif
