/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the framework's own files share and domains do not need: the life of a request, of the
 * workspaces and of the server.
 */
#ifndef SANDBOX_INTERNAL_H
#define SANDBOX_INTERNAL_H

#include <microhttpd.h>

#include "sandbox.h"

/* ---- background.c ---- */
void background_stop(void); /* no new tasks; cancels all */
void background_join(void); /* waits until none runs */

/* ---- workspace.c ---- */
/* Finds or makes a workspace; NULL when too many exist or its folder cannot be made. */
struct workspace *ws_open(const char *name);
void ws_close_all(void);
bool read_secret_file(const char *path, char *out, size_t size);
bool write_secret_file(const char *path, const char *text);

/* ---- request.c ---- */
void request_init(struct request *req, const char *method, const char *uri);
void request_fini(struct request *req);
/* NULL when no domain has the path with this method.  Fills the path variables. */
const struct route *route_find(struct request *req);
/* Percent-decodes in place into a new string; NULL on %00, a broken escape or invalid UTF-8. */
char *url_decode(const char *text, size_t len, bool plus_is_space);
/* "a=b&c=d" into pairs; false on an undecodable one. */
bool args_parse(const char *text, struct query_arg **args, size_t *count);
void args_free(struct query_arg *args, size_t count);
const char *args_find(const struct query_arg *args, size_t count, const char *name);

/* ---- auth.c ---- */
bool auth_load(void);		      /* reads or makes DIR's token, client and key */
void reply_401(struct request *req);  /* no or broken credentials; error_code is a number */
bool auth_check(struct request *req); /* fills ws, user, trusted; or has answered 401/403 */

/* ---- reply.c ---- */
struct reply_field {
	char *name, *value;
	struct reply_field *next;
};

struct reply {
	int status;
	char type[128];		  /* "" = no Content-Type */
	struct json_object *tree; /* serialised when sent; NULL for the other kinds */
	char *data;
	size_t len;
	int fd; /* -1, or a file: offset and length below */
	uint64_t offset, length;
	stream_fn stream;
	void *stream_arg;
	void (*stream_free)(void *arg);
	struct reply_field *fields;
};
void reply_render(struct reply *reply); /* tree to data */
void reply_free(struct reply *reply);

/* ---- settings.c ---- */
void settings_set_delay(int64_t ms);

/* ---- fault.c, requestlog.c ---- */
enum fault_kind {
	FAULT_NONE,
	FAULT_STATUS,
	FAULT_LATENCY,
	FAULT_THROTTLE,
	FAULT_HTML_503,
	FAULT_RESET,
	FAULT_TRUNCATE,
	FAULT_LOGIN,
	FAULT_HTML_200,
	FAULT_NUMERIC_401,
	FAULT_EMPTY,
	FAULT_DRIP,
	FAULT_GARBAGE,
};

struct fault {
	enum fault_kind kind;
	int status;
	int64_t delay_ms;    /* latency; between drips */
	int64_t at;	     /* byte where reset and truncate cut */
	int64_t retry_after; /* seconds; -1 = no header */
	char *body;	     /* owned; NULL = a default */
	char type[64];	     /* its content type */
};
/* Takes one use of the first matching fault.  False when none matches. */
bool fault_take(const struct request *req, struct fault *out);
/* Answers in place of the handler; false when the handler has to run (latency, reset, ...). */
bool fault_answer(struct request *req, const struct fault *fault);
/* Spoils the answer the handler made. */
void fault_spoil(struct request *req, const struct fault *fault);
const char *fault_name(enum fault_kind kind);

void requestlog_add(struct request *req, int status, const char *fault, int64_t started_ms);

/* ---- http.c ---- */
bool http_start(int listen_fd);
void http_stop(void);
/* Calls fn(name, value) for each request header. */
void http_headers(const struct request *req,
		  void (*fn)(void *arg, const char *name, const char *value), void *arg);
void http_linger_reset(struct request *req); /* closing will send RST */

#endif
