/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside egress. A transfer is what somebody waits for; a flight is the request on the wire, with
 * its attempts. Usually one transfer has one flight; with MCP_HTTP_SINGLE_FLIGHT several transfers
 * may wait for one. A reply is shared by counting: by the transfers it is for, and by the cache.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_INTERNAL_H
#define CORE_EGRESS_INTERNAL_H

#include "base/buf.h"
#include "base/loop.h"
#include "egress/credential.h"
#include "egress/curl_api.h"
#include "egress/egress.h"

#define EGRESS_URL_MAX 16384		/* bytes of a whole URL */
#define EGRESS_BODY_MAX (16u << 20)	/* bytes of a request body in memory */
#define EGRESS_VALUE_MAX 8192		/* bytes of one header of a request */
#define EGRESS_HEADERS_MAX 128		/* headers of a reply */
#define EGRESS_HEADER_BYTES (64u << 10) /* bytes of all of them */
#define EGRESS_ERROR_MAX (64u << 10)	/* bytes kept of the body of an error reply */
#define EGRESS_RETRY_AFTER_MAX_MS 60000 /* longest wait that a reply may ask for */
#define EGRESS_WHY_MAX 512

struct reply {
	unsigned refs;
	struct mcp_reply public;
	char *why, *request_id;
	struct buf body;
	struct mcp_header *headers; /* names and values are owned */
	size_t n_headers;
};

struct reply *reply_new(size_t body_cap);
struct reply *reply_error(enum mcp_status error, const char *why);
struct reply *reply_ref(struct reply *reply);
void reply_unref(struct reply *reply);
void reply_add_header(struct reply *reply, const char *name, size_t name_len, const char *value,
		      size_t value_len);
void reply_clear(struct reply *reply);				       /* for the next attempt */
const char *reply_header(const struct reply *reply, const char *name); /* or NULL */
void reply_set_why(struct reply *reply, enum mcp_status error, const char *why);
/* Fills `public` from the rest. */
void reply_seal(struct reply *reply);

/* A file of the operator's transfer_dirs. */
struct transfer_file {
	int fd, dir;	   /* -1: none; `dir` is where the name is */
	char *name, *part; /* final and temporary name in `dir`, of an output */
	uint64_t size;	   /* of an input; written so far, of an output */
};

void transfer_file_init(struct transfer_file *file);
void transfer_file_fini(struct transfer_file *file); /* removes an output that was not kept */
/* NULL when open, else a failure with `why`. */
enum mcp_status transfer_file_read(struct transfer_file *file, const struct strings *dirs,
				   const char *path, char *why, size_t why_size);
enum mcp_status transfer_file_write(struct transfer_file *file, const struct strings *dirs,
				    const char *path, char *why, size_t why_size);
bool transfer_file_put(struct transfer_file *file, const char *data, size_t len);
bool transfer_file_restart(struct transfer_file *file);
enum mcp_status transfer_file_keep(struct transfer_file *file, char *why, size_t why_size);

/* What a request carries, checked and copied. */
struct request {
	const struct config_upstream *upstream;
	char *plugin, *tool, *principal;
	char *method, *url;
	char *path;		/* for the log: no query; of a link only its host */
	bool link;		/* a pre-signed one */
	bool grant;		/* for an access token, of the host itself */
	struct strings headers; /* "Name: value" */
	char *accept;		/* of the headers, or NULL */
	struct buf body;
	struct transfer_file input, output;
	bool has_body;
	enum mcp_retry retry;
	enum mcp_reply_kind reply;
	uint64_t max_bytes; /* 0: any number */
	uint32_t timeout_ms, cache_ms;
	bool single_flight;
	char *key; /* of equal requests; NULL: not to be shared or cached */
};

/* MCP_OK, or why the request is refused. */
enum mcp_status request_init(struct request *request, const struct egress *egress,
			     const struct egress_scope *scope, const struct mcp_http *http,
			     char *why, size_t why_size);
void request_fini(struct request *request);
uint64_t request_body_len(const struct request *request);
/* Builds a body from pieces; resolves secret references that the operator listed. */
enum mcp_status body_build(struct buf *body, const struct mcp_piece *piece, size_t n,
			   const struct strings *references, char *why, size_t why_size);
/* NULL when a pre-signed link may be used, else why not. */
const char *link_check(const struct config_upstream *upstream, const char *text);

/* Why an attempt was ended from our side. */
enum stop {
	STOP_NOT,
	STOP_SINK,
	STOP_TOO_LARGE,
	STOP_HEADERS,
	STOP_ERROR_BODY,
	STOP_PAGE,
	STOP_FILE,
	STOP_ABANDONED
};

