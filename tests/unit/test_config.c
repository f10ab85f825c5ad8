/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the configuration: every key, every refusal, and the order of its sources. */
#include "config/config.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "config/file.h"
#include "config/reference.h"
#include "config/text.h"
#include "config_rig.h"
#include "suite.h"
#include "upstream/databricks/databricks.h"
#include "upstream/generic/generic.h"

static const struct config_overrides nothing;

/* ---- a complete configuration as text, for comparison --------------------------------------- */

static void
dump_list(struct buf *out, const char *name, const struct strings *list)
{
	buf_printf(out, "%s:", name);
	for (size_t i = 0; i < list->count; i++)
		buf_printf(out, " %s", list->item[i]);
	buf_putc(out, '\n');
}

static void
dump_upstream(struct buf *out, const struct config_upstream *u)
{
	const struct databricks *own = u->own;

	CU_ASSERT_FATAL(u->kind == &upstream_databricks);
	buf_printf(out, "upstream %s %s %s %s %s %s %s %s %s %u %u %u %u %llu\n", u->role,
		   u->url ? u->url : "-", u->auth_type ? u->auth_type : "-", u->auth_why,
		   u->secret ? u->secret : "-", own->profile ? own->profile : "-",
		   own->config_file ? own->config_file : "-",
		   own->workspace_id ? own->workspace_id : "-", u->ca_file ? u->ca_file : "-",
		   u->timeout_ms, u->connect_timeout_ms, u->max_connections, u->max_retries,
		   (unsigned long long)u->max_reply);
	dump_list(out, "link_suffixes", &u->link_suffixes);
}

static char *
dump(const struct config *c)
{
	struct buf out;

	buf_init(&out, 1u << 20);
	buf_printf(&out, "stdio %d listeners %zu endpoint %s name %s title %s instructions %s\n",
		   c->server.stdio, c->server.listeners, c->server.endpoint, c->server.name,
		   c->server.title, c->server.instructions ? c->server.instructions : "-");
	dump_list(&out, "hosts", &c->server.allowed_hosts);
	dump_list(&out, "origins", &c->server.allowed_origins);
	dump_list(&out, "keys", &c->server.state_keys);
	buf_printf(&out, "made %d workers %u %u spin %u memory %u connections %u\n",
		   c->server.state_key_made, c->server.workers, c->server.workers_max,
		   c->server.spin_us, c->server.connection_memory, c->server.max_connections);
	for (size_t i = 0; i < c->upstreams; i++)
		dump_upstream(&out, &c->upstream[i]);
	buf_printf(&out, "access %d limits %u %u %u %u %u %u %u %llu results %u %u %u log %d %d\n",
		   c->access, c->limits.body, c->limits.depth, c->limits.headers, c->limits.steps,
		   c->limits.suspended, c->limits.call_ms, c->limits.drain_ms,
		   (unsigned long long)c->limits.replies, c->results.rows, c->results.text,
		   c->results.cell, c->log.level, c->log.text);
	dump_list(&out, "directories", &c->plugins.directories);
	dump_list(&out, "transfer_dirs", &c->plugins.transfer_dirs);
	dump_list(&out, "secret_references", &c->plugins.secret_references);
	buf_printf(&out, "isolation %d plugins %zu defaults %d all %d name_length %u\n",
		   c->plugins.isolation, c->plugins.count, c->plugins.defaults, c->plugins.all,
		   c->plugins.name_length);
	return buf_take(&out, NULL);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void
built_in(void)
{
	struct config *c;

	clean_environment();
	c = fine(NULL);
	CU_ASSERT(c->server.stdio);
	ASSERT_INT(c->server.listeners, 0);
	ASSERT_STR(c->server.endpoint, "/mcp");
	ASSERT_STR(c->server.state_keys.item[0], "/nonexistent/.local/state/lakehost/state.key");
	CU_ASSERT(c->server.state_key_made);
	ASSERT_INT(c->access, ACCESS_WRITE);
	ASSERT_INT(c->limits.body, LIMIT_BODY);
	ASSERT_INT(c->upstreams, 1);
	ASSERT_STR(c->upstream[0].role, "workspace");
	CU_ASSERT(c->upstream[0].url == NULL && c->upstream[0].secret == NULL);
	CU_ASSERT(strstr(c->upstream[0].auth_why, "DATABRICKS_HOST") != NULL);
	CU_ASSERT(c->plugins.defaults && !c->plugins.all);
	CU_ASSERT(config_upstream(c, "workspace") == &c->upstream[0]);
	CU_ASSERT(config_upstream(c, "other") == NULL);
	config_free(c);
}

/* The text of etc/lakehost.conf, with the "#" removed from every setting. */
static char *
uncommented(void)
{
	char why[512], *text;
	size_t len;
	struct buf out;

	text = text_read(ETC_DIR "/lakehost.conf", 1u << 20, &len, NULL, why, sizeof(why));
	CU_ASSERT(text != NULL);
	if (text == NULL)
		exit(EXIT_FAILURE);
	buf_init(&out, 1u << 20);
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		char *p = line + strspn(line, "\t");

		if (*p == '#' && p[1] != ' ' && p[1] != '\0')
			p++;
		buf_printf(&out, "%s\n", p);
	}
	free(text);
	return buf_take(&out, NULL);
}

