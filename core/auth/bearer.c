/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/bearer.h"

#include <string.h>
#include <strings.h>

enum bearer
bearer_read(const char *header, size_t max, const char **token, size_t *len)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789-._~+/";
	size_t scheme = header != NULL ? strcspn(header, " \t") : 0;
	const char *end;

	if (scheme != strlen("Bearer") || strncasecmp(header, "Bearer", scheme) != 0)
		return BEARER_NONE;
	*token = header + scheme + strspn(header + scheme, " ");
	end = *token + strspn(*token, digits);
	if (end == *token)
		return BEARER_MALFORMED;
	end += strspn(end, "=");
	*len = (size_t)(end - *token);
	return *end != '\0' || *len > max ? BEARER_MALFORMED : BEARER_TOKEN;
}
