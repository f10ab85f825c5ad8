/* SPDX-License-Identifier: Apache-2.0 */
/* Changes that plugins report, on their way to the loop thread. One list for all generations of the
 * configuration, because a plugin that did not change belongs to several. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_PLUGIN_NEWS_H
#define CORE_PLUGIN_NEWS_H

#include <stdbool.h>

struct loop;
struct plugin_news;

/* `what` is a list ("tools", …), or `uri` is one resource. */
typedef void plugin_news_fn(void *data, const char *what, const char *uri);

struct plugin_news *plugin_news_new(struct loop *loop); /* `loop` may be NULL: nothing reports */
struct plugin_news *plugin_news_share(struct plugin_news *list); /* any thread */
/* Frees it for one user. The last one frees the list; the loop must not run afterwards. */
void plugin_news_free(struct plugin_news *list);
/* Who is told, on the loop thread. */
void plugin_news_tell(struct plugin_news *list, plugin_news_fn *changed, void *data);
/* A plugin reports a change. Any thread. */
void plugin_news_add(struct plugin_news *list, const char *plugin, const char *what,
		     const char *uri);

#endif
