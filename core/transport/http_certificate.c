/* SPDX-License-Identifier: Apache-2.0 */
/* libmicrohttpd asks the client for a certificate, and does not look at the answer. Its TLS library
 * does the checks; this program reaches it as mhd.c does, without being linked to it. */
#include "transport/http_certificate.h"

#include <dlfcn.h>
#include <gnutls/gnutls.h>

#include "base/check.h"
#include "transport/http_connection.h"

#define FOR_CLIENTS "1.3.6.1.5.5.7.3.2" /* id-kp-clientAuth (RFC 5280, 4.2.1.12) */

static struct {
	const gnutls_datum_t *(*peers)(gnutls_session_t session, unsigned *n);
	int (*verify)(gnutls_session_t session, gnutls_typed_vdata_st *data, unsigned n,
		      unsigned *status);
} gnutls;

static bool
find_gnutls(void)
{
	if (gnutls.verify != NULL)
		return true;
	*(void **)&gnutls.peers = dlsym(RTLD_DEFAULT, "gnutls_certificate_get_peers");
	if (gnutls.peers != NULL)
		*(void **)&gnutls.verify = dlsym(RTLD_DEFAULT, "gnutls_certificate_verify_peers");
	return gnutls.verify != NULL;
}

static const char *
check(gnutls_session_t session)
{
	static unsigned char purpose[] = FOR_CLIENTS;
	gnutls_typed_vdata_st data = { GNUTLS_DT_KEY_PURPOSE_OID, purpose, 0 };
	unsigned status = ~0u, n = 0;

	if (!find_gnutls())
		return "the certificate of the client cannot be checked: libgnutls lacks a "
		       "function";
	if (gnutls.peers(session, &n) == NULL || n == 0)
		return "the client has no certificate: this listener needs one from an authority "
		       "in tls_client_ca";
	if (gnutls.verify(session, &data, 1, &status) < 0)
		return "the certificate of the client cannot be read";
	if ((status & GNUTLS_CERT_EXPIRED) != 0)
		return "the certificate of the client has expired";
	return status == 0 ? NULL
			   : "the certificate of the client is not from an authority in "
			     "tls_client_ca, or is not for clients, or is not valid yet";
}

const char *
http_certificate(struct http_connection *connection, const unsigned char **der, size_t *len)
{
	gnutls_session_t session = connection->tls_session;
	const gnutls_datum_t *first;
	unsigned n = 0;

	CHECK(session != NULL && connection->listener->client_ca);
	if (!connection->certificate_checked) {
		connection->certificate_checked = true;
		connection->certificate_fault = check(session);
	}
	if (connection->certificate_fault != NULL)
		return connection->certificate_fault;
	first = gnutls.peers(session, &n);
	CHECK(first != NULL && n > 0);
	*der = first->data;
	*len = first->size;
	return NULL;
}
