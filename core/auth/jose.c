/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/jose.h"

#include <cjose/jwk.h>
#include <cjose/jws.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define JOSE_LIBRARY "libcjose.so.0"

static struct {
	cjose_jwk_t *(*jwk_import)(const char *json, size_t len, cjose_err *err);
	bool (*jwk_release)(cjose_jwk_t *jwk);
	cjose_jws_t *(*jws_import)(const char *compact, size_t len, cjose_err *err);
	bool (*jws_verify)(cjose_jws_t *jws, const cjose_jwk_t *jwk, cjose_err *err);
	void (*jws_release)(cjose_jws_t *jws);
} jose;

static const struct {
	const char *name;
	void *place;
} jose_symbols[] = {
	{ "cjose_jwk_import", &jose.jwk_import },   { "cjose_jwk_release", &jose.jwk_release },
	{ "cjose_jws_import", &jose.jws_import },   { "cjose_jws_verify", &jose.jws_verify },
	{ "cjose_jws_release", &jose.jws_release },
};

_Static_assert(ARRAY_SIZE(jose_symbols) * sizeof(void *) == sizeof(jose),
	       "every member has a symbol");

bool
jose_open(char *why, size_t why_size)
{
	void *library;

	if (jose.jwk_import != NULL)
		return true;
	library = dlopen(JOSE_LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (library == NULL) {
		snprintf(why, why_size, "libcjose cannot be loaded (%s): install libcjose0",
			 dlerror());
		return false;
	}
	for (size_t i = ARRAY_SIZE(jose_symbols); i-- > 0;) { /* the one that is asked for last */
		void *symbol = dlsym(library, jose_symbols[i].name);

		if (symbol == NULL) {
			snprintf(why, why_size, JOSE_LIBRARY " lacks %s", jose_symbols[i].name);
			return false;
		}
		memcpy(jose_symbols[i].place, &symbol, sizeof(symbol));
	}
	return true;
}

struct jose_key *
jose_key_new(const char *json, size_t len)
{
	CHECK(jose.jwk_import != NULL);
	return (struct jose_key *)jose.jwk_import(json, len, NULL);
}

void
jose_key_free(struct jose_key *key)
{
	if (key != NULL)
		jose.jwk_release((cjose_jwk_t *)key);
}

bool
jose_verify(const char *token, size_t len, const struct jose_key *key)
{
	cjose_err err;
	cjose_jws_t *jws = jose.jws_import(token, len, &err);
	bool good = jws != NULL && jose.jws_verify(jws, (const cjose_jwk_t *)key, &err);

	if (jws != NULL)
		jose.jws_release(jws);
	return good;
}
