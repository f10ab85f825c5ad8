/* SPDX-License-Identifier: Apache-2.0 */
/* lakehost plugin sign FILE --key KEY: for vendors. */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/signature.h"
#include "config/text.h"
#include "module/image.h"
#include "module/read.h"

#define SECRET_KEY_MAX 8192

static bool
sign_failed(const char *path, const char *why)
{
	fprintf(stderr, "lakehost: %s: %s\n", path, why);
	return false;
}

static char *
read_secret_key(const char *path)
{
	char why[256] = "", *pem;
	struct stat stat;
	size_t len;

	pem = text_read(path, SECRET_KEY_MAX, &len, &stat, why, sizeof(why));
	if (pem == NULL) {
		sign_failed(path, why);
	} else if ((stat.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		sign_failed(path, "others can read the private key; run chmod 600 on it");
		secret_free(pem);
		pem = NULL;
	}
	return pem;
}

/* A plugin, and nothing else, is signed. */
static bool
read_image(const char *path, struct module_image *image)
{
	struct json_object *manifest = NULL;
	enum plugin_refusal refusal;
	char why[REFUSAL_WHY_MAX] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool ok;

	if (fd < 0)
		return sign_failed(path, strerror(errno));
	if (module_image_read(image, fd, why, sizeof(why)))
		manifest = manifest_read(fd, &refusal, why, sizeof(why));
	ok = manifest != NULL || sign_failed(path, why);
	if (!ok)
		module_image_fini(image);
	json_object_put(manifest);
	close(fd);
	return ok;
}

/* The new file takes the place of an old one at once. */
static bool
write_signature(const char *path, const unsigned char signature[SIGNATURE_LEN])
{
	char *draft = xprintf("%s.XXXXXX", path);
	int fd = mkstemp(draft);
	bool ok = fd >= 0 && fchmod(fd, 0644) == 0 &&
		  write(fd, signature, SIGNATURE_LEN) == (ssize_t)SIGNATURE_LEN;

	if (fd >= 0 && close(fd) != 0)
		ok = false;
	ok = ok && rename(draft, path) == 0;
	if (!ok) {
		sign_failed(path, strerror(errno));
		if (fd >= 0)
			unlink(draft);
	}
	free(draft);
	return ok;
}

int
cli_plugin_sign(const struct cli *cli)
{
	unsigned char signature[SIGNATURE_LEN];
	struct module_image image = { 0 };
	const char *fault = NULL;
	char *pem, *path;
	bool ok = false;

	if (cli->key == NULL) {
		fputs("lakehost: plugin sign needs --key FILE, a private Ed25519 key in PEM. Make "
		      "one with: openssl genpkey -algorithm ed25519 -out FILE\n",
		      stderr);
		return 2;
	}
	pem = read_secret_key(cli->key);
	path = xprintf("%s.sig", cli->argument[1]);
	if (pem != NULL && read_image(cli->argument[1], &image)) {
		fault = signature_make(pem, image.data, image.len, signature);
		ok =
		    fault == NULL ? write_signature(path, signature) : sign_failed(cli->key, fault);
	}
	if (ok)
		printf("%s was written.\n", path);
	secret_free(pem);
	module_image_fini(&image);
	free(path);
	return ok ? 0 : 1;
}
