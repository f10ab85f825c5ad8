/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that the test programs of the plugin ml share. */
#ifndef PLUGINS_ML_TEST_ML_H
#define PLUGINS_ML_TEST_ML_H

#include <lakehost/fakehost.h>

#include "suite.h"
#include "texts.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define FORBIDDEN "{\"error_code\":\"PERMISSION_DENIED\",\"message\":\"User lacks rights\"}"

#endif
