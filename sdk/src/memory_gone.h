/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAKEHOST_SDK_MEMORY_GONE_H
#define LAKEHOST_SDK_MEMORY_GONE_H

/* Says so on standard error and ends the process: nothing sensible can follow. */
_Noreturn void memory_gone(void);

#endif
