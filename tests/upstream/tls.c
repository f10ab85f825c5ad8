/* SPDX-License-Identifier: Apache-2.0 */
/* A self-signed certificate for 127.0.0.1. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#include "internal.h"

static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "upstream: %s failed\n", what);
	abort();
}

static void
add_extension(X509 *certificate, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	must(extension != NULL, value);
	X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
}

static X509 *
make_certificate(EVP_PKEY *key)
{
	X509 *certificate = X509_new();
	X509_NAME *name = X509_get_subject_name(certificate);

	X509_set_version(certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
	X509_set_pubkey(certificate, key);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"upstream", -1,
				   -1, 0);
	X509_set_issuer_name(certificate, name);
	add_extension(certificate, NID_subject_alt_name, "IP:127.0.0.1");
	add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
	must(X509_sign(certificate, key, EVP_sha256()) > 0, "X509_sign");
	return certificate;
}

SSL_CTX *
tls_context(const char *ca_file)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	X509 *certificate;
	FILE *file = fopen(ca_file, "w");

	must(key != NULL && context != NULL && file != NULL, "TLS");
	certificate = make_certificate(key);
	must(PEM_write_X509(file, certificate) == 1, ca_file);
	fclose(file);
	must(SSL_CTX_use_certificate(context, certificate) == 1, "certificate");
	must(SSL_CTX_use_PrivateKey(context, key) == 1, "key");
	X509_free(certificate);
	EVP_PKEY_free(key);
	return context;
}
