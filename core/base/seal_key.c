/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a key file, or makes one. Several processes that start at the same time get the same
 * key. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/mem.h"
#include "base/seal.h"
#include "base/trust.h"

#define HEX_LEN (2 * SEAL_KEY_LEN)

static bool
key_fault(char *why, size_t why_size, const char *path, const char *what)
{
	snprintf(why, why_size, "%s: %s", path, what);
	return false;
}

static bool
read_hex(const unsigned char *text, unsigned char key[SEAL_KEY_LEN])
{
	for (size_t i = 0; i < SEAL_KEY_LEN; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		key[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

/* Reads until `size` bytes or the end of the file; -1 with errno. */
static ssize_t
read_all(int fd, unsigned char *out, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t got = read(fd, out + len, size - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		len += (size_t)got;
	}
	return (ssize_t)len;
}

/* A user who can read the key can forge handles. A user who can write it can choose the key. */
static bool
is_private(int fd, const char *path, char *why, size_t why_size)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return key_fault(why, why_size, path, strerror(errno));
	if ((status.st_mode & (S_IROTH | S_IWOTH)) == 0)
		return true;
	snprintf(why, why_size, "%s: every user of this machine may %s it; run chmod 600 %s", path,
		 (status.st_mode & S_IWOTH) != 0 ? "write to" : "read", path);
	return false;
}

bool
seal_key_read(const char *path, unsigned char key[SEAL_KEY_LEN], char *why, size_t why_size)
{
	unsigned char text[HEX_LEN + 2];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = 0;
	bool ok;

	if (fd < 0)
		return key_fault(why, why_size, path, strerror(errno));
	ok = is_private(fd, path, why, why_size);
	if (ok)
		len = read_all(fd, text, sizeof(text));
	if (len < 0)
		ok = key_fault(why, why_size, path, strerror(errno));
	close(fd);
	if (!ok)
		return false;
	if (len == HEX_LEN + 1 && text[HEX_LEN] == '\n')
		len = HEX_LEN;
	if (len == SEAL_KEY_LEN)
		memcpy(key, text, SEAL_KEY_LEN);
	else if (len != HEX_LEN || !read_hex(text, key))
		ok = key_fault(why, why_size, path,
			       "a key must have 32 bytes or 64 "
			       "hexadecimal digits");
	explicit_bzero(text, sizeof(text));
	return ok;
}

static bool
write_key(int fd)
{
	unsigned char key[SEAL_KEY_LEN];
	char text[HEX_LEN + 2];
	bool ok;

	random_bytes(key, sizeof(key));
	for (size_t i = 0; i < SEAL_KEY_LEN; i++)
		snprintf(text + 2 * i, 3, "%02x", key[i]);
	text[HEX_LEN] = '\n';
	ok = write(fd, text, HEX_LEN + 1) == HEX_LEN + 1 && fsync(fd) == 0;
	explicit_bzero(key, sizeof(key));
	explicit_bzero(text, sizeof(text));
	return ok;
}

bool
seal_key_make(const char *path, unsigned char key[SEAL_KEY_LEN], char *why, size_t why_size)
{
	char *temporary;
	int fd, error = 0;

	if (access(path, F_OK) == 0)
		return seal_key_read(path, key, why, why_size);
	if (!make_private_parents(path))
		return key_fault(why, why_size, path, strerror(errno));
	/* The complete file appears under the name at once or not at all, and link() replaces no
	 * file. So a second process reads the key of the first one. */
	temporary = xprintf("%s.XXXXXX", path);
	fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
	if (fd < 0) {
		error = errno;
	} else {
		if (!write_key(fd) || (link(temporary, path) != 0 && errno != EEXIST))
			error = errno;
		close(fd);
		unlink(temporary);
	}
	free(temporary);
	return error != 0 ? key_fault(why, why_size, path, strerror(error))
			  : seal_key_read(path, key, why, why_size);
}