static void
sample_is_defaults(void)
{
	struct config_source source = { .name = "etc/lakehost.conf", .mode = 0644 };
	struct strings in_sample = { 0 }, known = { 0 };
	char *text = uncommented(), *expected, *actual;
	struct config_faults faults = { 0 };
	struct reader reader;
	struct config *c;

	clean_environment();
	c = fine(NULL);
	expected = dump(c);
	config_free(c);
	source.text = text;
	source.known = &known;
	c = must_be_fine(config_from(&source, &nothing, upstream_load, &faults), &faults);
	actual = dump(c);
	ASSERT_STR(actual, expected);
	config_free(c);

	/* This text contains every key. */
	reader_init(&reader, "etc/lakehost.conf", text, &faults);
	CU_ASSERT(known.count > 50);
	for (size_t i = 0; i < known.count; i++) {
		if (config_lookup(&reader.tree, known.item[i]) == NULL)
			printf("\n    etc/lakehost.conf lacks %s", known.item[i]);
		CU_ASSERT(config_lookup(&reader.tree, known.item[i]) != NULL);
	}
	reader_fini(&reader);
	strings_fini(&known);
	strings_fini(&in_sample);
	free(text);
	free(expected);
	free(actual);
}

static void
values(void)
{
	struct config *c;

	clean_environment();
	c = fine(
	    "server = { endpoint = \"/x/mcp\"; workers = 3; workers_max = 4; spin_us = 50;\n"
	    "  allowed_origins = [ \"https://a\", \"https://b\" ]; state_key = \"file:/k\"; };\n"
	    "policy = { access = \"read\"; read_functions = [ \"main.*\", \"f\" ]; };\n"
	    "limits = { body = 1048576; };\n"
	    "log = { level = \"debug\"; format = \"text\"; };\n"
	    "upstreams = { workspace = { host = \"http://127.0.0.1:80\"; token = \"dapi1\"; };\n"
	    "  other = { host = \"https://h.example\"; token = \"dapi2\"; max_reply = 2048L; }; "
	    "};");
	ASSERT_STR(c->server.endpoint, "/x/mcp");
	ASSERT_INT(c->server.workers, 3);
	ASSERT_INT(c->server.spin_us, 50);
	ASSERT_INT(c->server.allowed_origins.count, 2);
	ASSERT_STR(c->server.allowed_origins.item[1], "https://b");
	ASSERT_STR(c->server.state_keys.item[0], "/k");
	CU_ASSERT(!c->server.state_key_made);
	ASSERT_INT(c->access, ACCESS_READ);
	ASSERT_INT(c->read_functions.count, 2);
	ASSERT_STR(c->read_functions.item[0], "main.*");
	ASSERT_INT(c->limits.body, 1048576);
	ASSERT_INT(c->log.level, LOG_DEBUG);
	CU_ASSERT(c->log.text);
	ASSERT_STR(c->upstream[0].url, "http://127.0.0.1");
	ASSERT_STR(c->upstream[0].secret, "dapi1");
	ASSERT_STR(config_upstream(c, "other")->url, "https://h.example");
	ASSERT_INT(config_upstream(c, "other")->max_reply, 2048);
	config_free(c);
}

static void
unknown_keys(void)
{
	clean_environment();
	wrong("server = { wrokers = 3; };",
	      "t.conf:1: server.wrokers: unknown key; did you mean \"workers\"?");
	wrong("\n\nlimts = { body = 3; };",
	      "t.conf:3: limts: unknown key; did you mean \"limits\"?");
	wrong("zebra = 1;", "t.conf:1: zebra: unknown key");
	wrong("upstreams = { workspace = { hosts = \"x\"; }; };",
	      "t.conf:1: upstreams.workspace.hosts: unknown key; did you mean \"host\"?");
	wrong("server = { listeners = ( { unix = \"/s\"; mod = 1; } ); };",
	      "t.conf:1: server.listeners.mod: unknown key; did you mean \"mode\"?");
	wrong("measures = { };", "t.conf:1: measures: unknown key");
}

