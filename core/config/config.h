/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration: one immutable struct, made from defaults, a libconfig file, the files of
 * enabled plugins, the environment and --set. Everything is checked here, once. Faults name file,
 * line and key. Unknown keys are errors.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CONFIG_CONFIG_H
#define CORE_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/audit.h"
#include "base/log.h"
#include "base/address.h"
#include "base/fence.h"
#include "base/principal.h"
#include "limits/rule.h"
#include "limits/store.h"

/* Limits (design: named, settable, tested at n-1, n, n+1). */
#define LIMIT_BODY (4u << 20)	   /* bytes of a request body or stdio line */
#define LIMIT_DEPTH 64u		   /* nesting of inbound JSON */
#define LIMIT_HEADERS 8192u	   /* bytes of request line and headers; more is 431 */
#define LIMIT_HANDLE 1024u	   /* bytes of any id, cursor or handle */
#define LIMIT_RESULT_TEXT 40000u   /* bytes of text of one result */
#define LIMIT_RESULT_ROWS 100u	   /* rows of one table result */
#define LIMIT_CELL 200u		   /* characters of one cell */
#define LIMIT_REPLY (16u << 20)	   /* bytes of an upstream reply in memory */
#define LIMIT_REPLIES (256u << 20) /* bytes of all replies that are held at once */
#define LIMIT_CALL_MS 55000u	   /* a call must answer within this time */
#define LIMIT_STEPS 64u		   /* running calls of one principal */
#define LIMIT_SUSPENDED 20000u	   /* unfinished calls of the host */
#define LIMIT_DRAIN_MS 30000u	   /* time for running calls after SIGTERM */
#define LIMIT_LEFT_STATEMENT_S 60u /* counted for an operation that goes on after its call */
#define LIMIT_CONNECTIONS 4096u
#define LIMIT_LISTENS 1024u   /* open subscriptions/listen of the host */
#define LIMIT_SESSIONS 10000u /* legacy sessions whose optional state is kept */

struct strings {
	char **item;
	size_t count;
};

struct config_listener {
	enum { LISTEN_TCP, LISTEN_UNIX, LISTEN_SYSTEMD } kind;
	char *host; /* TCP: address; unix: path */
	uint16_t port;
	char *tls_certificate, *tls_key; /* PEM files, or NULL */
	char *tls_client_ca;		 /* PEM file: clients need a certificate; or NULL */
	unsigned mode;			 /* of a unix socket */
	bool anywhere; /* other machines may reach it: callers are authenticated, and TLS or a
			* listed proxy protects their credentials */
};

/* How callers over HTTP are authenticated. */
enum inbound { INBOUND_NONE, INBOUND_TOKEN, INBOUND_HEADER, INBOUND_OAUTH, INBOUND_MTLS };

/* The field of a client certificate that names the principal: the common name of the subject, or a
 * subject alternative name. */
enum certificate_field { CERTIFICATE_CN, CERTIFICATE_EMAIL, CERTIFICATE_DNS, CERTIFICATE_URI };

struct config_principal {
	char *name;
	enum access access;
	struct strings groups; /* groups of the principal, in addition to those of its credential */
	char *workspace; /* the upstream of `workspaces` that its calls use; NULL: they choose */
};

struct config_group {
	char *name;
	enum access access; /* access of its members, if `grants` is true */
	bool grants;	    /* does the configuration set `access`? */
};

/* What a scope of an access token allows. */
struct config_scope {
	char *name;	    /* as it stands in a token */
	char *request;	    /* as clients ask for it, which may be another text */
	enum access access; /* never ACCESS_NONE */
};

/* auth.oauth: access tokens (JWT) of an authorization server. */
struct config_oauth {
	char *issuer;		 /* exactly as it stands in tokens */
	char *resource;		 /* the URL of this server, as clients write it */
	char *metadata;		 /* the URL of its RFC 9728 document */
	char *jwks_url;		 /* NULL: by the metadata of the issuer */
	char *ca_file;		 /* NULL: the system's bundle */
	struct strings audience; /* one of them must be in a token */
	unsigned algorithms;	 /* bits of enum jwt_algorithm, in base/jwt_algorithm.h */
	unsigned skew_s;	 /* by how much the clocks may differ */
	unsigned refresh_s;	 /* keys that are older are fetched again … */
	unsigned max_age_s;	 /* … and keys that are older than this are not used */
	char *principal_claim, *groups_claim; /* a member, or "/a/b"; groups: NULL: none */
	struct config_scope *scope;	      /* none: tokens limit nothing */
	size_t scopes;
};

