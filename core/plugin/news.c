/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/news.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"

#define NEWS_MAX 256u /* changes that wait for the loop; they are all different */

struct news {
	char *what, *uri;
	struct news *next;
};

struct plugin_news {
	struct loop *loop;
	unsigned users;
	plugin_news_fn *changed;
	void *changed_data;
	pthread_mutex_t lock; /* protects the changes, which any thread may report */
	struct news *news, **news_end;
	unsigned n_news;
	struct loop_job job;
	bool posted;
};

static struct news *
news_take(struct plugin_news *list)
{
	struct news *news;

	pthread_mutex_lock(&list->lock);
	CHECK(list->posted && list->n_news <= NEWS_MAX);
	news = list->news;
	list->news = NULL;
	list->news_end = &list->news;
	list->n_news = 0;
	list->posted = false;
	pthread_mutex_unlock(&list->lock);
	return news;
}

static struct news *
news_free(struct news *news)
{
	struct news *next = news->next;

	free(news->what);
	free(news->uri);
	free(news);
	return next;
}

static void
news_deliver(struct loop_job *job)
{
	struct plugin_news *list = job->data;

	CHECK(loop_inside(list->loop));
	for (struct news *news = news_take(list); news != NULL; news = news_free(news))
		if (list->changed != NULL)
			list->changed(list->changed_data, news->what, news->uri);
}

static bool
same_news(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Called under the lock. True when nothing must be added: the change is already in the list, or the
 * list is full. */
static bool
news_known(struct plugin_news *list, const char *what, const char *uri)
{
	for (const struct news *news = list->news; news != NULL; news = news->next)
		if (same_news(news->what, what) && same_news(news->uri, uri))
			return true;
	return list->n_news >= NEWS_MAX;
}

/* Called under the lock. True when the loop must be told. */
static bool
news_add(struct plugin_news *list, const char *what, const char *uri)
{
	struct news *news = xcalloc(1, sizeof(*news));
	bool post = !list->posted;

	news->what = what != NULL ? xstrdup(what) : NULL;
	news->uri = uri != NULL ? xstrdup(uri) : NULL;
	*list->news_end = news;
	list->news_end = &news->next;
	list->n_news++;
	list->posted = true;
	return post;
}

void
plugin_news_add(struct plugin_news *list, const char *plugin, const char *what, const char *uri)
{
	bool full, post = false;

	pthread_mutex_lock(&list->lock);
	full = list->n_news == NEWS_MAX;
	if (!news_known(list, what, uri))
		post = news_add(list, what, uri);
	full = !full && list->n_news == NEWS_MAX;
	pthread_mutex_unlock(&list->lock);
	if (full)
		log_event(LOG_WARNING, "plugin-updates-lost", "plugin", "s", plugin, "why", "s",
			  "more resources change than clients can be notified of", NULL);
	if (post)
		loop_post(list->loop, &list->job);
}

struct plugin_news *
plugin_news_new(struct loop *loop)
{
	struct plugin_news *list = xcalloc(1, sizeof(*list));

	list->loop = loop;
	list->users = 1;
	list->news_end = &list->news;
	list->job = (struct loop_job){ .fn = news_deliver, .data = list };
	pthread_mutex_init(&list->lock, NULL);
	return list;
}

struct plugin_news *
plugin_news_share(struct plugin_news *list)
{
	pthread_mutex_lock(&list->lock);
	list->users++;
	pthread_mutex_unlock(&list->lock);
	return list;
}

void
plugin_news_free(struct plugin_news *list)
{
	unsigned left;

	pthread_mutex_lock(&list->lock);
	left = --list->users;
	pthread_mutex_unlock(&list->lock);
	if (left > 0)
		return;
	for (struct news *news = list->news; news != NULL;)
		news = news_free(news);
	pthread_mutex_destroy(&list->lock);
	free(list);
}

void
plugin_news_tell(struct plugin_news *list, plugin_news_fn *changed, void *data)
{
	list->changed = changed;
	list->changed_data = data;
}
