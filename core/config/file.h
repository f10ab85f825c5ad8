/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Typed reading of one libconfig file together with --set values. Each reader function takes a key,
 * its default and its bounds. A key that was never read is unknown. Faults are collected; after a
 * fault the default is used, so that reading continues.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CONFIG_FILE_H
#define CORE_CONFIG_FILE_H

#include <libconfig.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "config/faults.h"

#define CONFIG_BYTES_MAX (1u << 20) /* of a configuration file */
#define KEY_PATH_MAX 256

/* one --set */
struct override {
	char *path, *value;
	bool used;
};

struct reader {
	char *name; /* the name of the file, for messages */
	config_t tree;
	struct config_faults *faults;
	struct strings known; /* the path of every key that was read */
	struct override *override;
	size_t overrides;
	bool literal_secret; /* the file itself contains a secret, not a reference to it */
};

/* A group, which may be absent. */
struct node {
	struct reader *reader;
	config_setting_t *setting; /* NULL: absent */
	char path[KEY_PATH_MAX];   /* the path of the group: "server", or "" for the root */
	bool item;		   /* the group is an item of a list: --set cannot name it */
};

/* Parses the text. A syntax error is a fault, and the tree is then empty. `text` may be NULL: no
 * file. */
void reader_init(struct reader *reader, const char *name, const char *text,
		 struct config_faults *faults);
void reader_fini(struct reader *reader);
/* Takes one "key.path=value" of --set; rejects literal secrets. */
void reader_override(struct reader *reader, const char *set);
/* Is the value of "key.path=value" itself a secret, and not a reference to one? */
bool reader_set_is_secret(const char *set);
/* Reports every setting and override that was never read. */
void reader_finish(struct reader *reader);

struct node node_root(struct reader *reader);
struct node node_group(const struct node *parent, const char *key);
/* A list of groups, written ( ): the number of groups, and each group. */
size_t node_count(const struct node *parent, const char *key);
struct node node_item(const struct node *parent, const char *key, size_t index);

/* The keys of a group: those of the file, then the groups in it that only --set names. */
void node_keys(const struct node *group, struct strings *keys);

/* Is the key present? Marks it as known. */
bool node_has(const struct node *node, const char *key);
/* Adds a fault for this key, with its value. The key cannot be set here, so it remains unknown. */
void node_refuse(const struct node *node, const char *key, const char *why);

/* For value.c: the value of a key in --set, or in the file. Both calls mark the key as known. */
struct override *reader_find_override(const struct node *node, const char *key);
config_setting_t *reader_find_setting(const struct node *node, const char *key);
void reader_know_all(config_setting_t *setting); /* marks every key in this group as known */

/* Adds a fault about a key of this group, with its position. */
void node_fault(const struct node *node, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The number of faults so far. A caller compares it before and after reading. */
size_t node_faults(const struct node *node);
/* The position of a key of this group: "lakehost.conf:12", or "--set …". For free(). */
char *node_where(const struct node *node, const char *key);

#endif