/* When a person is asked before a destructive or costly call. */
enum confirm {
	CONFIRM_UNSET, /* the rule says nothing about it; the policy: never */
	CONFIRM_NEVER,
	CONFIRM_WHEN_POSSIBLE, /* a client that cannot ask may call without a question */
	CONFIRM_ALWAYS,	       /* a client that cannot ask is refused */
};

/* The keys of a rule that can refuse or limit a call. */
enum rule_key {
	RULE_ACCESS,
	RULE_PLUGINS,
	RULE_ALLOW,
	RULE_DENY,
	RULE_CONDITIONS,
	RULE_TIMES,
	RULE_CONFIRM,
	RULE_FENCE, /* the first of FENCE_KINDS keys */
	RULE_KEYS = RULE_FENCE + FENCE_KINDS
};

struct config_plugin_access {
	char *name; /* of the plugin */
	enum access access;
	char *where; /* "lakehost.conf:12" */
};

/*
 * One rule of the policy. The group `policy` itself is the first one, and holds for every caller;
 * the items of policy.rules follow. A call must satisfy each rule that applies to it. Config only
 * reads the texts; core/policy/ checks names, conditions and times.
 */
struct config_rule {
	char *name;		   /* "policy", "policy.rules[0]" */
	struct strings principals; /* patterns of names, and … */
	struct strings groups;	   /* … names of groups: whom the rule is for; both empty: all */
	struct strings tools;	   /* patterns: the calls that the rule is for; empty: all */
	struct strings workspaces; /* names: the same; empty: all */
	char *where_workspaces;	   /* "lakehost.conf:12", or NULL */
	char *where_tools;	   /* "lakehost.conf:12", or NULL */
	enum access access;	   /* ACCESS_ADMIN where the rule has none */
	struct config_plugin_access *plugin;
	size_t plugins;
	struct strings allow, deny; /* patterns of names */
	struct strings conditions, times;
	struct strings fence[FENCE_KINDS];
	enum confirm confirm;
	char *where[RULE_KEYS]; /* "lakehost.conf:12"; NULL: the rule does not have the key */
};

/* limits.store: a Redis or Valkey server. `settings` points to the other members. */
struct config_store {
	struct store_settings settings;
	char *name, *host, *path, *user, *password, *ca_file, *prefix;
	/* while it is away: calls that cost money, and other calls */
	bool refuse_costly, refuse_others;
};

#define RULES_MAX 256u /* with the group `policy` */

struct upstream_kind;

/* Whose credential the requests to an upstream have: upstreams.*.on_behalf_of. */
enum behalf {
	BEHALF_NONE,	  /* the upstream's own credential, for all principals */
	BEHALF_EXCHANGE,  /* a token of each user, for which the host signs an assertion */
	BEHALF_FORWARDED, /* the token of the user that a trusted proxy forwarded */
};

/*
 * One upstream. Config only stores it: core/upstream/ reads the group, finds address and
 * credential, and keeps the data of its kind in `own`.
 */
