# shellcheck shell=bash
# The archive of the sources that a package is built from; sourced. Expects $root and tests/lib.sh.

# pack_sources NAME FILE TIME: the sources as an archive NAME/ whose bytes depend on them only: names in
# order, one time (seconds since 1970), no owner.
pack_sources() {
	local name=$1 out=$2 time=$3

	if git -C "${root:?}" rev-parse --is-inside-work-tree >/dev/null 2>&1; then
		(cd "$root" && git ls-files -z --cached --others --exclude-standard)
	else
		(cd "$root" && find . \( -path ./build -o -path ./tests/node_modules -o -path ./debian \) \
		    -prune -o -type f -printf '%P\0')
	fi | (cd "$root" && while IFS= read -r -d '' file; do
		[ ! -f "$file" ] || printf '%s\0' "$file"
	done) | LC_ALL=C sort -z | tar -C "$root" --no-recursion --mtime="@$time" \
	    --owner=0 --group=0 --numeric-owner --mode=go=rX,u+rw --transform="s,^,$name/," \
	    --null -T - -cf - |
	    xz -6 -T1 >"$out"
}