#define GENERIC(inside) "upstreams = { t = { kind = \"generic\"; " inside " }; };"
#define AUTH(inside) GENERIC("url = \"https://t.example\"; auth = { " inside " };")

static void
generic_upstreams(void)
{
	const struct config_upstream *t;
	struct config *c;

	clean_environment();
	c = fine(GENERIC("url = \"https://t.example/jira/\"; auth = { method = \"basic\"; "
			 "user = \"u\"; password = \"p\"; };"));
	t = config_upstream(c, "t");
	ASSERT_STR(t->url, "https://t.example/jira");
	ASSERT_STR(t->auth_type, "basic");
	ASSERT_STR(t->auth_why, "basic: as u");
	ASSERT_INT(t->link_suffixes.count, 0);
	config_free(c);
	c = fine(GENERIC(""));
	t = config_upstream(c, "t");
	ASSERT_STR(t->auth_why, "no address is configured: set upstreams.t.url");
	CU_ASSERT(t->url == NULL && t->auth_type == NULL);
	config_free(c);
	c = fine(GENERIC("url = \"https://t.example\";"));
	CU_ASSERT(strstr(config_upstream(c, "t")->auth_why, "set upstreams.t.auth") != NULL);
	config_free(c);
}

static void
generic_faults(void)
{
	clean_environment();
	wrong(
	    GENERIC("url = \"http://t.example\";"),
	    "t.conf:1: upstreams.t.url: \"http://t.example\" is not a valid address of a service: "
	    "http:// would send the credential without encryption; use https://, or set "
	    "allow_http = true");
	wrong(GENERIC("url = \"https://t.example/?x=1\";"),
	      "t.conf:1: upstreams.t.url: \"https://t.example/?x=1\" is not a valid address of a "
	      "service: the address has a query; use only the part that all requests begin with");
	wrong(GENERIC("url = \"https://u:secret@t.example\";"),
	      "t.conf:1: upstreams.t.url: \"…\" is not a valid address of a service: "
	      "the port is not a number from 0 to 65535");
	wrong(GENERIC("host = \"t.example\";"),
	      "t.conf:1: upstreams.t.host: is a key for upstreams of kind "
	      "\"databricks\", but this upstream has the kind \"generic\" with the keys url and "
	      "auth");
	wrong("upstreams = { workspace = { auth = { method = \"bearer\"; }; }; };",
	      "t.conf:1: upstreams.workspace.auth: is a key for upstreams of kind "
	      "\"generic\", but this upstream has the kind \"databricks\" with the keys host and "
	      "token");
	wrong(
	    AUTH("method = \"kerberos\";"),
	    "t.conf:1: upstreams.t.auth.method: \"kerberos\" must be one of \"bearer\", \"none\", "
	    "\"basic\", \"header\", \"oauth\"");
	wrong(AUTH("method = \"bearer\";"),
	      "t.conf:1: upstreams.t.auth.token: is missing: use env:NAME, file:PATH or "
	      "credential:NAME");
	wrong(AUTH("method = \"bearer\"; token = \"'t'\";"),
	      "t.conf:1: upstreams.t.auth.token: it is in quotes; remove the quotes");
	wrong(AUTH("method = \"basic\"; password = \"p\";"),
	      "t.conf:1: upstreams.t.auth.user: is missing: method \"basic\" needs it");
	wrong(AUTH("method = \"header\"; name = \"A b\"; value = \"v\";"),
	      "t.conf:1: upstreams.t.auth.name: \"A b\" is not a valid header name");
	wrong(AUTH("method = \"header\"; name = \"Host\"; value = \"v\";"),
	      "t.conf:1: upstreams.t.auth.name: the header Host cannot be used to authenticate");
	wrong(AUTH("method = \"oauth\"; token_url = \"http://t.example/token\"; client_id = \"c\"; "
		   "client_secret = \"s\";"),
	      "t.conf:1: upstreams.t.auth.token_url: \"http://t.example/token\" is not an "
	      "address that may receive a secret: http:// would send the credential without "
	      "encryption; use https://, or set allow_http = true");
	wrong(AUTH("method = \"bearer\"; token = \"t\"; user = \"u\";"),
	      "t.conf:1: upstreams.t.auth.user: unknown key");
}

