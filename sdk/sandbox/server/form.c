/* SPDX-License-Identifier: Apache-2.0 */
/* See form.h. */
#include "server/form.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_PARTS = 32, MAX_BOUNDARY = 70, MAX_FIELD = 64, MAX_TEXT = 8192 };

struct part {
	char name[MAX_FIELD];
	const char *data;
	size_t len;
};

/* Reads the boundary from Content-Type, with its leading dashes. False when the type is not a
 * form. */
static bool
boundary_of(const struct request *req, char out[MAX_BOUNDARY + 8])
{
	const char *type = request_header(req, "Content-Type"), *value;
	size_t len;

	if (type == NULL || strncasecmp(type, "multipart/form-data", 19) != 0)
		return false;
	value = strcasestr(type, "boundary=");
	if (value == NULL)
		return false;
	value += strlen("boundary=");
	value += *value == '"';
	len = strcspn(value, "\";, ");
	if (len == 0 || len > MAX_BOUNDARY)
		return false;
	memcpy(out, "\r\n--", 4);
	memcpy(out + 4, value, len);
	out[4 + len] = '\0';
	return true;
}

/* Reads name="..." from a part's Content-Disposition in its header block. */
static bool
part_name(const char *head, size_t len, char out[MAX_FIELD])
{
	char *text = xstrndup(head, len), *name = text;
	size_t n = 0;

	while ((name = strcasestr(name, "name=\"")) != NULL && name > text && name[-1] != ' ' &&
	       name[-1] != ';')
		name++; /* filename="..." */
	if (name != NULL) {
		name += strlen("name=\"");
		n = strcspn(name, "\"");
		n = n < MAX_FIELD ? n : 0;
		memcpy(out, name, n);
	}
	out[n] = '\0';
	free(text);
	return n > 0;
}

/* The part after the boundary at *at. Moves *at behind the next boundary. */
static bool
next_part(const char **at, const char *end, const char *boundary, struct part *part)
{
	const char *head = *at, *body, *next;

	if (end - head < 2 || memcmp(head, "\r\n", 2) != 0)
		return false; /* "--": the last boundary */
	body = memmem(head, (size_t)(end - head), "\r\n\r\n", 4);
	if (body == NULL || !part_name(head, (size_t)(body - head), part->name))
		return false;
	body += 4;
	/* A part may be empty. Then its boundary begins with the line end of the header block. */
	next = memmem(body - 2, (size_t)(end - body + 2), boundary, strlen(boundary));
	if (next == NULL)
		return false;
	part->data = body;
	part->len = next > body ? (size_t)(next - body) : 0;
	*at = next + strlen(boundary);
	return true;
}

static void
add_text(struct json_object *body, const struct part *part)
{
	if (part->len == 4 && memcmp(part->data, "true", 4) == 0)
		json_add_bool(body, part->name, true);
	else if (part->len == 5 && memcmp(part->data, "false", 5) == 0)
		json_add_bool(body, part->name, false);
	else
		json_add(body, part->name, json_object_new_string_len(part->data, (int)part->len));
}

static bool
read_form(struct request *req, const char *boundary, const char *bytes, char **data, size_t *len)
{
	const char *at = req->raw.data, *end = at + req->raw.len;
	struct part part;
	int parts = 0;

	req->body = json_object_new_object();
	if (req->raw.len < strlen(boundary + 2) ||
	    memcmp(at, boundary + 2, strlen(boundary + 2)) != 0) {
		reply_error(req, 400, "MALFORMED_REQUEST", "The form has no parts.");
		return false;
	}
	at += strlen(boundary + 2);
	while (parts++ < MAX_PARTS && next_part(&at, end, boundary, &part)) {
		if (strcmp(part.name, bytes) == 0 && *data == NULL) {
			*data = xcalloc(1, part.len + 1);
			memcpy(*data, part.data, part.len);
			*len = part.len;
		} else if (part.len <= MAX_TEXT) {
			add_text(req->body, &part);
		}
	}
	return true;
}

static bool
read_json(struct request *req, const char *bytes, char **data, size_t *len)
{
	const char *text;

	req->body =
	    req->raw.len > 0 ? json_parse(req->raw.data, req->raw.len) : json_object_new_object();
	if (!json_object_is_type(req->body, json_type_object)) {
		reply_error(req, 400, "MALFORMED_REQUEST",
			    "Invalid JSON given in the body of the request - expected a map");
		return false;
	}
	text = json_str(req->body, bytes);
	if (text == NULL)
		return true;
	*data = decode_base64(text, strlen(text), len);
	if (*data == NULL)
		reply_error(req, 400, "MALFORMED_REQUEST",
			    "Could not parse request object: field '%s' is not base64", bytes);
	return *data != NULL;
}

bool
form_read(struct request *req, const char *bytes, char **data, size_t *len)
{
	char boundary[MAX_BOUNDARY + 8];

	*data = NULL;
	*len = 0;
	json_object_put(req->body);
	req->body = NULL;
	if (boundary_of(req, boundary))
		return read_form(req, boundary, bytes, data, len);
	return read_json(req, bytes, data, len);
}