struct config_upstream {
	char *role;			  /* "workspace" */
	const struct upstream_kind *kind; /* never NULL */
	void *own;			  /* of the kind, … */
	void (*own_free)(void *own);	  /* … which frees it */
	char *url;		 /* scheme://host[:port][/path], no slash at the end; NULL: not
			  * configured */
	char *auth_type;	 /* "pat", "basic" …, or NULL when no credential was found */
	char *auth_why;		 /* "pat: token from DATABRICKS_TOKEN", or what is missing */
	char *secret;		 /* the secret at the start: token, password, header value, or
				  * client secret; NULL: none is needed, or none was found */
	char *secret_reference;	 /* file: or credential: it was read from, so that it can be read
				    again; or NULL */
	char *ca_file;		 /* NULL: the system's bundle */
	struct strings warnings; /* for the operator, if the upstream is used */
	unsigned timeout_ms, connect_timeout_ms, max_connections, max_retries;
	unsigned cache_ms;	      /* replies may be that old; 0: no reply is kept */
	unsigned requests_per_second; /* 0: no limit */
	uint64_t max_reply;
	struct strings link_suffixes; /* hosts that pre-signed links may point to: the end of a
					 name, in which `*` is one label; loopback upstreams may
					 link to themselves */
	enum behalf behalf;
	struct strings behalf_users; /* patterns of the users for whom requests may be made; none:
					all users */
};

/* What becomes of a waiting operation when its call is cancelled, or the host stops. */
enum on_cancel {
	ON_CANCEL_CLIENT, /* its caller cancels it; a host that stops leaves it running */
	ON_CANCEL_STOP,	  /* both cancel it */
	ON_CANCEL_LEAVE,  /* it continues */
};

enum isolation { ISOLATION_PROCESS, ISOLATION_NONE };

struct config_plugin {
	char *name;
	char *where;  /* "plugins-enabled/compute.conf:3", for messages */
	bool by_name; /* named in plugins.enabled, without a file in plugins-enabled */
	enum isolation isolation;
	bool critical; /* the host does not start when it is refused */
	/* when this is set, the plugin has fewer permissions than its manifest asks for */
	struct strings permissions;
	bool narrowed;
	char *options; /* JSON object as written; the loader checks it with the manifest's schema */
	struct strings option_places; /* "KEY=FILE:LINE" of each option in the file */
	struct strings set;    /* KEY=VALUE of --set plugins.NAME.options.KEY=VALUE, which has
			        * priority */
	char *prefix;	       /* prefix of the names of its tools and prompts, or NULL */
	struct strings rename; /* "old=new", for single names */
	char *upstream;	       /* the upstream that its role "workspace" means; NULL: "workspace" */
};

/* A public key of a vendor. */
struct config_key {
	char *name, *pem;
};

