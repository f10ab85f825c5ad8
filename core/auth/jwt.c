/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/jwt.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/mem.h"
#include "config/config.h"

#define TIME_MAX_S 253402300799.0 /* the end of the year 9999 */
#define SIGNATURE_MAX 2048u	  /* bytes of a signature */
#define AUDIENCE_MAX 64u	  /* entries of `aud` */

static const struct json_limits header_limits = { JWT_HEADER_MAX, 8, 64, 32, 0 };
static const struct json_limits claims_limits = { JWT_MAX, 16, 2048, 32, 0 };

/* ---- parts --------------------------------------------------------------------------------- */

struct part {
	const char *text;
	size_t len;
};

/* A token with five parts is encrypted (JWE): it is refused as any other number of parts. */
static bool
split(const char *token, size_t len, struct part part[3])
{
	size_t n = 0;

	for (size_t at = 0, from = 0; at <= len; at++) {
		if (at < len && token[at] != '.')
			continue;
		if (n == 3 || at == from)
			return false;
		part[n++] = (struct part){ token + from, at - from };
		from = at + 1;
	}
	return n == 3;
}

/* An object, or NULL. */
static struct json_object *
read_object(const struct part *part, const struct json_limits *limits)
{
	struct json_object *tree = NULL;
	const char *why;
	size_t len, at;
	char *text;

	if (part->len > limits->bytes / 3 * 4 + 4)
		return NULL;
	text = xmalloc(part->len / 4 * 3 + 4);
	if (base64url_decode(part->text, part->len, (unsigned char *)text, &len)) {
		text[len] = '\0';
		tree = json_parse(text, len, limits, &why, &at);
	}
	free(text);
	if (json_object_is_type(tree, json_type_object))
		return tree;
	json_object_put(tree);
	return NULL;
}

/* The text of a value; NULL: it is none, or has a NUL, behind which it would be cut. */
static const char *
plain_text(struct json_object *value)
{
	const char *text =
	    json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;

	return text != NULL && strlen(text) == (size_t)json_object_get_string_len(value) ? text
											 : NULL;
}

/* ---- header -------------------------------------------------------------------------------- */

static bool
is_type(const char *type)
{
	if (strncasecmp(type, "application/", 12) == 0)
		type += 12;
	return strcasecmp(type, "JWT") == 0 || strcasecmp(type, "at+jwt") == 0;
}

static const char *
read_algorithm(struct json_object *header, unsigned algorithms, enum jwt_algorithm *algorithm)
{
	const char *name = plain_text(json_get(header, "alg"));

	if (name == NULL)
		return "the header of the token does not name an algorithm";
	for (unsigned i = 0; i < JWT_ALGORITHMS; i++)
		if ((algorithms & 1u << i) != 0 && strcmp(name, jwt_algorithm_names[i]) == 0) {
			*algorithm = (enum jwt_algorithm)i;
			return NULL;
		}
	return "the algorithm of the token is not in auth.oauth.algorithms";
}

static const char *
read_kid(struct json_object *header, struct jwt *jwt)
{
	const char *kid = plain_text(json_get(header, "kid"));

	jwt->named = json_object_object_get_ex(header, "kid", NULL);
	if (!jwt->named)
		return NULL;
	if (kid == NULL)
		return "the key id (kid) of the token is not a string";
	if (strlen(kid) > JWT_KID_MAX)
		return "the key id (kid) of the token is too long";
	strcpy(jwt->kid, kid);
	return NULL;
}

/* RFC 7515, 4.1.11: an extension that is not understood makes the token invalid. None is. */
static const char *
read_header(struct json_object *header, unsigned algorithms, struct jwt *jwt)
{
	static const char *const extensions[] = { "crit", "b64", "zip", "enc", "cty" };
	bool typed = json_object_object_get_ex(header, "typ", NULL);
	const char *type = plain_text(json_get(header, "typ")), *fault;

	for (size_t i = 0; i < ARRAY_SIZE(extensions); i++)
		if (json_object_object_get_ex(header, extensions[i], NULL))
			return "the header of the token has an extension that is not supported";
	if (typed && (type == NULL || !is_type(type)))
		return "the type of the token is not JWT or at+jwt";
	fault = read_algorithm(header, algorithms, &jwt->algorithm);
	return fault != NULL ? fault : read_kid(header, jwt);
}

static bool
is_signature(const struct part *part, enum jwt_algorithm algorithm)
{
	static const size_t exact[JWT_ALGORITHMS] = {
		[JWT_ES256] = 64, [JWT_ES384] = 96, [JWT_ES512] = 132
	};
	unsigned char bytes[SIGNATURE_MAX + 4];
	size_t len;

	if (part->len > SIGNATURE_MAX / 3 * 4 ||
	    !base64url_decode(part->text, part->len, bytes, &len))
		return false;
	return exact[algorithm] == 0 || len == exact[algorithm];
}

