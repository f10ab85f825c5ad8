/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/jose.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"

#define KEY_TEXT_MAX (32u << 10) /* bytes of one key, with certificates */
#define SAME_NAME_MAX 4u	 /* keys that are tried for one token */
#define ALL_RSA                                                                                    \
	(1u << JWT_RS256 | 1u << JWT_RS384 | 1u << JWT_RS512 | 1u << JWT_PS256 | 1u << JWT_PS384 | \
	 1u << JWT_PS512)

static const struct json_limits set_limits = { KEYS_TEXT_MAX, 16, 8192, 64, 0 };

struct key {
	char *kid;	     /* NULL: it has no name */
	unsigned algorithms; /* that it may be used for */
	struct jose_key *key;
};

struct keys {
	struct key key[KEYS_MAX];
	size_t count;
	unsigned users;
};

/* ---- one key ------------------------------------------------------------------------------- */

/* The bits of the modulus; 0: it is not there. */
static unsigned
modulus_bits(struct json_object *key)
{
	unsigned char bytes[KEYS_RSA_MOST / 8 + 16], first;
	const char *text = json_str(key, "n");
	size_t len, at = 0;
	unsigned bits;

	if (text == NULL || strlen(text) > sizeof(bytes) / 3 * 4 - 4 ||
	    !base64url_decode(text, strlen(text), bytes, &len))
		return 0;
	while (at < len && bytes[at] == 0)
		at++;
	if (at == len)
		return 0;
	bits = (unsigned)(len - at) * 8;
	for (first = bytes[at]; (first & 0x80) == 0; first = (unsigned char)(first << 1))
		bits--;
	return bits;
}

/* The algorithms that its kind allows. A symmetric key ("oct") is in no public set. */
static unsigned
by_kind(struct json_object *key)
{
	const char *kind = json_str(key, "kty"), *curve = json_str(key, "crv");
	unsigned bits;

	if (kind == NULL)
		return 0;
	if (strcmp(kind, "RSA") == 0) {
		bits = modulus_bits(key);
		return bits >= KEYS_RSA_LEAST && bits <= KEYS_RSA_MOST ? ALL_RSA : 0;
	}
	if (strcmp(kind, "EC") != 0 || curve == NULL)
		return 0;
	return strcmp(curve, "P-256") == 0 ? 1u << JWT_ES256
	     : strcmp(curve, "P-384") == 0 ? 1u << JWT_ES384
	     : strcmp(curve, "P-521") == 0 ? 1u << JWT_ES512
					   : 0;
}

/* RFC 7517, 4.2 and 4.3: a key for another use verifies no signature. */
static bool
may_verify(struct json_object *key)
{
	struct json_object *list = json_get(key, "key_ops");
	const char *use = json_str(key, "use");

	if (json_object_object_get_ex(key, "use", NULL) && (use == NULL || strcmp(use, "sig") != 0))
		return false;
	if (!json_object_object_get_ex(key, "key_ops", NULL))
		return true;
	if (!json_object_is_type(list, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *item = json_object_get_string(json_object_array_get_idx(list, i));

		if (item != NULL && strcmp(item, "verify") == 0)
			return true;
	}
	return false;
}

static unsigned
algorithms_of(struct json_object *key)
{
	const char *name = json_str(key, "alg");
	unsigned allowed = may_verify(key) ? by_kind(key) : 0;

	if (!json_object_object_get_ex(key, "alg", NULL))
		return allowed;
	for (unsigned i = 0; name != NULL && i < JWT_ALGORITHMS; i++)
		if (strcmp(name, jwt_algorithm_names[i]) == 0)
			return allowed & 1u << i;
	return 0;
}

/* Only the members of the public key go to the library. */
static struct jose_key *
import(struct json_object *key)
{
	static const char *const members[] = { "kty", "crv", "n", "e", "x", "y" };
	struct json_object *public = json_object_new_object();
	struct jose_key *made = NULL;
	struct buf text;

	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (json_str(key, members[i]) != NULL)
			json_object_object_add(public, members[i],
					       json_object_get(json_get(key, members[i])));
	buf_init(&text, KEY_TEXT_MAX);
	buf_json_tree(&text, public);
	if (buf_ok(&text))
		made = jose_key_new(text.data, text.len);
	buf_fini(&text);
	json_object_put(public);
	return made;
}

static void
take_key(struct keys *keys, struct json_object *json)
{
	const char *kid = json_str(json, "kid");
	struct key key = { .algorithms = algorithms_of(json) };

	if (key.algorithms == 0 || (kid != NULL && strlen(kid) > JWT_KID_MAX))
		return;
	key.key = import(json);
	if (key.key == NULL)
		return;
	key.kid = kid != NULL ? xstrdup(kid) : NULL;
	keys->key[keys->count++] = key;
}

/* ---- the set ------------------------------------------------------------------------------- */

static bool
take_all(struct keys *keys, struct json_object *list, char *why, size_t why_size)
{
	size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	if (n > KEYS_MAX) {
		snprintf(why, why_size, "the set has more than %u keys", KEYS_MAX);
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		struct json_object *key = json_object_array_get_idx(list, i);

		if (json_object_is_type(key, json_type_object))
			take_key(keys, key);
	}
	snprintf(
	    why, why_size,
	    "the set has no key for signatures that can be used: RSA with 2048 bits or more, or "
	    "P-256, P-384 or P-521");
	return keys->count > 0;
}

struct keys *
keys_new(const char *text, size_t len, char *why, size_t why_size)
{
	struct json_object *tree;
	const char *fault = NULL;
	struct keys *keys;
	size_t at;
	bool fine;

	if (!jose_open(why, why_size))
		return NULL;
	tree = json_parse(text, len, &set_limits, &fault, &at);
	if (tree == NULL || json_arr(tree, "keys") == NULL) {
		snprintf(why, why_size, "the answer is not a JSON Web Key Set%s%s",
			 fault != NULL ? ": " : "", fault != NULL ? fault : "");
		json_object_put(tree);
		return NULL;
	}
	keys = xcalloc(1, sizeof(*keys));
	keys->users = 1;
	fine = take_all(keys, json_arr(tree, "keys"), why, why_size);
	json_object_put(tree);
	if (fine)
		return keys;
	keys_free(keys);
	return NULL;
}

struct keys *
keys_share(struct keys *keys)
{
	keys->users++;
	return keys;
}

void
keys_free(struct keys *keys)
{
	if (keys == NULL || --keys->users > 0)
		return;
	for (size_t i = 0; i < keys->count; i++) {
		free(keys->key[i].kid);
		jose_key_free(keys->key[i].key);
	}
	free(keys);
}

size_t
keys_count(const struct keys *keys)
{
	return keys->count;
}

static bool
may_have_signed(const struct key *key, const struct jwt *jwt)
{
	if ((key->algorithms & 1u << jwt->algorithm) == 0)
		return false;
	return !jwt->named || (key->kid != NULL && strcmp(key->kid, jwt->kid) == 0);
}

enum keys_verdict
keys_verify(const struct keys *keys, const struct jwt *jwt, const char *token, size_t len)
{
	size_t tried = 0;

	for (size_t i = 0; i < keys->count && tried < SAME_NAME_MAX; i++) {
		if (!may_have_signed(&keys->key[i], jwt))
			continue;
		tried++;
		if (jose_verify(token, len, keys->key[i].key))
			return KEYS_SIGNED;
	}
	return tried > 0 ? KEYS_FORGED : KEYS_UNKNOWN;
}