struct flight {
	struct egress *egress;
	struct flight *next, **link; /* in egress->flights */
	struct transfer *waiters;
	struct request request;
	struct reply *reply;
	egress_sink_fn sink;
	void *sink_data;
	int64_t deadline_ms; /* the latest of its waiters; 0: none */
	int64_t started_us;
	CURL *easy; /* of the attempt under way */
	struct curl_slist *list;
	char detail[CURL_ERROR_SIZE];
	uint64_t body_at; /* sent so far */
	unsigned attempts;
	enum stop stop;
	char stop_why[EGRESS_WHY_MAX];
	size_t header_bytes;
	bool headers_done, to_buffer; /* where the body of this reply goes */
	bool delivered;		      /* the sink has got something: no more attempts */
	bool paused, held;	      /* the sink wants no more now; libcurl holds back */
	bool running;		      /* libcurl has its handle */
	bool finishing, queued;
	bool waits;	       /* for an access token */
	bool authorized_again; /* after a 401 */
	unsigned generation;   /* of the secret that was sent */
	struct flight *next_waiting;
	struct flight *next_queued;
	struct loop_timer retry;
};

struct transfer {
	struct egress *egress;
	struct flight *flight; /* or NULL: `ready` is to be given */
	struct reply *ready;
	struct transfer *next, **link; /* of the flight, or of egress->pending */
	egress_done_fn done;
	void *data;
	int64_t deadline_ms;
	struct loop_timer deadline;
};

struct cache;

struct egress {
	struct loop *loop;
	const struct config *config;
	const struct curl_api *curl; /* NULL until the first request */
	CURLM *multi;
	CURLSH *share; /* TLS sessions */
	char *no_proxy;
	struct loop_timer timer;
	struct flight *flights;
	struct flight *queue;	  /* to be started soon; the newest first */
	struct transfer *pending; /* with a reply ready */
	size_t n_pending;
	bool abandoned; /* some flight is STOP_ABANDONED */
	struct loop_job job;
	bool posted;
	size_t running;		  /* flights that libcurl has */
	size_t peak, peak_before; /* most of them at a time, in this while and in the last */
	int64_t peak_since_ms;
	struct loop_timer idle;
	unsigned inside;	       /* libcurl is running: no handle may be added or removed */
	struct credential *credential; /* of each upstream */
	struct cache *cache;
};

/* multi.c: libcurl on the loop. False with `why`. */
bool multi_open(struct egress *egress, char *why, size_t why_size);
void multi_close(struct egress *egress);
bool multi_add(struct egress *egress, struct flight *flight);
void multi_remove(struct egress *egress, struct flight *flight);

/* attempt.c: one attempt's handle and its callbacks. */
bool attempt_start(struct flight *flight);
void attempt_end(struct flight *flight); /* also while it is under way */
bool attempt_sent_nothing(const struct flight *flight);
void attempt_resume(struct flight *flight);

/* flight.c: from the first attempt to the reply. */
struct flight *flight_new(struct egress *egress);
void flight_start(struct flight *flight);  /* or go on after a pause */
void flight_queue(struct flight *flight);  /* flight_start() soon */
void flights_sweep(struct egress *egress); /* ends what was dropped while libcurl was running */
void flight_attempted(struct flight *flight, CURLcode rc);
void flight_fail(struct flight *flight, enum mcp_status error, const char *why);
void flight_drop(struct flight *flight);		/* nobody waits any more */
const char *flight_target(const struct flight *flight); /* for messages */
void flight_leave(struct transfer *transfer);
struct transfer *transfer_pop(struct transfer **list); /* the first; the list is not empty */
void transfer_give(struct transfer *transfer, struct reply *reply); /* and frees it */
void egress_later(struct egress *egress); /* runs the queue and the pending ones soon */
/* Sends a request of the host's own, which is taken. */
struct transfer *egress_take_off(struct egress *egress, struct request *request,
				 int64_t deadline_ms, egress_done_fn done, void *data);

/* retry.c: no state, no clock of its own. */
struct retry_case {
	enum mcp_retry class;
	CURLcode rc;
	int status;	   /* with CURLE_OK */
	bool sent_nothing; /* not one byte of the request left */
	bool delivered;
};
bool retry_allowed(const struct retry_case *what);
/* Milliseconds that a Retry-After asks for; -1: not said. */
int64_t retry_after_ms(const struct curl_api *curl, const char *value, int64_t now_wall_ms);
/* How long to wait before attempt `n` + 1; `after_ms` as above, `random` any number. */
int64_t retry_wait_ms(unsigned n, int64_t after_ms, uint32_t random);
/* What a failed attempt means. */
enum mcp_status failure_describe(const struct flight *flight, CURLcode rc, char *why,
				 size_t why_size);

/* cache.c: replies of GET requests that may be given again. */
struct cache *cache_new(size_t entry_max, size_t total_max, size_t count_max);
void cache_free(struct cache *cache);
struct reply *cache_find(struct cache *cache, const char *key, int64_t max_age_ms, int64_t now_ms);
void cache_put(struct cache *cache, const char *key, struct reply *reply, int64_t now_ms);
void cache_forget(struct cache *cache, const char *prefix); /* keys that begin so */

#endif
