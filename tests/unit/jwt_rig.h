/* SPDX-License-Identifier: Apache-2.0 */
/* An authorization server for tests: its keys, tokens that are signed with OpenSSL alone, and a
 * fetcher whose answers the test gives. */
#ifndef TESTS_UNIT_JWT_RIG_H
#define TESTS_UNIT_JWT_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/fetch.h"
#include "config/config.h"

#define NOW 1700000000 /* seconds since 1970, in all tokens of the tests */
#define ISSUER "https://as.example.com/tenant"
#define RESOURCE "https://lake.example.com/mcp"

/* With what a token is signed. The first have a key in the set of the server. */
enum jwt_sign {
	SIGN_RS256,
	SIGN_RS512,
	SIGN_PS256,
	SIGN_PS384,
	SIGN_ES256,
	SIGN_ES384,
	SIGN_ES512,
	SIGN_OTHER,	 /* RS256 with a key that the server does not have */
	SIGN_SMALL,	 /* RS256 with 1024 bits, in the set */
	SIGN_NOTHING,	 /* no signature: the token ends with a dot */
	SIGN_HMAC_PEM,	 /* HS256 with the public key in PEM as secret */
	SIGN_HMAC_N,	 /* HS256 with the modulus as secret */
	SIGN_HMAC_EMPTY, /* HS256 without a secret */
	SIGN_ZEROS,	 /* 64 zero bytes: r = s = 0 */
	SIGN_DER,	 /* ES256 in ASN.1 instead of two numbers */
	SIGN_SHORT,	 /* RS256 without its last byte */
};

void jwt_rig_begin(void); /* makes the keys, once */
void jwt_rig_end(void);
/* The set of keys, for free(). `only` NULL: all; else only the key of this name. */
char *jwt_rig_set(const char *only);
/* A token of these two JSON texts, for free(). */
char *jwt_rig_token(const char *header, const char *claims, enum jwt_sign sign);
/* A configuration as config_load() makes it for this server. */
void jwt_rig_config(struct config *config);
void jwt_rig_config_fini(struct config *config);

/* What was asked for last; NULL: nothing runs. */
extern char *jwt_rig_asked;
extern size_t jwt_rig_fetches; /* how often something was asked for */
struct fetcher jwt_rig_fetcher(void);
/* Answers what was asked for: with a body, or with a reason. */
void jwt_rig_answer(const char *body, const char *why);

#endif
