/* SPDX-License-Identifier: Apache-2.0 */
#include "memory_gone.h"

#include <stdlib.h>
#include <unistd.h>

void
memory_gone(void)
{
	static const char message[] = "lakehost: out of memory\n";
	ssize_t written = write(STDERR_FILENO, message, sizeof(message) - 1);

	(void)written;
	abort();
}
