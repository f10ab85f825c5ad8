/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/failures.h"

#include <stddef.h>
#include <string.h>

bool
failures_count(struct failures *failures, const struct address *from, int64_t now_ms)
{
	struct address key = *from;
	size_t place = FAILURES_ADDRESSES;

	if (key.kind == ADDRESS_IPV6)
		memset(key.bytes + 8, 0, 8);
	for (size_t i = 0; i < FAILURES_ADDRESSES; i++) {
		bool old = failures->entry[i].count == 0 ||
			   now_ms - failures->entry[i].since_ms >= FAILURES_WINDOW_MS;

		if (old) {
			place = i;
		} else if (failures->entry[i].from.kind == key.kind &&
			   memcmp(failures->entry[i].from.bytes, key.bytes, sizeof(key.bytes)) ==
			       0) {
			if (failures->entry[i].count > FAILURES_MAX)
				return false;
			return ++failures->entry[i].count <= FAILURES_MAX;
		}
	}
	if (place == FAILURES_ADDRESSES)
		return false;
	failures->entry[place].from = key;
	failures->entry[place].count = 1;
	failures->entry[place].since_ms = now_ms;
	return true;
}
