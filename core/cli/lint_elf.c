/* SPDX-License-Identifier: Apache-2.0 */
/* plugin lint: the file as the loader will see it. */
#include "cli/lint.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/findings.h"
#include "module/facts.h"

#define LISTED_MAX 200u /* bytes of names in one sentence */

/* Functions that change the process, or that start others. */
static const char *const process_calls[] = {
	"_exit",  "chdir",  "clearenv",	 "daemon",  "execl",	  "execle",	 "execlp",
	"execv",  "execve", "execvp",	 "execvpe", "exit",	  "fork",	 "popen",
	"putenv", "setenv", "setuid",	 "setgid",  "setlocale",  "sigaction",	 "signal",
	"system", "umask",  "unsetenv",	 "vfork",   "quick_exit", "posix_spawn", "posix_spawnp",
	"fchdir", "dlopen", "dlmopen",	 "chroot",  "clone",	  "unshare",	 "sigprocmask",
	"kill",	  "raise",  "setrlimit", "prctl",   "daemon",
};

static const char *const network_calls[] = {
	"socket", "connect", "getaddrinfo", "gethostbyname", "curl_easy_perform", "SSL_connect",
};

/* Appends a name to a list of names, at most LISTED_MAX bytes of them. */
static void
list_name(struct buf *list, const char *name)
{
	if (list->len < LISTED_MAX)
		buf_printf(list, "%s%.80s", list->len > 0 ? ", " : "", name);
}

static void
check_exports(struct findings *findings, const struct elf_facts *facts)
{
	struct buf list;

	buf_init(&list, 4 * LISTED_MAX);
	if (!fact_names_have(&facts->exports, "mcp_plugin"))
		findings_add(findings, FIND_NO_SYMBOL, "The file does not export mcp_plugin.");
	else if (!facts->plugin_is_data)
		findings_add(findings, FIND_NO_SYMBOL,
			     "The file exports mcp_plugin, but not as data.");
	for (size_t i = 0; i < facts->exports.count; i++)
		if (strcmp(facts->exports.item[i], "mcp_plugin") != 0)
			list_name(&list, facts->exports.item[i]);
	if (list.len > 0)
		findings_add(findings, FIND_EXPORTS, "The file exports more than mcp_plugin: %s.",
			     list.data);
	buf_fini(&list);
}

/* Only libraries of the system are opened, which are found by their names alone. */
static void *
open_library(struct findings *findings, const char *name)
{
	void *library = strchr(name, '/') == NULL ? dlopen(name, RTLD_LAZY | RTLD_LOCAL) : NULL;

	if (library == NULL)
		findings_add(findings, FIND_LIBRARY, "The file needs the library %.100s, which %s.",
			     name,
			     strchr(name, '/') != NULL ? "has a folder in its name"
						       : "this system does not have");
	return library;
}

/* Symbols that no needed library has. A missing library is reported alone. */
static void
check_imports(struct findings *findings, const struct elf_facts *facts)
{
	void **library = xcalloc(facts->needed.count + 1, sizeof(library[0]));
	bool complete = true;
	struct buf list;

	buf_init(&list, 4 * LISTED_MAX);
	for (size_t i = 0; i < facts->needed.count; i++) {
		library[i] = open_library(findings, facts->needed.item[i]);
		complete = complete && library[i] != NULL;
	}
	for (size_t i = 0; complete && i < facts->imports.count; i++) {
		bool found = false;

		for (size_t j = 0; !found && j < facts->needed.count; j++)
			found = dlsym(library[j], facts->imports.item[i]) != NULL;
		if (!found)
			list_name(&list, facts->imports.item[i]);
	}
	if (list.len > 0)
		findings_add(findings, FIND_UNDEFINED, "None of the needed libraries contains %s.",
			     list.data);
	for (size_t i = 0; i < facts->needed.count; i++)
		if (library[i] != NULL)
			dlclose(library[i]);
	buf_fini(&list);
	free(library);
}

static void
check_calls(struct findings *findings, const struct elf_facts *facts, enum finding_kind kind,
	    const char *const *calls, size_t n, const char *what)
{
	struct buf list;

	buf_init(&list, 4 * LISTED_MAX);
	for (size_t i = 0; i < n; i++)
		if (fact_names_have(&facts->imports, calls[i]))
			list_name(&list, calls[i]);
	if (list.len > 0)
		findings_add(findings, kind, "The file uses functions that %s: %s.", what,
			     list.data);
	buf_fini(&list);
}

static void
check_memory(struct findings *findings, const struct elf_facts *facts)
{
	if (facts->executable_stack)
		findings_add(findings, FIND_STACK, "The file asks for an executable stack.");
	if (facts->writable_code)
		findings_add(findings, FIND_WRITABLE_CODE,
			     "A part of the file is writable and executable.");
	if (facts->text_relocations)
		findings_add(findings, FIND_TEXTREL,
			     "The code of the file is changed when the file is loaded.");
	if (!facts->relro || !facts->bind_now)
		findings_add(findings, FIND_RELRO,
			     "The table of functions stays writable (%s is missing).",
			     facts->relro ? "-z now" : "-z relro");
	/* One is of the compiler's own start files. */
	if (facts->constructors > 1)
		findings_add(
		    findings, FIND_CONSTRUCTORS,
		    "%u functions run when the file is loaded, before any check of the descriptor.",
		    facts->constructors - 1);
}

void
lint_elf(struct findings *findings, const struct elf_facts *facts)
{
	check_exports(findings, facts);
	if (facts->rpath != NULL)
		findings_add(findings, FIND_RPATH, "The file has the RPATH or RUNPATH \"%.200s\".",
			     facts->rpath);
	check_imports(findings, facts);
	check_memory(findings, facts);
	check_calls(findings, facts, FIND_PROCESS, process_calls, ARRAY_SIZE(process_calls),
		    "change the process or start others");
	check_calls(findings, facts, FIND_NETWORK, network_calls, ARRAY_SIZE(network_calls),
		    "open connections");
}
