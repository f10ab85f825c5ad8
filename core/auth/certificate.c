/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/certificate.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "auth/user.h"

static const char none[] = "the certificate of the client does not have the field that "
			   "auth.certificate_name chooses";
static const char several[] = "the certificate of the client has the field that "
			      "auth.certificate_name chooses more than once";
static const char unfit[] = "the certificate of the client has no valid name: 1 to 255 printable "
			    "ASCII characters without a comma, and not \"" PRINCIPAL_LOCAL "\"";

/* Copies a text that a certificate may have in several encodings. */
static const char *
take_name(const ASN1_STRING *text, char name[PRINCIPAL_NAME_MAX])
{
	unsigned char *utf8 = NULL;
	int len = ASN1_STRING_to_UTF8(&utf8, text);
	const char *why = unfit;

	if (len > 0 && len < PRINCIPAL_NAME_MAX && strlen((char *)utf8) == (size_t)len &&
	    user_name_valid((char *)utf8)) {
		memcpy(name, utf8, (size_t)len + 1);
		why = NULL;
	}
	OPENSSL_free(utf8);
	return why;
}

static const char *
common_name(X509 *certificate, char name[PRINCIPAL_NAME_MAX])
{
	X509_NAME *subject = X509_get_subject_name(certificate);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

	if (at < 0)
		return none;
	if (X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
		return several;
	return take_name(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)), name);
}

static const char *
alternative_name(X509 *certificate, int type, char name[PRINCIPAL_NAME_MAX])
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	const GENERAL_NAME *found = NULL;
	const char *why = none;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *item = sk_GENERAL_NAME_value(names, i);

		if (item->type != type)
			continue;
		why = found != NULL ? several : NULL;
		found = item;
	}
	if (found != NULL && why == NULL)
		why = take_name(found->d.ia5, name);
	GENERAL_NAMES_free(names);
	return why;
}

const char *
certificate_name(const unsigned char *der, size_t len, enum certificate_field field,
		 char name[PRINCIPAL_NAME_MAX])
{
	static const int types[] = { [CERTIFICATE_EMAIL] = GEN_EMAIL,
				     [CERTIFICATE_DNS] = GEN_DNS,
				     [CERTIFICATE_URI] = GEN_URI };
	X509 *certificate = d2i_X509(NULL, &der, (long)len);
	const char *why;

	if (certificate == NULL)
		return "the certificate of the client cannot be read";
	why = field == CERTIFICATE_CN ? common_name(certificate, name)
				      : alternative_name(certificate, types[field], name);
	X509_free(certificate);
	return why;
}
