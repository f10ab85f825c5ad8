/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what authentication reads: Authorization headers, ranges of addresses, and the file of
 * tokens. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/bearer.h"
#include "auth/token_file.h"
#include "base/address.h"
#include "base/mem.h"

static void
check_bearer(const char *text)
{
	const char *token = NULL;
	size_t len = 0;

	if (bearer_read(text, BEARER_MAX, &token, &len) != BEARER_TOKEN)
		return;
	PROMISE(len > 0 && len <= BEARER_MAX);
	PROMISE(token > text && token[len] == '\0');
	for (size_t i = 0; i < len; i++)
		PROMISE(token[i] > ' ' && token[i] < 0x7f && strchr(",;\"'\\<>", token[i]) == NULL);
}

static void
check_range(const char *text)
{
	struct address_range range;
	struct address unknown = { .kind = ADDRESS_UNKNOWN };
	char first[ADDRESS_TEXT_MAX];

	if (address_range_parse(text, &range) != NULL)
		return;
	PROMISE(address_in(&range.first, &range));
	PROMISE(!address_in(&unknown, &range));
	address_text(&range.first, first);
	if (range.first.kind == ADDRESS_UNIX)
		return;
	PROMISE(range.bits > 0);
	range.first.bytes[0] ^= 0x80; /* a range never contains every peer */
	unknown = range.first;
	PROMISE(address_range_parse(text, &range) == NULL && !address_in(&unknown, &range));
}

static void
check_tokens(const struct token_list *list)
{
	PROMISE(list->count <= TOKENS_MAX);
	for (size_t i = 0; i < list->count; i++) {
		const struct token *token = &list->token[i];

		PROMISE(token_name_check(token->name) == NULL);
		PROMISE(token_named(list, token->name) == token);
		PROMISE(token->access > ACCESS_NONE && token->access <= ACCESS_ADMIN);
		PROMISE(strlen(token->digest) == TOKEN_DIGEST);
		PROMISE(token_find(list, token->digest) != NULL);
	}
}

static void
check_file(const char *data, size_t len)
{
	int fd = memfd_create("tokens", MFD_CLOEXEC);
	struct token_list list;
	struct stat status;
	char path[64], why[1024];

	if (fd < 0 || fchmod(fd, 0600) != 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (token_file_read(path, &list, &status, why, sizeof(why)))
		check_tokens(&list);
	else
		PROMISE(list.count == 0 && *why != '\0');
	token_list_fini(&list);
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = xstrndup((const char *)data, len);

	check_bearer(text);
	check_range(text);
	check_file((const char *)data, len);
	free(text);
	return 0;
}
