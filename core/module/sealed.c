/* SPDX-License-Identifier: Apache-2.0 */
#include "module/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010u /* since Linux 6.3; older kernels refuse it, and need no such flag */
#endif

static int
new_memory(void)
{
	int fd = memfd_create("lakehost-plugin", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("lakehost-plugin", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd;
}

static bool
write_image(int fd, const struct module_image *image)
{
	for (size_t done = 0; done < image->len;) {
		ssize_t n = write(fd, image->data + done, image->len - done);

		if (n > 0)
			done += (size_t)n;
		else if (n == 0 || errno != EINTR)
			return false;
	}
	return true;
}

int
module_sealed_copy(int fd, struct module_image *image, char *why, size_t why_size)
{
	int copy;

	if (!module_image_read(image, fd, why, why_size))
		return -1;
	copy = new_memory();
	if (copy >= 0 && write_image(copy, image) &&
	    fcntl(copy, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		return copy;
	snprintf(why, why_size, "no copy of the file can be kept in memory: %s", strerror(errno));
	module_image_fini(image);
	if (copy >= 0)
		close(copy);
	return -1;
}
