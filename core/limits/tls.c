/* SPDX-License-Identifier: Apache-2.0 */
#include "limits/tls.h"

#include <hiredis/hiredis.h>
#include <stdio.h>

#if HIREDIS_MAJOR >= 1 && __has_include(<hiredis/hiredis_ssl.h>)

#include <arpa/inet.h>
#include <dlfcn.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <string.h>

#include "base/mem.h"
#include "limits/hiredis_api.h"

#define TLS_LIBRARY "libhiredis_ssl.so." HIREDIS_SONAME_TEXT
#define SSL_LIBRARY "libssl.so.3"

static struct {
	int (*initiate)(redisContext *context, SSL *ssl);
	const SSL_METHOD *(*method)(void);
	SSL_CTX *(*ctx_new)(const SSL_METHOD *method);
	void (*ctx_free)(SSL_CTX *ctx);
	void (*set_verify)(SSL_CTX *ctx, int mode, SSL_verify_cb fn);
	int (*default_paths)(SSL_CTX *ctx);
	int (*load_file)(SSL_CTX *ctx, const char *file);
	long (*ctx_ctrl)(SSL_CTX *ctx, int cmd, long number, void *value);
	SSL *(*ssl_new)(SSL_CTX *ctx);
	void (*ssl_free)(SSL *ssl);
	int (*set_host)(SSL *ssl, const char *host);
	long (*ssl_ctrl)(SSL *ssl, int cmd, long number, void *value);
	X509_VERIFY_PARAM *(*param)(SSL *ssl);
} tls;

static const struct {
	const char *name;
	void *place;
} tls_symbols[] = {
	{ "redisInitiateSSL", &tls.initiate },
	{ "TLS_client_method", &tls.method },
	{ "SSL_CTX_new", &tls.ctx_new },
	{ "SSL_CTX_free", &tls.ctx_free },
	{ "SSL_CTX_set_verify", &tls.set_verify },
	{ "SSL_CTX_set_default_verify_paths", &tls.default_paths },
	{ "SSL_CTX_load_verify_file", &tls.load_file },
	{ "SSL_CTX_ctrl", &tls.ctx_ctrl },
	{ "SSL_new", &tls.ssl_new },
	{ "SSL_free", &tls.ssl_free },
	{ "SSL_set1_host", &tls.set_host },
	{ "SSL_ctrl", &tls.ssl_ctrl },
	{ "SSL_get0_param", &tls.param },
};

_Static_assert(ARRAY_SIZE(tls_symbols) * sizeof(void *) == sizeof(tls),
	       "every member has a symbol");

static void *
open_library(const char *name, char *why, size_t why_size)
{
	void *library = dlopen(name, RTLD_NOW | RTLD_GLOBAL);

	if (library == NULL)
		snprintf(why, why_size, "%s cannot be loaded: %s", name, dlerror());
	return library;
}

bool
tls_open(char *why, size_t why_size)
{
	void *ssl, *own;

	if (tls.param != NULL)
		return true;
	/* hiredis comes first: its library for TLS needs its functions */
	if (hiredis_open(why, why_size) == NULL)
		return false;
	ssl = open_library(SSL_LIBRARY, why, why_size);
	own = ssl != NULL ? open_library(TLS_LIBRARY, why, why_size) : NULL;
	if (own == NULL)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(tls_symbols); i++) {
		void *symbol = dlsym(i == 0 ? own : ssl, tls_symbols[i].name);

		if (symbol == NULL) {
			snprintf(why, why_size, "%s lacks %s", i == 0 ? TLS_LIBRARY : SSL_LIBRARY,
				 tls_symbols[i].name);
			return false;
		}
		memcpy(tls_symbols[i].place, &symbol, sizeof(symbol));
	}
	return true;
}

/* The certificate must have this name or address. */
static bool
demand(SSL *ssl, const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];
	const bool literal =
	    inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
	char *name = xstrdup(host);
	bool fine;

	if (literal)
		fine = X509_VERIFY_PARAM_set1_ip_asc(tls.param(ssl), host) == 1;
	else
		fine = tls.set_host(ssl, host) == 1 &&
		       tls.ssl_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
				    name) == 1;
	free(name);
	return fine;
}

/* hiredis says only that the connection has failed. */
static const char *certificate_fault;

static int
on_verify(int fine, X509_STORE_CTX *chain)
{
	if (fine != 1)
		certificate_fault = X509_verify_cert_error_string(X509_STORE_CTX_get_error(chain));
	return fine;
}

const char *
tls_fault(void)
{
	return certificate_fault;
}

static SSL_CTX *
context_new(const char *ca_file)
{
	SSL_CTX *ctx = tls.ctx_new(tls.method());
	bool fine;

	if (ctx == NULL)
		return NULL;
	tls.set_verify(ctx, SSL_VERIFY_PEER, on_verify); /* each SSL takes it from here */
	certificate_fault = NULL;
	fine = tls.ctx_ctrl(ctx, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, NULL) == 1 &&
	       (ca_file != NULL ? tls.load_file(ctx, ca_file) == 1 : tls.default_paths(ctx) == 1);
	if (fine)
		return ctx;
	tls.ctx_free(ctx);
	return NULL;
}

bool
tls_begin(struct redisContext *context, const char *host, const char *ca_file, char *why,
	  size_t why_size)
{
	SSL_CTX *ctx = context_new(ca_file);
	SSL *ssl = ctx != NULL ? tls.ssl_new(ctx) : NULL;
	bool fine = ssl != NULL && demand(ssl, host);

	if (!fine)
		snprintf(why, why_size, "TLS cannot be prepared%s%s",
			 ca_file != NULL ? ": look at " : "", ca_file != NULL ? ca_file : "");
	if (fine && tls.initiate(context, ssl) != REDIS_OK) {
		snprintf(why, why_size, "%s%s",
			 certificate_fault != NULL ? CERTIFICATE_REFUSED : "",
			 certificate_fault != NULL ? certificate_fault : context->errstr);
		fine = false;
	}
	if (!fine && ssl != NULL)
		tls.ssl_free(ssl);
	if (ctx != NULL)
		tls.ctx_free(ctx); /* the SSL keeps it */
	return fine;
}

#else

const char *
tls_fault(void)
{
	return NULL;
}

bool
tls_open(char *why, size_t why_size)
{
	snprintf(why, why_size,
		 "rediss:// needs hiredis 1.0 or later with its part for TLS, and this program was "
		 "built with %d.%d: use a unix socket, or a tunnel such as stunnel on this machine",
		 HIREDIS_MAJOR, HIREDIS_MINOR);
	return false;
}

bool
tls_begin(struct redisContext *context, const char *host, const char *ca_file, char *why,
	  size_t why_size)
{
	(void)context;
	(void)host;
	(void)ca_file;
	return tls_open(why, why_size);
}

#endif
