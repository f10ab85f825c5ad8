/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stdin and stdout of this process. They are often shared with a terminal or with the parent, so
 * their O_NONBLOCK flag is not changed: output uses a new open file description, MSG_DONTWAIT, or
 * pieces that are small enough for a pipe.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_DESCRIPTORS_H
#define CORE_TRANSPORT_DESCRIPTORS_H

/* How output is written without blocking; or that the peer has stopped reading. */
enum output { OUTPUT_NONBLOCKING, OUTPUT_SOCKET, OUTPUT_BLOCKING, OUTPUT_BROKEN };

/* A duplicate above the standard ones; /dev/null (opened with `flags`) where `fd` is closed. */
int descriptor_take(int fd, int flags);
/* So that neither a library nor a child process can read or print into the protocol: stdin is
 * /dev/null from now on, stdout is stderr. */
void descriptors_seal(void);
/* Finds a way of writing that never blocks and changes nothing for others who hold the same pipe
 * or terminal: *fd becomes a description of our own where the kernel gives us one. */
enum output descriptor_open_output(int *fd);

#endif
