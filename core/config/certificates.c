/* SPDX-License-Identifier: Apache-2.0 */
#include "config/certificates.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/mem.h"
#include "config/file.h"
#include "config/text.h"

#define CERTIFICATES_MAX (1u << 20) /* bytes of a file */

/* The number of certificates; other texts in the file are left out. -1: one of them is broken. */
static int
count_certificates(const char *text, size_t len)
{
	BIO *in = BIO_new_mem_buf(text, (int)len);
	X509 *certificate;
	int n = 0;

	while ((certificate = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL) {
		X509_free(certificate);
		n++;
	}
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		n = -1;
	ERR_clear_error();
	BIO_free(in);
	return n;
}

void
config_check_certificates(const struct node *node, const char *key, const char *path)
{
	char why[512];
	size_t len;
	char *text = text_read(path, CERTIFICATES_MAX, &len, NULL, why, sizeof(why));

	if (text == NULL)
		node_fault(node, key, "%s", why);
	else if (count_certificates(text, len) <= 0)
		node_fault(node, key, "%s does not contain certificates in PEM format", path);
	secret_free(text);
}
