/* SPDX-License-Identifier: Apache-2.0 */
#include "egress/secrets.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mask.h"
#include "base/mem.h"
#include "base/uri.h"

#define SECRET_MAX 8192

/* Masks a percent-encoded text as it is meant. With `plugin` in its texts only. */
static void
mask_encoded(const char *plugin, const char *text, size_t len)
{
	struct buf value;

	buf_init(&value, SECRET_MAX);
	if (!uri_decode(text, len, &value)) {
		buf_reset(&value);
		buf_add(&value, text, len);
	}
	if (buf_ok(&value) && plugin != NULL)
		mask_add_in(plugin, value.data, value.len, 0);
	else if (buf_ok(&value))
		mask_pin(value.data, value.len);
	if (value.len > 0)
		explicit_bzero(value.data, value.len);
	buf_fini(&value);
}

/* "[scheme://]user:password@host[/…]" */
static void
mask_proxy(const char *text)
{
	const char *scheme = strstr(text, "://");
	const char *user = scheme != NULL ? scheme + 3 : text;
	const char *colon = memchr(user, ':', strcspn(user, "/"));
	const char *at = memrchr(user, '@', strcspn(user, "/"));

	if (colon != NULL && at != NULL && colon < at)
		mask_encoded(NULL, colon + 1, (size_t)(at - colon - 1));
}

void
secrets_mask_proxies(void)
{
	static const char *const names[] = { "http_proxy", "https_proxy", "all_proxy",
					     "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *text = getenv(names[i]);

		if (text != NULL)
			mask_proxy(text);
	}
}

/* The value of a parameter in the query of a URL, up to the next "&"; NULL: it is not there. */
static const char *
parameter(const char *url, const char *name)
{
	const char *at = strpbrk(url, "?&");

	while (at != NULL &&
	       (strncasecmp(at + 1, name, strlen(name)) != 0 || at[1 + strlen(name)] != '='))
		at = strchr(at + 1, '&');
	return at != NULL ? at + strlen(name) + 2 : NULL;
}

void
secrets_mask_link(const char *plugin, const char *url)
{
	/* of AWS (versions 4 and 2), Google and Azure */
	static const char *const signatures[] = { "X-Amz-Signature", "Signature",
						  "X-Goog-Signature", "sig" };
	const char *value;

	for (size_t i = 0; i < ARRAY_SIZE(signatures); i++) {
		value = parameter(url, signatures[i]);
		if (value != NULL)
			mask_encoded(plugin, value, strcspn(value, "&"));
	}
}