struct config {
	char *file;		 /* the file it was read from, or NULL: built-in defaults */
	char *directory;	 /* the directory of plugins-enabled and plugins-available */
	struct strings warnings; /* for the operator, logged at the start */
	struct {
		bool stdio;
		struct config_listener *listener;
		size_t listeners;
		char *endpoint; /* "/mcp" */
		struct strings allowed_hosts, allowed_origins;
		char *name, *title, *instructions; /* serverInfo */
		struct strings state_keys;	   /* file paths; the first seals */
		/* no key was configured: the host uses its own file, which it makes if it does
		 * not exist */
		bool state_key_made;
		unsigned workers, workers_max, spin_us, connection_memory, max_connections;
	} server;
	struct {
		enum inbound inbound;
		char *tokens; /* path of the file of tokens; NULL: not needed */
		char *header; /* the header that names the user; NULL: not needed */
		/* the header that names the user's groups; NULL: no such header */
		char *groups_header;
		struct address_range *proxy; /* auth.trusted_proxies */
		size_t proxies;
		struct config_principal *principal; /* the list `principals` */
		size_t principals;
		enum certificate_field certificate_name; /* with INBOUND_MTLS */
		struct config_oauth *oauth;		 /* NULL: inbound is another one */
		struct config_group *group;		 /* the list `groups` */
		size_t groups_listed;
		struct strings groups; /* each group that the configuration names anywhere */
		/* the access of principals that are not listed: policy.default_access */
		enum access unknown;
	} auth;
	struct config_upstream *upstream;
	size_t upstreams;
	bool behalf;		  /* an upstream acts on behalf of users … */
	bool forwarded;		  /* … with the tokens that a proxy forwards */
	enum on_cancel on_cancel; /* operations.on_cancel */
	/* The upstreams that a call of a plugin for "workspace" may choose from, the first is the
	 * default; empty: there is only "workspace". */
	struct strings workspaces;
	enum access access;	  /* policy.access */
	struct config_rule *rule; /* the policy's rules */
	size_t rules;
	struct strings read_functions; /* policy.read_functions: patterns; none: all functions */
	char *prompt_directory;	       /* prompts.directory, absolute; NULL: none */
	struct {
		unsigned body, depth, headers, steps, suspended, call_ms, drain_ms;
		unsigned left_statement_s;
		uint64_t replies;
		struct limits_rule *rule; /* what principals may use: limits/rule.h */
		size_t rules;
		struct config_store *store; /* NULL: in the memory of this process */
	} limits;
	struct {
		unsigned rows, text, cell;
	} results;
	struct {
		enum log_level level;
		bool text; /* default: stderr is a terminal */
	} log;
	char *traces; /* the upstream that gets the traces, or NULL */
	struct {
		bool enabled; /* /metrics exists */
		char *token;  /* that its readers must send; NULL: only this machine may read */
	} metrics;
	struct {
		enum audit_kind kind; /* AUDIT_NONE: there is no audit log */
		enum audit_format format;
		char *path;			    /* of the file or the socket, or NULL */
		char *key;			    /* the path of its key */
		bool key_made, required, arguments; /* key_made: made if it does not exist */
	} audit;
	struct {
		struct strings directories;
		enum isolation isolation; /* default for plugins whose file has no isolation */
		bool isolate; /* plugins.isolation is "process": a plugin's file cannot change it */
		struct strings set; /* "NAME.KEY=VALUE" of --set plugins.NAME.options.KEY=VALUE */
		struct strings transfer_dirs;
		struct strings secret_references; /* env:NAME, file:PATH that plugins may send */
		struct config_plugin *plugin;	  /* enabled ones, by name */
		size_t count;
		struct config_plugin *available; /* settings from plugins-available, see
						  * config_plugin_settings() */
		size_t n_available;
		bool defaults; /* nothing is configured: plugins whose manifest has `default` */
		bool by_word;  /* plugins.enabled = "default": the default plugins, in addition
			        * to plugins-enabled */
		bool all;      /* plugins.enabled = "all" */
		bool require_approval, require_signature;
		char *approvals;	/* the directory of approvals, absolute; NULL: none is
					    * known */
		struct config_key *key; /* plugins.keys: of vendors */
		size_t keys;
		unsigned name_length; /* longest tool name: 35, at most 64 */
	} plugins;
};

/* The settings of the command line; NULL or 0 where it has none. */
struct config_overrides {
	const char *file;
	const char *const *set; /* "key.path=value" */
	size_t sets;
	const char *http, *unix_path;
	bool
	    sockets_passed; /* by systemd, to this process: listen_passed() of transport/listen.h */
	bool read_only;
	const char *log_level;
};

/* One main file, already read. */
struct config_source {
	const char *name;      /* for messages */
	const char *text;      /* NULL: there is no file */
	unsigned mode;	       /* its permission bits */
	const char *directory; /* the directory of plugins-enabled, or NULL */
	struct strings *known; /* receives every existing key, or NULL */
};

struct config_faults;
struct node;
/* Reads the group `upstreams`, with the functions of config/file.h: upstream_load(). */
typedef void (*config_upstreams_fn)(struct config *config, const struct node *root);

/* NULL when there is any fault. Makes no request. */
struct config *config_load(const struct config_overrides *overrides, config_upstreams_fn upstreams,
			   struct config_faults *faults);
/* Loads the configuration from a text, for tests. */
struct config *config_from(const struct config_source *source,
			   const struct config_overrides *overrides, config_upstreams_fn upstreams,
			   struct config_faults *faults);
void config_free(struct config *config);
/* The name of this group, interned (base/intern.h); NULL: the configuration names no such group. */
const char *config_group(const struct config *config, const char *name, size_t len);
const struct config_upstream *config_upstream(const struct config *config, const char *role);
/* May calls of plugins with this upstream choose among several workspaces? */
bool config_has_workspaces(const struct config *config, const char *role);
/* The workspace that is fixed for this principal, or NULL. */
const char *config_fixed_workspace(const struct config *config, const char *principal);

#endif
