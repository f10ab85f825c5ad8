/* SPDX-License-Identifier: Apache-2.0 */
/* The findings of "plugin lint" and "plugin test": each has a code, a sentence, and what to do. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CLI_FINDINGS_H
#define CORE_CLI_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

enum finding_level {
	FINDING_ERROR,	 /* a host refuses the plugin, or it is dangerous */
	FINDING_WARNING, /* the vendor should repair this, or explain it to the operator */
	FINDING_NOTE,	 /* good to know; does not change the exit status */
};

/* X-macro: name, level, code, what to do. */
#define FINDINGS(X)                                                                                \
	X(FILE, ERROR, "file", "Build the plugin with lakehost_add_plugin() of the SDK.")          \
	X(FILE_NAME, ERROR, "file-name", "Name the file NAME.so, after the name in its manifest.") \
	X(FILE_MODE, WARNING, "file-mode", "Run chmod go-w on the file; hosts refuse it.")         \
	X(DAMAGED, ERROR, "damaged", "Build or copy the file again.")                              \
	X(NO_SYMBOL, ERROR, "no-symbol",                                                           \
	  "Use lakehost_add_plugin(), or define `const struct mcp_plugin mcp_plugin`.")            \
	X(EXPORTS, WARNING, "exports",                                                             \
	  "Link with plugin.map of the SDK, as lakehost_add_plugin() does.")                       \
	X(UNDEFINED, ERROR, "undefined", "Link the library that has it, or remove the call.")      \
	X(LIBRARY, ERROR, "library", "Install the library, or link it statically.")                \
	X(RPATH, ERROR, "rpath", "Link without -rpath; in CMake set CMAKE_SKIP_INSTALL_RPATH.")    \
	X(STACK, ERROR, "executable-stack",                                                        \
	  "Link with -Wl,-z,noexecstack; add a .note.GNU-stack "                                   \
	  "section to assembler sources.")                                                         \
	X(WRITABLE_CODE, ERROR, "writable-code",                                                   \
	  "Link without -N and without own linker scripts.")                                       \
	X(TEXTREL, ERROR, "text-relocations", "Compile everything with -fPIC.")                    \
	X(RELRO, WARNING, "relro", "Link with -Wl,-z,relro,-z,now.")                               \
	X(CONSTRUCTORS, NOTE, "constructors", "Move the work to start() of the descriptor.")       \
	X(PROCESS, WARNING, "process", "Leave the process alone: it is shared with other code.")   \
	X(NETWORK, WARNING, "network",                                                             \
	  "Send requests through the host: it adds the credential, checks and records them.")      \
	X(ROW, ERROR, "row",                                                                       \
	  "Change the JSON of the tool, resource or prompt; manifest.md has the rules.")           \
	X(OPTIONS, ERROR, "options", "Change \"options\" in manifest.json.")                       \
	X(PERMISSION, ERROR, "permission", "Change \"permissions\" in manifest.json.")             \
	X(PERMISSION_WIDE, WARNING, "permission-wide", "List the paths that the plugin needs.")    \
	X(HIDDEN, ERROR, "hidden-characters", "Remove these characters from the text.")            \
	X(DESCRIPTION, WARNING, "description",                                                     \
	  "Say in one to three sentences what the tool does and "                                  \
	  "when to use it.")                                                                       \
	X(ARGUMENT, NOTE, "argument-description",                                                  \
	  "Give each property of the schema a description.")                                       \
	X(OPEN_SCHEMA, WARNING, "open-schema",                                                     \
	  "Add \"additionalProperties\": false, so that a "                                        \
	  "misspelled argument is refused.")                                                       \
	X(METHOD, WARNING, "access-method", "Make lakehost.access \"write\", or send GET.")        \
	X(HINT, WARNING, "destructive-hint", "Remove destructiveHint from tools that only read.")  \
	X(TOKENS, WARNING, "tokens",                                                               \
	  "Shorten descriptions; split the plugin, so that operators "                             \
	  "enable what they need.")                                                                \
	X(REFUSED, ERROR, "refused",                                                               \
	  "Repair the descriptor or start(); the message above has the reason.")                   \
	X(CRASH, ERROR, "crash", "Run the given command under gdb or valgrind.")                   \
	X(HANG, ERROR, "hang", "Give requests and waits to mcp_suspend(), and bound every loop.")  \
	X(MISTAKE, ERROR, "mistake", "Each step must write, suspend or fail, in its own thread.")  \
	X(AFTER_CANCEL, ERROR, "after-cancel", "Return after mcp_cancelled(); clean up only.")     \
	X(DIFFERS, ERROR, "differs", "Keep no state between calls in static variables.")           \
	X(LEAK, ERROR, "leak", "Free the memory, or take it from mcp_alloc() or mcp_keep().")      \
	X(DESCRIPTORS, ERROR, "open-files", "Close what a call opens before its step returns.")

enum finding_kind {
#define X(name, level, code, todo) FIND_##name,
	FINDINGS(X)
#undef X
};

struct finding {
	enum finding_kind kind;
	char *text;
};

struct findings {
	struct finding *item;
	size_t count;
};

/* Adds a finding; the text is one sentence, and becomes one line. */
void findings_add(struct findings *findings, enum finding_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void findings_fini(struct findings *findings);
/* How many have this level. */
size_t findings_count(const struct findings *findings, enum finding_level level);
enum finding_level finding_level(enum finding_kind kind);

struct json;
/* Prints one line each, then the sums. */
void findings_print(const struct findings *findings);
/* Writes the member "findings" of an open object. */
void findings_write(const struct findings *findings, struct json *json);

#endif
