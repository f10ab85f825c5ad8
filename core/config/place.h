/* SPDX-License-Identifier: Apache-2.0 */
/* The folders of this installation from which the program reads its files. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CONFIG_PLACE_H
#define CORE_CONFIG_PLACE_H

/* A path relative to the folder of the running program, for free(); NULL when the folder is
 * unknown. */
char *config_beside_program(const char *relative);
/* The directory of the configuration of this installation, for free(). */
char *config_system_directory(void);

#endif
