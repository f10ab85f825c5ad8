/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAKEHOST_SDK_MEMORY_GONE_H
#define LAKEHOST_SDK_MEMORY_GONE_H

/* Prints a message on standard error and ends the process, because it cannot continue. */
_Noreturn void memory_gone(void);

#endif