const char *
jwt_read(const char *token, size_t len, unsigned algorithms, struct jwt *jwt)
{
	struct json_object *header;
	const char *fault;
	struct part part[3];

	*jwt = (struct jwt){ 0 };
	if (len > JWT_MAX)
		return "the token is too long";
	if (!split(token, len, part))
		return "the token is not a signed JSON Web Token";
	header = read_object(&part[0], &header_limits);
	if (header == NULL)
		return "the header of the token cannot be read";
	fault = read_header(header, algorithms, jwt);
	json_object_put(header);
	if (fault != NULL)
		return fault;
	if (!is_signature(&part[2], jwt->algorithm))
		return "the signature of the token has the wrong form";
	jwt->claims = read_object(&part[1], &claims_limits);
	return jwt->claims != NULL ? NULL : "the claims of the token cannot be read";
}

void
jwt_fini(struct jwt *jwt)
{
	json_object_put(jwt->claims);
	jwt->claims = NULL;
}

/* ---- claims -------------------------------------------------------------------------------- */

static bool
is_audience(const struct config_oauth *oauth, struct json_object *value)
{
	const char *text = plain_text(value);

	if (text == NULL)
		return false;
	for (size_t i = 0; i < oauth->audience.count; i++)
		if (strcmp(text, oauth->audience.item[i]) == 0)
			return true;
	return false;
}

/* RFC 7519, 4.1.3: one text, or a list of texts. */
static bool
audience_fits(const struct jwt *jwt, const struct config_oauth *oauth)
{
	struct json_object *aud = json_get(jwt->claims, "aud");
	size_t n;
	bool found = false;

	if (!json_object_is_type(aud, json_type_array))
		return is_audience(oauth, aud);
	n = json_object_array_length(aud);
	if (n > AUDIENCE_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		struct json_object *item = json_object_array_get_idx(aud, i);

		if (!json_object_is_type(item, json_type_string))
			return false;
		found |= is_audience(oauth, item);
	}
	return found;
}

/* NumericDate (RFC 7519, 2): whole seconds or a fraction. 1: there; 0: absent; -1: not a time. */
static int
read_date(const struct jwt *jwt, const char *name, double *seconds)
{
	struct json_object *value;

	if (!json_object_object_get_ex(jwt->claims, name, &value))
		return 0;
	if (!json_object_is_type(value, json_type_int) &&
	    !json_object_is_type(value, json_type_double))
		return -1;
	*seconds = json_object_get_double(value);
	return *seconds >= 0 && *seconds <= TIME_MAX_S ? 1 : -1;
}

static const char *
check_times(const struct jwt *jwt, unsigned skew_s, int64_t now_s, int64_t *end_s)
{
	double exp = 0, nbf = 0, iat = 0, now = (double)now_s, skew = (double)skew_s;
	int has_nbf = read_date(jwt, "nbf", &nbf), has_iat = read_date(jwt, "iat", &iat);

	switch (read_date(jwt, "exp", &exp)) {
	case 0: return "the token has no expiry time";
	case 1: break;
	default: return "the expiry time of the token is not valid";
	}
	if (has_nbf < 0 || has_iat < 0)
		return "a time in the token is not valid";
	if (now >= exp + skew)
		return "the token has expired";
	if (has_nbf > 0 && now < nbf - skew)
		return "the token is not valid yet";
	if (has_iat > 0 && now < iat - skew)
		return "the token was issued in the future";
	*end_s = (int64_t)(exp + skew);
	*end_s += (double)*end_s < exp + skew; /* the next whole second */
	return NULL;
}

const char *
jwt_check(const struct jwt *jwt, const struct config_oauth *oauth, int64_t now_s, int64_t *end_s)
{
	const char *issuer = plain_text(json_get(jwt->claims, "iss"));

	if (issuer == NULL || strcmp(issuer, oauth->issuer) != 0)
		return "the token was issued by another issuer";
	if (!audience_fits(jwt, oauth))
		return "the token is for another audience";
	return check_times(jwt, oauth->skew_s, now_s, end_s);
}

struct json_object *
jwt_claim(const struct jwt *jwt, const char *name)
{
	struct json_object *value = jwt->claims;
	char part[256];

	if (*name != '/')
		return json_get(value, name);
	while (value != NULL && *name == '/') {
		size_t len = strcspn(name + 1, "/");

		if (len >= sizeof(part))
			return NULL;
		memcpy(part, name + 1, len);
		part[len] = '\0';
		value = json_object_is_type(value, json_type_object) ? json_get(value, part) : NULL;
		name += len + 1;
	}
	return value;
}
