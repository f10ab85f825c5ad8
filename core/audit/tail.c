/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/tail.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/json.h"

#define TAIL_BYTES (3 * CHAIN_LINE_MAX)

/* The members of a line in either form. For json_object_put(), or NULL. */
static struct json_object *
parse_line(const char *line, size_t len, struct json_object **members)
{
	struct json_object *tree = json_parse(line, len, &json_upstream, NULL, NULL);
	struct json_object *inside = json_obj(tree, "unmapped");

	*members = inside != NULL ? inside : tree;
	return tree;
}

static void
take_tail(struct audit_tail *tail, const char *line, size_t len)
{
	struct json_object *members, *tree = parse_line(line, len, &members);
	const char *chain = json_str(members, "chain"), *mac = json_str(members, "mac");

	if (chain != NULL && mac != NULL && strlen(chain) == CHAIN_ID &&
	    strlen(mac) == CHAIN_MAC_TEXT) {
		strcpy(tail->chain, chain);
		strcpy(tail->mac, mac);
		tail->seq = (uint64_t)json_int(members, "seq", 0);
	}
	json_object_put(tree);
}

void
audit_tail_read(int fd, struct audit_tail *tail)
{
	char bytes[TAIL_BYTES];
	struct stat status;
	ssize_t got;
	size_t len, end;

	memset(tail, 0, sizeof(*tail));
	if (fstat(fd, &status) != 0 || status.st_size == 0)
		return;
	got = pread(fd, bytes, sizeof(bytes),
		    status.st_size > TAIL_BYTES ? status.st_size - TAIL_BYTES : 0);
	if (got <= 0)
		return;
	len = end = (size_t)got;
	while (end > 0 && bytes[end - 1] != '\n')
		end--;
	tail->torn = len - end;
	for (len = end; end > 1 && bytes[end - 2] != '\n';)
		end--;
	if (len > 0)
		take_tail(tail, bytes + end - 1, len - end);
}
