/* SPDX-License-Identifier: Apache-2.0 */
#include "module/image.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

/* The file may grow or shrink in the meantime: as many bytes count as could be read. */
static bool
read_bytes(struct module_image *image, int fd, size_t size)
{
	while (image->len < size) {
		ssize_t n =
		    pread(fd, image->data + image->len, size - image->len, (off_t)image->len);

		if (n == 0)
			break;
		if (n > 0)
			image->len += (size_t)n;
		else if (errno != EINTR)
			return false;
	}
	return true;
}

bool
module_image_read(struct module_image *image, int fd, char *why, size_t why_size)
{
	struct stat stat;

	*image = (struct module_image){ 0 };
	if (fstat(fd, &stat) != 0) {
		snprintf(why, why_size, "%s", strerror(errno));
	} else if (!S_ISREG(stat.st_mode)) {
		snprintf(why, why_size, "the file is not a regular file");
	} else if (stat.st_size > (off_t)MODULE_BYTES_MAX) {
		snprintf(why, why_size, "the file has %lld bytes; at most %u are allowed",
			 (long long)stat.st_size, MODULE_BYTES_MAX);
	} else {
		image->data = xmalloc((size_t)stat.st_size);
		if (read_bytes(image, fd, (size_t)stat.st_size))
			return true;
		snprintf(why, why_size, "%s", strerror(errno));
		module_image_fini(image);
	}
	return false;
}

void
module_image_fini(struct module_image *image)
{
	free(image->data);
	*image = (struct module_image){ 0 };
}
