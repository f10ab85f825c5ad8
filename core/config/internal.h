/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder share. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CONFIG_INTERNAL_H
#define CORE_CONFIG_INTERNAL_H

#include "config/reader.h"

/* reader.c, for value.c */
struct override *reader_find_override(const struct node *node, const char *key);
config_setting_t *reader_find_setting(const struct node *node, const char *key);
void reader_know_all(config_setting_t *setting); /* nothing in it is an unknown key */

/* The groups of lakehost.conf. */
void config_read_server(struct config *config, const struct node *root,
			const struct config_overrides *overrides);
void config_read_plugins(struct config *config, const struct node *root);
/* plugins-enabled and plugins-available beside the configuration file. */
void config_read_dropins(struct config *config, const char *directory,
			 struct config_faults *faults);

/* A path relative to the folder of the running program, for free(); NULL when that is unknown. */
char *config_beside_program(const char *relative);
void config_plugin_fini(struct config_plugin *plugin);

void config_warn(struct config *config, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One main file, already read. */
struct config_source {
	const char *name;      /* for messages */
	const char *text;      /* NULL: there is no file */
	unsigned mode;	       /* its permission bits */
	const char *directory; /* where plugins-enabled is, or NULL */
	struct strings *known; /* gets every key that exists, or NULL */
};

/* The rest of config_load(). */
struct config *config_from(const struct config_source *source,
			   const struct config_overrides *overrides, config_upstreams_fn upstreams,
			   struct config_faults *faults);

#endif
