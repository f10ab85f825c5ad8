/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Typed reading of one libconfig file with --set values laid over it. Each reader function names
 * a key, its default and its bounds; whatever stands in the file and was never asked for is an
 * unknown key. Faults are collected, and after one the default is used, so that reading goes on.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CONFIG_READER_H
#define CORE_CONFIG_READER_H

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
	char *name; /* of the file, for messages */
	config_t tree;
	struct config_faults *faults;
	struct strings known; /* every path that was asked for */
	struct override *override;
	size_t overrides;
	bool literal_secret; /* a secret stands in the file itself */
};

/* A group, present or not. */
struct node {
	struct reader *reader;
	config_setting_t *setting; /* NULL: absent */
	char path[KEY_PATH_MAX];   /* "server", "" for the root */
	bool item;		   /* one of a list: --set cannot name it */
};

/* Parses; a syntax error is a fault, and then the tree is empty. `text` may be NULL: no file. */
void reader_init(struct reader *reader, const char *name, const char *text,
		 struct config_faults *faults);
void reader_fini(struct reader *reader);
/* Takes "key.path=value"; refuses literal secrets. */
void reader_override(struct reader *reader, const char *set);
/* Is the value of "key.path=value" a secret itself, not a reference to one? */
bool reader_set_is_secret(const char *set);
/* Reports every setting and override that nobody asked for. */
void reader_finish(struct reader *reader);

struct node node_root(struct reader *reader);
struct node node_group(const struct node *parent, const char *key);
/* A list of groups, (): how many, and each of them. */
size_t node_count(const struct node *parent, const char *key);
struct node node_item(const struct node *parent, const char *key, size_t index);

/* The keys of a group: those of the file, then the groups in it that only --set names. */
void node_keys(const struct node *group, struct strings *keys);

/* Was the key given at all? Counts as asking for it. */
bool node_has(const struct node *node, const char *key);
/* A fault where the key is given, with what is in it. The key is not one that can be set here, so
 * it is not known afterwards. */
void node_refuse(const struct node *node, const char *key, const char *why);

/* For value.c: what --set says of a key, or the file; both count as asking for it. */
struct override *reader_find_override(const struct node *node, const char *key);
config_setting_t *reader_find_setting(const struct node *node, const char *key);
void reader_know_all(config_setting_t *setting); /* nothing in it is an unknown key */

/* Adds a fault about a key of this group, with its place. */
void node_fault(const struct node *node, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* How many faults there are so far, to see whether reading something added one. */
size_t node_faults(const struct node *node);
/* "lakehost.conf:12", or "--set …", where the key of this group stands. For free(). */
char *node_where(const struct node *node, const char *key);

#endif
