/* SPDX-License-Identifier: Apache-2.0 */
/* What the audit log records. Any folder fills one and gives it to audit_report(). */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUDIT_EVENT_H
#define CORE_AUDIT_EVENT_H

#include <stddef.h>
#include <stdint.h>

enum audit_type {
	AUDIT_DECISION,	    /* of the policy, before a call */
	AUDIT_CALL,	    /* the end of a call */
	AUDIT_AUTH,	    /* a failed authentication */
	AUDIT_CONFIRMATION, /* a person confirmed a call, or did not */
	/* lines of the audit itself */
	AUDIT_BEGIN,	  /* the first line of a chain: a process has started */
	AUDIT_CONTINUE,	  /* the first line of a new file in the middle of a chain */
	AUDIT_CHECKPOINT, /* is also in the log of the program */
	AUDIT_LOST,	  /* events were lost, because nothing could be written */
	AUDIT_END,	  /* the last line of a chain: the process has ended in order */
	AUDIT_TYPES
};
extern const char *const audit_type_names[AUDIT_TYPES];

/* The texts of an event, in the order of the line. */
#define AUDIT_TEXTS(T)  \
	T(call)         \
	T(principal)    \
	T(client)       \
	T(version)      \
	T(era)          \
	T(from)         \
	T(workspace)    \
	T(on_behalf_of) \
	T(plugin)       \
	T(tool)         \
	T(access)       \
	T(verdict)      \
	T(rule)         \
	T(status)       \
	T(why)          \
	T(requests)     \
	T(redact)

/* The numbers of an event. */
#define AUDIT_NUMBERS(N) \
	N(rows)          \
	N(bytes)         \
	N(reused)        \
	N(ms)

/* All is borrowed until audit_report() returns. A text that is NULL, and a number below 0, is left
 * out of the line. */
struct audit_event {
	enum audit_type type;
	const char *call;      /* id of the call: its lines have the same */
	const char *principal; /* who called */
	const char *client;    /* the client program says its name … */
	const char *version;   /* … and its version */
	const char *era;       /* the protocol revision */
	const char *from;      /* the address of the peer */
	const char *workspace; /* the upstream's name */
	/* requests to it have a credential of the principal: "exchange" or "forwarded" */
	const char *on_behalf_of;
	const char *plugin, *tool;
	const char *access;   /* what the tool needs: read, write or admin */
	const char *verdict;  /* allow or deny; of confirmations ask, confirm, deny, expired */
	const char *rule;     /* the rule that decided */
	const char *status;   /* "ok", or the reason of a failure as one word */
	const char *why;      /* for people */
	const char *requests; /* ids of requests to the upstream, separated by spaces */
	const char *redact;   /* names of secret arguments, separated by spaces; not written */
	int64_t rows, bytes, ms;
	int64_t reused; /* how many answers of the upstream came from requests of other calls */
	const char *arguments; /* JSON text of an object, or NULL: its digest is written */
	size_t arguments_len;
};

/* An event without texts and numbers. */
#define AUDIT_EVENT(kind)                                                        \
	{                                                                        \
		.type = (kind), .rows = -1, .bytes = -1, .ms = -1, .reused = -1, \
	}

#endif
