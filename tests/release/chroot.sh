# shellcheck shell=bash
# A Debian release in a folder: made once, kept as a tar file, laid out anew for each use; sourced.
# Expects $root and tests/lib.sh. Needs root, debootstrap and a package mirror.

unavailable=75	# the exit status of a suite whose package registry did not answer

# The package mirror: LAKEHOST_MIRROR, else the first one that this machine installs from.
mirror=${LAKEHOST_MIRROR:-$(sed -nE 's/^URIs: *([^ ]+).*/\1/p; s/^deb (\[[^]]*\] )?([^ ]+).*/\2/p' \
    /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list \
    2>/dev/null | sed -n '/debian\/*$/{p;q}' || :)}

# What this machine runs: bookworm, trixie.
this_release() {
	sed -n 's/^VERSION_CODENAME=//p' /etc/os-release
}

# The supported release that this machine does not run.
other_release() {
	if [ "$(this_release)" = trixie ]; then echo bookworm; else echo trixie; fi
}

skip_all() {
	say "skipped: $1"
	exit "$unavailable"
}

# The minimal system of a release as a tar file; its path is printed.
minimal_system() {
	local release=$1 keep=${root:?}/build/chroots
	local tar=$keep/$1.tar work=$keep/$1.new

	if [ ! -f "$tar" ]; then
		mkdir -p "$keep"
		rm -rf "$work"
		debootstrap --variant=minbase "$release" "$work" "$mirror" >"$keep/$release.log" 2>&1 || {
			tail -n 5 "$keep/$release.log" >&2
			return 1
		}
		tar -C "$work" -cf "$tar.part" .
		mv "$tar.part" "$tar"
		rm -rf "$work"
	fi
	echo "$tar"
}

# lay_out RELEASE DIR: a fresh bare system in DIR, with this machine's way to the network.
lay_out() {
	local tar

	[ "$(id -u)" -eq 0 ] || skip_all "a chroot needs root"
	command -v debootstrap >/dev/null || skip_all "debootstrap is not installed"
	tar=$(minimal_system "$1") || skip_all "debootstrap got no $1 from $mirror"
	rm -rf "$2"
	mkdir -p "$2"
	tar -C "$2" -xf "$tar"
	cp -L /etc/resolv.conf "$2/etc/resolv.conf"
	cp /etc/hosts "$2/etc/hosts"
}

# copy_sources DIR: the files of this tree as they are now, without what git ignores.
copy_sources() {
	mkdir -p "$1"
	(cd "$root" && git ls-files -z --cached --others --exclude-standard | xargs -0 ls -d 2>/dev/null | tar -cf - -T -) | tar -C "$1" -xf -
}

# inside DIR COMMAND: runs a shell command in the system, with a /proc and terminals of its own, the caller's
# proxy settings, and nothing else of the caller.
inside() {
	local dir=$1 command=$2

	# shellcheck disable=SC2016 # the inner shell expands
	unshare --mount --pid --fork --kill-child bash -c '
		mount -t proc proc "$1/proc"
		mount -t devpts -o newinstance,ptmxmode=0666 devpts "$1/dev/pts"
		ln -sf pts/ptmx "$1/dev/ptmx"
		exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
		    ${CI:+CI="$CI"} ${http_proxy:+http_proxy="$http_proxy"} \
		    ${https_proxy:+https_proxy="$https_proxy"} \
		    chroot "$1" bash -c "$2"
	' inside "$dir" "$command" </dev/null
}

# How many packages a system has.
package_count() {
	chroot "$1" dpkg-query -W -f '.\n' | wc -l
}
