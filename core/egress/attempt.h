/* SPDX-License-Identifier: Apache-2.0 */
/* One attempt of a flight: its handle of libcurl and the callbacks. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_ATTEMPT_H
#define CORE_EGRESS_ATTEMPT_H

#include <stdbool.h>

struct flight;
struct strings;

/* Starts an attempt. It takes the headers with the credential, and overwrites them at its end.
 * False: there is no memory left. */
bool attempt_start(struct flight *flight, const struct strings *credential);
/* Is the complete file in the output, or in its buffer? */
bool attempt_has_file(const struct flight *flight);
/* Stops an attempt. Allowed while libcurl runs, and when there is no attempt. */
void attempt_end(struct flight *flight);
bool attempt_sent_nothing(const struct flight *flight);
/* The version of HTTP of the reply: 11 or 20; 0: it is not known. */
unsigned attempt_version(const struct flight *flight);
void attempt_resume(struct flight *flight);

#endif