static void
types_and_ranges(void)
{
	static const char workers[] =
	    "t.conf:1: server.workers: must be a whole number from 1 to 1024";

	clean_environment();
	wrong("server = { workers = 0; };", workers);
	wrong("server = { workers = 1025; };", workers);
	wrong("server = { workers = -1; };", workers);
	wrong("server = { workers = 1.5; };", workers);
	wrong("server = { workers = \"3\"; };", workers);
	wrong("server = { workers = 99999999999L; };", workers);
	wrong("# 4294967299\nserver = { title = \"4294967299\"; workers = 4294967299; };",
	      "t.conf:2: 4294967299: a number that needs more than 32 bits must end with L");
	wrong("server = { workers = 99999999999999999999L; };",
	      "t.conf:1: 99999999999999999999L is larger than 64 bits");
	wrong("server = { workers_max = 3; };",
	      "t.conf:1: server.workers_max: must not be less than server.workers");
	wrong("server = 1;", "t.conf:1: server: must be a group: server = { ... };");
	wrong("server = { listeners = [ 1 ]; };",
	      "t.conf:1: server.listeners: must be a list of groups: listeners = ( { ... } );");
	wrong("server = { endpoint = 1; };", "t.conf:1: server.endpoint: must be a text in quotes");
	wrong("server = { endpoint = \"mcp\"; };",
	      "t.conf:1: server.endpoint: must be a path, for example \"/mcp\"");
	wrong("server = { allowed_hosts = [ 1 ]; };",
	      "t.conf:1: server.allowed_hosts: must be a list "
	      "of texts: allowed_hosts = [ \"...\" ];");
	wrong("server = { stdio = 1; };",
	      "t.conf:1: server.stdio: must be true, false or \"auto\"");
	wrong("server = { name = \"\xff\"; };", "t.conf:1: server.name: is not valid UTF-8");
	wrong("policy = { read_functions = [ 1 ]; };",
	      "t.conf:1: policy.read_functions: must be a "
	      "list of texts: read_functions = [ \"...\" ];");
	wrong("policy = { access = \"reed\"; };",
	      "t.conf:1: policy.access: \"reed\" must be one of "
	      "\"none\", \"read\", \"write\", \"admin\"; did you mean \"read\"?");
	wrong("auth = { inbound = \"ldap\"; };",
	      "t.conf:1: auth.inbound: \"ldap\" must be one of \"none\", \"token\", \"header\", "
	      "\"oauth\", \"mtls\"");
}

static void
syntax(void)
{
	struct config_faults faults = { 0 };
	struct buf deep;

	clean_environment();
	wrong("server = {\n workers = ;\n};", "t.conf:2: syntax error");
	wrong("log = { };\nlog = { };", "t.conf:2: duplicate setting name");
	wrong("@include \"/etc/passwd\"\n", "t.conf:1: @include is not supported");
	wrong("# @include\nserver = { name = \"@include\"; };\n@include \"/dev/null\"\n",
	      "t.conf:3: @include is not supported");
	buf_init(&deep, 1u << 20);
	buf_puts(&deep, "a = ");
	for (int i = 0; i < 100000; i++)
		buf_putc(&deep, '(');
	CU_ASSERT(parse(deep.data, &nothing, &faults) == NULL);
	CU_ASSERT(faults.count >= 1);
	buf_fini(&deep);
	config_faults_fini(&faults);
}

static void
every_fault(void)
{
	struct config_faults faults = { 0 };

	clean_environment();
	CU_ASSERT(parse("server = { workers = 0; foo = 1; };\nlimits = { depth = 1; };\nx = 1;",
			&nothing, &faults) == NULL);
	ASSERT_INT(faults.count, 4);
	config_faults_fini(&faults);
	for (int i = 0; i < 500; i++)
		config_faults_add(&faults, "fault %d", i);
	ASSERT_INT(faults.count, 100);
	ASSERT_STR(faults.line[99], "there are more faults than these");
	config_faults_fini(&faults);
}

