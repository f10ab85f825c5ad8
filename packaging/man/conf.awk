# Makes lakehost.conf(5) of the sample configuration: a section for each group, an entry for each
# key with its default, and the comment above it as the text. -v date=YYYY-MM-DD
function escape(text) {
	gsub(/\\/, "\\e", text)
	gsub(/-/, "\\-", text)
	if (text ~ /^[.']/)
		text = "\\&" text
	return text
}
function flush_text(   i, sample) {
	sample = 0
	for (i = 1; i <= texts; i++) {
		if (!sample && text[i] ~ /^  |= \{$|^\};$/) {
			print ".PP\n.EX"
			sample = 1
		}
		print escape(text[i])
		if (sample && text[i] ~ /^\};$/) {
			print ".EE"
			sample = 0
		}
	}
	if (sample)
		print ".EE"
	texts = 0
}
# A block ends: its keys, then what its comment says.
function flush_block(   i) {
	if (keys > 0 && depth == 0)
		print ".SH " toupper(first)
	for (i = 1; i <= keys; i++)
		print (i == 1 ? ".TP" : ".TQ") "\n" key[i]
	if (keys == 0 && texts > 0 && !titled)
		print ".PP"
	flush_text()
	keys = titled = 0
}
function path_of(name,   i, path) {
	path = ""
	for (i = 1; i <= depth; i++)
		path = path group[i] "."
	return path name
}
BEGIN {
	print ".\\\" Made of etc/lakehost.conf: change that file."
	print ".TH LAKEHOST.CONF 5 " date " Lakehost \"Lakehost\""
	print ".SH NAME"
	print "lakehost.conf \\- the configuration of lakehost"
	print ".SH SYNOPSIS"
	print ".I /etc/lakehost/lakehost.conf"
	print ".br"
	print ".I ~/.config/lakehost/lakehost.conf"
	print ".SH DESCRIPTION"
	print "Every key is listed with its default."
	depth = keys = texts = 0
}
{ sub(/^[ \t]+/, "") }
/^# Lakehost: / { next }
/^#$/ { flush_block(); next }
/^# / { text[++texts] = substr($0, 3); next }
# A key, commented out, with its default. The default may have further lines.
/^#[a-z_]+ = / {
	line = substr($0, 2)
	name = line
	sub(/ = .*/, "", name)
	sub(/^[a-z_]+ = /, "", line)
	if (keys == 0)
		first = name
	key[++keys] = "\\fB" escape(path_of(name)) "\\fR = " escape(line)
	more = line !~ /;$/
	next
}
/^#/ && more {
	line = substr($0, 2)
	sub(/^[ \t]+/, "", line)
	key[keys] = key[keys] "\n" escape(line)
	more = line !~ /;$/
	next
}
/^[a-z_]+ = \{$/ {
	flush_block()
	started = 1
	sub(/ = .*/, "")
	group[++depth] = $0
	if (depth == 1)
		print ".SH " toupper($0)
	else
		print ".SS " escape(substr(path_of(""), 1, length(path_of("")) - 1))
	titled = 1
	next
}
/^\};$/ { flush_block(); depth--; next }
/^$/ { flush_block(); next }
/./ { sub(/^#/, ""); text[++texts] = $0 }
END {
	flush_block()
	print ".SH SEE ALSO"
	print ".BR lakehost (1),"
	print ".BR lakehost\\-plugin.conf (5)"
}
