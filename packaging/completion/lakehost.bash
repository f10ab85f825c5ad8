# Completion of lakehost for bash. The program itself knows the words: lakehost complete.
_lakehost() {
	local words

	words=$("${COMP_WORDS[0]}" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) || return
	mapfile -t COMPREPLY <<<"$words"
	[ -n "$words" ] || COMPREPLY=()
	[[ "${COMPREPLY[0]-}" != *= ]] || compopt -o nospace
}
complete -o default -F _lakehost lakehost
