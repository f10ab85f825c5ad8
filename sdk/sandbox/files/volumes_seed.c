/* SPDX-License-Identifier: Apache-2.0 */
/* The volumes of a new workspace and the files in them. */
#include "files/volumes.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files/beneath.h"

enum { BINARY_SIZE = 300000 };

static void
write_file(struct workspace *ws, const char *path, const void *data, size_t len)
{
	char *parent = path_parent(path);
	int fd;

	beneath_mkdirs(ws->dir_fd, parent);
	free(parent);
	fd = beneath_open(ws->dir_fd, path, O_WRONLY | O_CREAT | O_TRUNC);
	if (fd < 0)
		return;
	write_full(fd, data, len);
	close(fd);
}

/* Writes some thousand lines, which are the same in every workspace. */
static void
write_orders(struct workspace *ws, const char *path)
{
	struct buf text = BUF(MAX_MADE);

	buf_puts(&text, "order_id,customer_id,amount\n");
	for (int i = 1; i <= 5000; i++)
		buf_printf(&text, "%d,%d,%d.%02d\n", i, i * 7919 % 500 + 1, i * 31 % 900 + 10,
			   i * 17 % 100);
	write_file(ws, path, text.data, text.len);
	buf_fini(&text);
}

static void
write_binary(struct workspace *ws, const char *path)
{
	unsigned char *bytes = xcalloc(1, BINARY_SIZE);

	for (size_t i = 0; i < BINARY_SIZE; i++)
		bytes[i] = (unsigned char)(i * 131 % 256);
	write_file(ws, path, bytes, BINARY_SIZE);
	free(bytes);
}

void
volumes_seed(struct workspace *ws)
{
	static const struct {
		const char *path, *text;
	} files[] = {
		{ "/volumes/main/default/landing/readme.md",
		  "# Landing\n\nFiles from the shops arrive here each night.\n" },
		{ "/volumes/main/default/landing/2026/01/customers.json",
		  "{\"customer_id\": 1, \"name\": \"Ada\"}\n"
		  "{\"customer_id\": 2, \"name\": \"Grace\"}\n" },
		{ "/volumes/main/default/landing/2026/02/customers.json",
		  "{\"customer_id\": 3, \"name\": \"Edsger\"}\n" },
		{ "/volumes/main/default/landing/empty.txt", "" },
	};

	volume_add(ws, "main", "default", "landing", "MANAGED", "Raw files as they arrive",
		   "s3://sandbox/volumes/landing", "ann@example.com");
	volume_add(ws, "main", "default", "exports", "MANAGED", NULL,
		   "s3://sandbox/volumes/exports", "bob@example.com");
	volume_add(ws, "main", "default", "partner", "EXTERNAL", "Owned by a partner",
		   "s3://partner-bucket/share", "carol@example.com");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		write_file(ws, files[i].path, files[i].text, strlen(files[i].text));
	write_orders(ws, "/volumes/main/default/landing/orders.csv");
	write_binary(ws, "/volumes/main/default/landing/image.bin");
}
