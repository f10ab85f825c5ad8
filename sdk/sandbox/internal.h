/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that the files of the framework share: requests, workspaces and the server from start
 * to end. Domains do not use them. */
#ifndef SANDBOX_INTERNAL_H
#define SANDBOX_INTERNAL_H

#include <microhttpd.h>

#include "sandbox.h"

/* ---- background.c ---- */
void background_stop(void); /* prevents new tasks and cancels all running ones */
void background_join(void); /* waits until no task is running */

/* ---- workspace.c ---- */
/* Finds or creates a workspace. NULL when there are too many, or its folder cannot be created. */
struct workspace *ws_open(const char *name);
void ws_close_all(void);
bool read_secret_file(const char *path, char *out, size_t size);
bool write_secret_file(const char *path, const char *text);

/* ---- request.c ---- */
void request_init(struct request *req, const char *method, const char *uri);
void request_fini(struct request *req);
/* Finds the route. NULL when no domain has one for this path and method. Fills the path
 * variables. */
const struct route *route_find(struct request *req);
/* Percent-decodes a text into a new string. NULL for %00, an invalid escape, or invalid UTF-8. */
char *url_decode(const char *text, size_t len, bool plus_is_space);
/* Splits "a=b&c=d" into pairs. False when one of them cannot be decoded. */
bool args_parse(const char *text, struct query_arg **args, size_t *count);
void args_free(struct query_arg *args, size_t count);
const char *args_find(const struct query_arg *args, size_t count, const char *name);

/* ---- auth.c ---- */
bool auth_load(void); /* reads or creates DIR's token, client and key */
/* the answer for missing or invalid credentials; error_code is a number */
void reply_401(struct request *req);
/* fills ws, user, trusted; false when it has answered 401 or 403 */
bool auth_check(struct request *req);

/* ---- reply.c ---- */
struct reply_field {
	char *name, *value;
	struct reply_field *next;
};

struct reply {
	int status;
	char type[128]; /* "" = no Content-Type */
	/* a JSON answer, serialised when it is sent; NULL for other kinds of answers */
	struct json_object *tree;
	char *data;
	size_t len;
	int fd; /* descriptor of a file, with offset and length below; or -1 */
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
	int64_t delay_ms;    /* delay of the fault latency, or between the bytes of drip */
	int64_t at;	     /* the byte at which reset and truncate cut the answer */
	int64_t retry_after; /* seconds; -1 = no header */
	char *body;	     /* owned; NULL = a default */
	char type[64];	     /* its content type */
};
/* Takes one use of the first fault that matches. False when no fault matches. */
bool fault_take(const struct request *req, struct fault *out);
/* Answers instead of the handler. False when the handler must run (latency, reset, ...). */
bool fault_answer(struct request *req, const struct fault *fault);
/* Changes the handler's answer according to the fault. */
void fault_spoil(struct request *req, const struct fault *fault);
const char *fault_name(enum fault_kind kind);

void requestlog_add(struct request *req, int status, const char *fault, int64_t started_ms);

/* ---- http.c ---- */
bool http_start(int listen_fd);
void http_stop(void);
/* Calls fn(name, value) for each request header. */
void http_headers(const struct request *req,
		  void (*fn)(void *arg, const char *name, const char *value), void *arg);
void http_linger_reset(struct request *req); /* closing sends RST */

#endif
