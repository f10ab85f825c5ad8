# SPDX-License-Identifier: Apache-2.0
# Makes the manual pages of the SDK of a public header: one page for the header, and one for each group
# of calls, which a line "/* ---- GROUP: summary ---- */" begins. The comment in front of a declaration
# is its description. A comment that ends with an empty line belongs to no declaration.
#
#   awk -f calls.awk -v date=DATE -v out=FOLDER -v header=lakehost/call.h -v page=lakehost-call
#       -v section=3 -v summary=TEXT -v since="ABI 1.0" call.h
#   awk -f calls.awk -v names=1 -v since="ABI 1.0" call.h
#
# The first form writes FOLDER/man3/*.3 (or man7), and a page ".so" for each function and struct. The
# second form prints each public name, with the version that its comment names, or else `since`.
function escape(text) {
	gsub(/\\/, "\\e", text)
	gsub(/-/, "\\-", text)
	gsub(/…/, "...", text)
	return text
}
function line(text) {
	text = escape(text)
	return text ~ /^[.']/ ? "\\&" text : text
}
# Names of functions and constants are bold.
function words(text,   done, word) {
	done = ""
	while (match(text, /`[^`]+`|(mcp|fakehost)_[a-z0-9_]+\(\)|MCP_[A-Z0-9_]+/)) {
		word = substr(text, RSTART, RLENGTH)
		gsub(/`/, "", word)
		done = done escape(substr(text, 1, RSTART - 1)) "\\fB" escape(word) "\\fR"
		text = substr(text, RSTART + RLENGTH)
	}
	gsub(/`/, "", text)	# a quoted text of two lines
	done = done escape(text)
	return done ~ /^[.']/ ? "\\&" done : done
}
function put(text) {
	body = body text "\n"
	titled = text ~ /^\.S[SH]/
}
function paragraph() { if (body != "" && !titled) put(".PP") }
# The lines of a comment without its marks.
function bare(text) {
	sub(/[ \t]*\*\/[ \t]*$/, "", text)
	sub(/^[ \t]*\/?\*+/, "", text)
	return text
}
# Puts the text of comment lines 1 to n: paragraphs, lists with "-", and indented samples.
function put_text(n, text,   i, one, sample, list, empty) {
	sample = list = 0
	empty = 1
	for (i = 1; i <= n; i++) {
		one = text[i]
		if (one !~ /^\t/ && sample) {
			put(".EE")
			sample = 0
		}
		if (one ~ /^[ \t]*$/) {
			empty = 1
		} else if (one ~ /^\t/) {
			if (!sample) {
				paragraph()
				put(".EX")
			}
			sample = 1
			sub(/^\t/, "", one)
			gsub(/\t/, "    ", one)
			put(line(one))
		} else {
			sub(/^ /, "", one)
			if (one ~ /^- /) {
				put(".IP \\(bu 2")
				sub(/^- /, "", one)
				list = 1
			} else if (empty || (list && one !~ /^ /))
				paragraph()
			if (one !~ /^ /) list = list && text[i] ~ /^ - /
			sub(/^ +/, "", one)
			put(words(one))
			empty = 0
		}
	}
	if (sample) put(".EE")
}
function version_of(text) {
	if (match(text, /Since (ABI|SDK) [0-9]+\.[0-9]+/))
		return substr(text, RSTART + 6, RLENGTH - 6)
	return since
}
function print_name(kind, name, version) {
	if (names) print version, kind, name
}
# Prints the names of the members of a struct or the values of an enum. Each is on lines of its own;
# its comment is in front of it or behind it.
function print_members(kind, owner, text,   n, i, part, own, note, code, inside, pieces, count, k, name) {
	n = split(text, part, "\n")
	note = own = code = ""
	inside = 0
	for (i = 2; i <= n; i++) {
		if (inside || part[i] ~ /^[ \t]*\/\*/) {
			if (code == "") note = note " " part[i]
			inside = part[i] !~ /\*\//
			continue
		}
		own = part[i]
		if (match(own, /\/\*/)) {
			inside = own !~ /\*\//
			note = note " " substr(own, RSTART)
			own = substr(own, 1, RSTART - 1)
		}
		code = code " " own
		if (kind == "enum") {
			if (code ~ /MCP_/) {
				count = split(code, pieces, ",")
				for (k = 1; k <= count; k++)
					if (match(pieces[k], /MCP_[A-Z0-9_]+/))
						print_name("value", substr(pieces[k], RSTART, RLENGTH), version_of(note))
				code = note = ""
			}
			continue
		}
		if (code !~ /;[ \t]*$/) continue
		if (match(code, /\(\*[a-z_0-9]+\)/)) {
			print_name("member", owner "." substr(code, RSTART + 2, RLENGTH - 3), version_of(note))
		} else {
			count = split(code, pieces, /[,;]/)
			for (k = 1; k <= count; k++)
				if (match(pieces[k], /[a-z_0-9]+[ \t]*$/)) {
					name = substr(pieces[k], RSTART, RLENGTH)
					sub(/[ \t]+$/, "", name)
					print_name("member", owner "." name, version_of(note))
				}
		}
		code = note = ""
	}
}
function file_of(name, number) { return out "/man" number "/" name "." number }
function heading(name, number) {
	return ".\\\" Made of <" header ">: change that file.\n.TH " escape(toupper(name)) " " number \
	    " " date " Lakehost \"Lakehost SDK\"\n"
}
function end_page(   i, file, list, also) {
	if (names || current == "") return
	file = file_of(current, number)
	list = escape(current)
	for (i = 1; i <= aliases; i++) {
		list = list ", " escape(alias[i])
		print ".so man" number "/" current "." number > file_of(alias[i], 3)
		close(file_of(alias[i], 3))
	}
	printf "%s", heading(current, number) ".SH NAME\n" list " \\- " escape(title) "\n" > file
	print ".SH SYNOPSIS\n.nf\n.B #include <" header ">\n.PP" > file
	printf "%s", synopsis > file
	print ".fi\n.SH DESCRIPTION" > file
	printf "%s", body > file
	if (current != page) {
		print ".SH THREADS, OWNERSHIP AND ERRORS" > file
		print "The rules of\n.BR " escape(page) (section == 7 ? " (7)" : " (3)") > file
		print "apply to all functions of this page." > file
	}
	also = current == "lakehost-plugin" ? ".BR lakehost \\- manifest (1)" : ".BR lakehost\\-plugin (7)"
	gsub(/lakehost \\- manifest/, "lakehost\\-manifest", also)
	print ".SH SEE ALSO\n" also (current == page ? groups : "") > file
	close(file)
	pages[++page_count] = current
}
function begin_page(name, what, num) {
	current = name
	title = what
	number = num
	body = synopsis = ""
	aliases = 0
}
function add_alias(name) {
	if (!(name in taken)) {
		taken[name] = 1
		alias[++aliases] = name
	}
}
# Puts a declaration: its name as a title, its code if that is a struct or a macro, and its comment.
function put_item(kind, name, code, n, text, last) {
	if (names) return
	put(".SS " (kind == "function" ? escape(name) "()" : escape(kind (name != "" ? " " name : ""))))
	if (kind == "function") {
		synopsis = synopsis code_lines(code) ".PP\n"
		add_alias(name)
	} else {
		put(".EX\n" code_lines(code) ".EE")
		if ((kind == "struct" || kind == "enum") && name != "") add_alias(name)
	}
	put_text(n, text)
	if (last != "") {
		paragraph()
		put(words(last))
	}
	put(".PP\nSince " version_of(whole) ".")
}
function code_lines(code,   part, n, i, at, done) {
	n = split(code, part, "\n")
	done = ""
	for (i = 1; i <= n; i++) {
		while (at = index(part[i], "\t"))
			part[i] = substr(part[i], 1, at - 1) substr("        ", 1 + (at - 1) % 8) \
			    substr(part[i], at + 1)
		done = done line(part[i]) "\n"
	}
	return done
}
function kind_of(code) {
	if (code ~ /^#define/) return "macro"
	if (code ~ /^typedef/) return "type"
	if (code ~ /^struct [a-z_0-9]+ \{/) return "struct"
	if (code ~ /^enum [a-z_0-9]* ?\{/) return "enum"
	if (code ~ /^struct [a-z_0-9]+;/ ) return ""
	return code ~ /(mcp|fakehost)_[a-z0-9_]+\(/ ? "function" : "variable"
}
function name_of(kind, code) {
	if (code ~ /^enum \{/) return ""
	if (kind == "macro") match(code, /(MCP|LAKEHOST)_[A-Z0-9_]+/)
	else if (kind == "type") match(code, /mcp_[a-z0-9_]+_fn/)
	else if (kind == "struct" || kind == "enum") match(code, /(mcp_|fakehost)[a-z0-9_]*/)
	else if (kind == "function") {
		match(code, /(mcp|fakehost)_[a-z0-9_]+\(/)
		return substr(code, RSTART, RLENGTH - 1)
	} else match(code, /mcp_[a-z0-9_]+;/)
	if (kind == "variable") RLENGTH--
	return RSTART > 0 ? substr(code, RSTART, RLENGTH) : ""
}
function end_item(   kind, name, last) {
	last = ""
	kind = kind_of(code)
	if (kind == "") return
	# a comment behind the only line of a prototype
	if (kind == "function" || kind == "macro" || kind == "type")
		if (match(code, /[ \t]*\/\*.*\*\//)) {
			last = substr(code, RSTART, RLENGTH)
			code = substr(code, 1, RSTART - 1)
			last = bare(last)
			sub(/^[ \t]+/, "", last)
		}
	sub(/^static inline /, "", code)
	name = name_of(kind, code)
	whole = last
	for (i = 1; i <= doc_lines; i++) whole = whole " " doc[i]
	if (kind == "function") sub(/\)$/, ");", code)
	if (name != "") print_name(kind, name, version_of(whole))
	if (kind == "struct") print_members("struct", name, code)
	if (kind == "enum") print_members("enum", name, code)
	put_item(kind, name, code, doc_lines, doc, last)
	doc_lines = 0
}
BEGIN {
	begin_page(page, summary, section)
	head = 1
	state = ""
}
# The comment at the beginning of the header describes all of it.
/^\/\* SPDX/ { next }
/^#ifndef/ {
	if (head) put_text(doc_lines, doc)
	head = doc_lines = 0
	next
}
/^\/\* ---- / && state == "" {
	text = $0
	sub(/^\/\* ---- /, "", text)
	sub(/ -+ \*\/$/, "", text)
	doc_lines = 0
	if (match(text, /^[a-z-]+: /)) {
		held[++helds] = "lakehost-" substr(text, 1, RLENGTH - 2)
		if (helds == 1) {
			first_body = body
			first_synopsis = synopsis
			first_aliases = aliases
			for (i = 1; i <= aliases; i++) first_alias[i] = alias[i]
		} else
			end_page()
		begin_page(held[helds], substr(text, RLENGTH + 1), 3)
	} else if (!names)
		put(".SH " toupper(escape(text)))
	next
}
state == "code" {
	if (is_inline && $0 ~ /^\{/) {
		state = "skip"
		end_item()
		next
	}
	code = code "\n" $0
	if (is_macro ? $0 !~ /\\$/ : ($0 ~ /^\};?$/ || (code !~ /\{/ && $0 ~ /;[ \t]*(\/\*.*\*\/)?$/))) {
		state = ""
		end_item()
	}
	next
}
state == "skip" { if ($0 ~ /^\}/) state = ""; next }
state == "comment" || /^\/\*/ {
	if (state != "comment") doc_lines = 0
	state = "comment"
	text = bare($0)
	if (!(text ~ /^[ \t]*$/ && (doc_lines == 0 || $0 ~ /\*\//))) doc[++doc_lines] = text
	if ($0 ~ /\*\/[ \t]*$/) state = ""
	next
}
/^[ \t]*$/ {
	if (doc_lines > 0 && !names) put_text(doc_lines, doc)
	doc_lines = 0
	next
}
/^#define (MCP|LAKEHOST)_[A-Z0-9_]+_H$/ { next }
/^#define / {
	code = $0
	is_macro = 1
	is_inline = 0
	if ($0 ~ /\\$/) state = "code"; else end_item()
	next
}
/^(#|\}$|extern "C")/ { next }
{
	code = $0
	is_macro = 0
	is_inline = $0 ~ /^static inline/
	if ($0 ~ /;[ \t]*(\/\*.*\*\/)?$/ && ($0 !~ /\{/ || $0 ~ /\};$/)) end_item(); else state = "code"
}
END {
	if (helds > 0) {
		end_page()
		begin_page(page, summary, section)
		body = first_body
		synopsis = first_synopsis
		aliases = first_aliases
		for (i = 1; i <= aliases; i++) alias[i] = first_alias[i]
		for (i = 1; i <= helds; i++)
			groups = groups ",\n.BR " escape(held[i]) " (3)"
	}
	if (page == "lakehost-plugin")
		groups = groups ",\n.BR lakehost\\-call (3),\n.BR lakehost\\-rest (3),\n.BR lakehost\\-fakehost (3)"
	end_page()
}
