/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin secret-values has only the tool get_secret. It is a shared object of its own, so that
 * the tool does not exist unless an operator enables it. Even then only listed scopes can be read.
 * Each value that was read is masked in every later output and log. */
#include <openssl/evp.h>
#include <string.h>

#include "databricks.h"
#include "secret-values.rows.h"

#define API "/api/2.0/secrets"
#define VALUE_MAX 262144 /* bytes of base64 for the API's 128 KiB, and a margin */

/* Is the scope in the operator's list? */
static bool
scope_allowed(struct mcp_call *call, const char *scope)
{
	struct mcp_text options = mcp_context(call, MCP_CTX_OPTIONS);
	struct json_object *list = mcp_array(mcp_json(call, options.data, options.len), "scopes");

	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
		const char *item = json_object_get_string(json_object_array_get_idx(list, i));

		if (item != NULL && (strcmp(item, "*") == 0 || strcmp(item, scope) == 0))
			return true;
	}
	return false;
}

/* The number of bytes that follow the first byte of a character; -1: not valid in UTF-8. */
static int
followers(unsigned char first)
{
	if (first < 0x80)
		return 0;
	return first < 0xc2 ? -1 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : -1;
}

/* Is the text UTF-8 without control characters except tab and line ends? The host would change any
 * other text before it is shown, so that the value would be wrong. */
static bool
is_text(const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int more = followers(bytes[i]);

		if (more < 0 || (size_t)more >= len - i || bytes[i] == 0x7f ||
		    (bytes[i] < ' ' && (bytes[i] == '\0' || strchr("\t\r\n", bytes[i]) == NULL)))
			return false;
		/* refuses overlong forms, surrogates, and characters beyond U+10FFFF */
		if ((bytes[i] == 0xe0 && bytes[i + 1] < 0xa0) ||
		    (bytes[i] == 0xed && bytes[i + 1] > 0x9f) ||
		    (bytes[i] == 0xf0 && bytes[i + 1] < 0x90) ||
		    (bytes[i] == 0xf4 && bytes[i + 1] > 0x8f))
			return false;
		for (; more > 0; more--)
			if ((bytes[++i] & 0xc0) != 0x80)
				return false;
	}
	return true;
}

static int
value_shown(struct mcp_call *call, const void *state, size_t len)
{
	const char *scope = mcp_arg(call, "scope_name"), *key = mcp_arg(call, "key");
	struct json_object *reply =
	    dbx_reply(call, 0,
		      &(struct mcp_words){
			  .object = mcp_printf(call, "Secret \"%s/%s\"", scope, key),
			  .not_found =
			      mcp_printf(call, "Call list_secrets scope_name=%s to see its keys.",
					 mcp_quoted(call, scope)),
			  .grant = mcp_printf(call, "READ on the scope \"%s\"", scope) });
	const char *encoded = mcp_get_str(call, reply, "value", NULL);
	size_t n = encoded != NULL ? strlen(encoded) : 0;
	unsigned char *bytes;
	int size;

	(void)state;
	(void)len;
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	if (encoded == NULL)
		return mcp_fail(call, MCP_E_UPSTREAM,
				mcp_printf(call, "Secret \"%s/%s\" was not read.", scope, key),
				"The reply of the workspace has no value.", NULL);
	if (n > VALUE_MAX)
		return mcp_failf(call, MCP_E_TOO_LARGE, "The value is too large for a secret.");
	bytes = mcp_alloc(call, n / 4 * 3 + 4);
	size = n > 0 ? EVP_DecodeBlock(bytes, (const unsigned char *)encoded, (int)n) : 0;
	if (size < 0)
		return mcp_fail(call, MCP_E_UPSTREAM, "The secret's value is not base64.", NULL,
				NULL);
	for (size_t i = n; i > 0 && encoded[i - 1] == '=' && size > 0; i--)
		size--;
	bytes[size] = '\0';
	/* This answer shows the value. From now on every other output masks it. */
	if (is_text(bytes, (size_t)size)) {
		mcp_say(call,
			"Secret \"%s/%s\", %d bytes (in any other answer it is shown as "
			"***):",
			scope, key, size);
		mcp_say_text(call, (const char *)bytes, (size_t)size, false);
		mcp_mask(call, (const char *)bytes);
	} else {
		mcp_say(call,
			"Secret \"%s/%s\", %d bytes that are not text, in base64 (in any "
			"other answer shown as ***):",
			scope, key, size);
		mcp_say(call, "%s", encoded);
	}
	mcp_mask(call, encoded);
	return MCP_OK;
}

int
get_secret(struct mcp_call *call)
{
	const char *scope = mcp_arg(call, "scope_name");

	if (!scope_allowed(call, scope))
		return mcp_fail(call, MCP_E_PERMISSION,
				mcp_printf(call, "The scope \"%s\" may not be read.", scope),
				"The operator's list of readable scopes does not contain it.",
				"Do not repeat this call; ask the operator to add the scope to the "
				"option \"scopes\" of the plugin secret-values.");
	mcp_log(call, MCP_LOG_WARNING, "secret value read: scope \"%s\", key \"%s\", by %s", scope,
		mcp_arg(call, "key"), mcp_context(call, MCP_CTX_PRINCIPAL).data);
	return mcp_fetch(call, API "/get{?scope,key}",
			 mcp_object(call, "scope", scope, "key", mcp_arg(call, "key"), NULL),
			 value_shown, NULL, 0);
}
