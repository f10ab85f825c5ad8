/* SPDX-License-Identifier: Apache-2.0 */
/* Formats a text of the plugin. Texts of others in it stay on one line. */
#ifndef LAKEHOST_SDK_SAY_H
#define LAKEHOST_SDK_SAY_H

#include <stdarg.h>

#include <lakehost/call.h>

/* The formatted text, in the memory of the step. */
char *say_text(struct mcp_call *call, const char *format, va_list list, size_t *len)
    __attribute__((format(printf, 2, 0)));

#endif