static void
listeners(void)
{
	struct config *c;

	clean_environment();
	c = fine("server = { listeners = ( { tcp = \"127.0.0.1:8765\"; }, { tcp = \"[::1]:1\"; },\n"
		 "  { unix = \"/run/l.sock\"; mode = \"0660\"; }, { systemd = true; },\n"
		 "  { tcp = \"localhost:0\"; } ); };");
	ASSERT_INT(c->server.listeners, 5);
	CU_ASSERT(!c->server.stdio);
	ASSERT_INT(c->server.listener[0].kind, LISTEN_TCP);
	ASSERT_STR(c->server.listener[0].host, "127.0.0.1");
	ASSERT_INT(c->server.listener[0].port, 8765);
	ASSERT_STR(c->server.listener[1].host, "::1");
	ASSERT_INT(c->server.listener[2].kind, LISTEN_UNIX);
	ASSERT_STR(c->server.listener[2].host, "/run/l.sock");
	ASSERT_INT(c->server.listener[2].mode, 0660);
	ASSERT_INT(c->server.listener[3].kind, LISTEN_SYSTEMD);
	ASSERT_STR(c->server.listener[4].host, "127.0.0.1");
	config_free(c);
	c = fine("server = { stdio = true; listeners = ( { unix = \"/s\"; } ); };");
	CU_ASSERT(c->server.stdio);
	config_free(c);
}

static void
listeners_refused(void)
{
	static const char form[] =
	    "t.conf:1: server.listeners.tcp: the address must have the form ADDRESS:PORT, for "
	    "example 127.0.0.1:8765";

	clean_environment();
	wrong("server = { listeners = ( { tcp = \"127.0.0.1\"; } ); };", form);
	wrong("server = { listeners = ( { tcp = \"127.0.0.1:80/x\"; } ); };", form);
	wrong("server = { listeners = ( { tcp = \"[::1]\"; } ); };", form);
	wrong("server = { listeners = ( { tcp = \"127.0.0.1:65536\"; } ); };",
	      "t.conf:1: "
	      "server.listeners.tcp: the port is not a number from 0 to 65535");
	wrong("server = { listeners = ( { tcp = \"0.0.0.0:80\"; } ); };",
	      "t.conf:1: "
	      "server.listeners.tcp: would be reachable from other machines, and there is no "
	      "inbound authentication (auth.inbound is \"none\"): listen on 127.0.0.1, ::1 or a "
	      "unix socket");
	wrong("server = { listeners = ( { } ); };",
	      "t.conf:1: server.listeners.tcp: a listener must have exactly one of tcp = "
	      "\"ADDRESS:PORT\", unix = \"/PATH\" and systemd = true");
	wrong("server = { listeners = ( { unix = \"run\"; } ); };",
	      "t.conf:1: server.listeners.unix: the path of a unix socket must be absolute");
	wrong("server = { listeners = ( { tcp = \"::1:80\"; } ); };",
	      "t.conf:1: "
	      "server.listeners.tcp: the host is not a name or an address");
	wrong("server = { stdio = false; };",
	      "t.conf:1: server.stdio: is false, but there is no listener, so no client could "
	      "connect");
	wrong("server = { listeners = ( { tcp = \"127.0.0.1:80\"; tls_key = \"/k\"; } ); };",
	      "t.conf:1: server.listeners.tls_certificate: must be used together with tls_key");
}

static void
command_line(void)
{
	struct config_overrides overrides = {
		.http = "127.0.0.1:0", .unix_path = "/s", .read_only = true, .log_level = "error"
	};
	struct config_faults faults = { 0 };
	struct config *c;

	clean_environment();
	c = fine_with("server = { stdio = true; listeners = ( { tcp = \"127.0.0.1:1\"; } ); };"
		      "policy = { access = \"admin\"; };",
		      &overrides);
	ASSERT_INT(c->server.listeners, 2);
	ASSERT_INT(c->server.listener[0].port, 0);
	ASSERT_STR(c->server.listener[1].host, "/s");
	CU_ASSERT(!c->server.stdio);
	ASSERT_INT(c->access, ACCESS_READ);
	ASSERT_INT(c->log.level, LOG_ERROR);
	config_free(c);
	c = fine_with("policy = { access = \"none\"; };", &overrides);
	ASSERT_INT(c->access, ACCESS_NONE);
	config_free(c);
	overrides = (struct config_overrides){ .http = "10.0.0.1:80" };
	CU_ASSERT(parse(NULL, &overrides, &faults) == NULL);
	ASSERT_INT(faults.count, 1);
	CU_ASSERT(strstr(faults.line[0], "--http 10.0.0.1:80: would be reachable") != NULL);
	config_faults_fini(&faults);
	overrides = (struct config_overrides){ .log_level = "loud" };
	wrong_with(NULL, &overrides,
		   "--log-level loud: must be debug, info, notice, warning or error");
}

