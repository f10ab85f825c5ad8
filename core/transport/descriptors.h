/* SPDX-License-Identifier: Apache-2.0 */
/* stdin and stdout of this process. They are often shared with a terminal or with the parent, so
 * their O_NONBLOCK flag is not changed: output uses a separate open file description, or
 * MSG_DONTWAIT, or pieces that are small enough for a pipe. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_DESCRIPTORS_H
#define CORE_TRANSPORT_DESCRIPTORS_H

/* How output is written without blocking. The last value means that the peer has stopped
 * reading. */
enum output { OUTPUT_NONBLOCKING, OUTPUT_SOCKET, OUTPUT_BLOCKING, OUTPUT_BROKEN };

/* A duplicate with a number above the standard descriptors. When `fd` is closed, /dev/null is
 * opened with `flags`. */
int descriptor_take(int fd, int flags);
/* From now on stdin is /dev/null and stdout is stderr, so that neither a library nor a child
 * process can read or print protocol messages. */
void descriptors_seal(void);
/* Finds a way of writing that never blocks, and that changes nothing for other processes with
 * the same pipe or terminal. *fd becomes a separate open file description if the kernel can make
 * one. */
enum output descriptor_open_output(int *fd);

#endif