static void
sets(void)
{
	struct config *c;

	clean_environment();
	c = with_sets("server = { workers = 2; };", "server.workers=7");
	ASSERT_INT(c->server.workers, 7);
	config_free(c);
	c = with_sets(NULL, "plugins.enabled=compute,data");
	ASSERT_INT(c->plugins.count, 2);
	ASSERT_STR(c->plugins.plugin[0].name, "compute");
	ASSERT_STR(c->plugins.plugin[1].name, "data");
	CU_ASSERT(!c->plugins.defaults && !c->plugins.all);
	config_free(c);
	c = with_sets(NULL, "plugins.enabled=all");
	CU_ASSERT(c->plugins.all && !c->plugins.defaults && c->plugins.count == 0);
	config_free(c);
	c = with_sets(NULL, "upstreams.workspace.allow_http=true");
	config_free(c);
	setenv("SOME_TOKEN", "dapi-from-env", 1);
	c = with_sets("upstreams = { workspace = { host = \"h.example\"; }; };",
		      "upstreams.workspace.token=env:SOME_TOKEN");
	ASSERT_STR(c->upstream[0].secret, "dapi-from-env");
	config_free(c);
	wrong_set("upstreams.workspace.token=dapi123",
		  "--set upstreams.workspace.token: a literal "
		  "secret would be visible in the process list; use env:NAME, file:PATH or "
		  "credential:NAME");
	wrong_set("server.wokers=1",
		  "--set: server.wokers: unknown key; did you mean \"workers\"?");
	wrong_set("server.workers=many",
		  "--set: server.workers: must be a whole number from 1 to 1024");
	wrong_set("server.workers= 7",
		  "--set: server.workers: must be a whole number from 1 to 1024");
	wrong_set("server.stdio=maybe", "--set: server.stdio: must be true, false or \"auto\"");
	wrong_set("workers", "--set must have the form KEY.PATH=VALUE");
	wrong_set("server.listeners=x",
		  "--set: server.listeners: cannot be set on the command line");
	wrong_set("server=x", "--set: server: is a group; add the name of a key in it");
}

static void
log_level(void)
{
	const char *set = "log.level=warning";
	struct config_overrides overrides = { .set = &set, .sets = 1 };
	struct config *c;

	clean_environment();
	setenv("LOG_LEVEL", "ERROR", 1);
	c = fine("log = { level = \"debug\"; };");
	ASSERT_INT(c->log.level, LOG_ERROR);
	config_free(c);
	c = fine_with("log = { level = \"debug\"; };", &overrides);
	ASSERT_INT(c->log.level, LOG_WARNING);
	config_free(c);
	setenv("LOG_LEVEL", "loud", 1);
	c = fine("log = { level = \"debug\"; };");
	ASSERT_INT(c->log.level, LOG_DEBUG);
	ASSERT_INT(c->warnings.count, 1);
	config_free(c);
	unsetenv("LOG_LEVEL");
}

static void
upstreams_refused(void)
{
	clean_environment();
	wrong(
	    "upstreams = { workspace = { host = \"http://h.example\"; }; };",
	    "t.conf:1: upstreams.workspace.host: \"http://h.example\" is "
	    "not the address of a workspace: http:// would send the token without encryption; use "
	    "https://, or set allow_http = true");
	wrong(
	    "upstreams = { workspace = { link_suffixes = [ \".com\" ]; }; };",
	    "t.conf:1: upstreams.workspace.link_suffixes: \".com\" must be the end of a host name "
	    "in "
	    "lower case, for example \"storage.example.com\"");
	wrong("upstreams = { workspace = { ca_file = \"/nonexistent/ca.pem\"; }; };",
	      "t.conf:1: upstreams.workspace.ca_file: cannot be read: No such file or directory");
	wrong("upstreams = { Mars = { }; };",
	      "t.conf:1: upstreams.Mars: the name of an upstream may have at most 32 characters of "
	      "a-z, 0-9, _ and -");
}

static const struct test tests[] = {
	TEST(built_in),
	TEST(sample_is_defaults),
	TEST(values),
	TEST(unknown_keys),
	TEST(generic_upstreams),
	TEST(generic_faults),
	TEST(types_and_ranges),
	TEST(syntax),
	TEST(every_fault),
	TEST(listeners),
	TEST(listeners_refused),
	TEST(command_line),
	TEST(sets),
	TEST(log_level),
	TEST(upstreams_refused),
};
SUITE(tests)
