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

# lay_out RELEASE DIR: a fresh bare system in DIR, with this machine's way to the network: the names of
# hosts, and the certificates that it trusts beside Debian's, which ca-certificates takes up when it
# is installed there.
lay_out() {
	local tar

	[ "$(id -u)" -eq 0 ] || skip_all "a chroot needs root"
	command -v debootstrap >/dev/null || skip_all "debootstrap is not installed"
	tar=$(minimal_system "$1") || skip_all "debootstrap got no $1 from $mirror"
	rm -rf "$2"
	mkdir -p "$2/usr/local/share/ca-certificates"
	tar -C "$2" -xf "$tar"
	cp -L /etc/resolv.conf "$2/etc/resolv.conf"
	cp /etc/hosts "$2/etc/hosts"
	find /usr/local/share/ca-certificates -name '*.crt' -exec \
	    cp -t "$2/usr/local/share/ca-certificates" {} + 2>/dev/null || :
}

# What the clients of package registries go by; each is handed on when it is set.
network_settings=(http_proxy https_proxy no_proxy SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE
	REQUESTS_CA_BUNDLE NODE_EXTRA_CA_CERTS PIP_CERT PIP_INDEX_URL NPM_CONFIG_REGISTRY)

# copy_sources DIR: the files of this tree as they are now, without what git ignores; a tree that git
# does not know, as one that was unpacked, without its build folder.
copy_sources() {
	mkdir -p "$1"
	if git -C "$root" rev-parse --is-inside-work-tree >/dev/null 2>&1; then
		(cd "$root" && git ls-files -z --cached --others --exclude-standard |
		    xargs -0 ls -d 2>/dev/null | tar -cf - -T -)
	else
		tar -C "$root" --exclude=./build --exclude=./tests/node_modules -cf - .
	fi | tar -C "$1" -xf -
}

# A mount namespace of its own. Below a chroot, as when this runs in such a system, the root is no mount
# point, and unshare cannot make it private; the namespace of the outer run is private already.
own_mounts() {
	if unshare --mount true 2>/dev/null; then
		unshare --mount "$@"
	else
		unshare --mount --propagation unchanged "$@"
	fi
}

# inside DIR COMMAND: runs a shell command in the system, with a /proc and terminals of its own, the
# caller's network settings, and nothing else of the caller.
inside() {
	local dir=$1 command=$2 name settings=()

	for name in CI "${network_settings[@]}"; do
		[ -z "${!name-}" ] || settings+=("$name=${!name}")
	done
	# shellcheck disable=SC2016 # the inner shell expands
	own_mounts --pid --fork --kill-child bash -c '
		dir=$1 command=$2
		shift 2
		mount -t proc proc "$dir/proc"
		mount -t devpts -o newinstance,ptmxmode=0666 devpts "$dir/dev/pts"
		ln -sf pts/ptmx "$dir/dev/ptmx"
		exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 "$@" \
		    chroot "$dir" bash -c "$command"
	' inside "$dir" "$command" "${settings[@]}" </dev/null
}

# install_arm64 DIR SETUP PACKAGE...: what a cross build for arm64 needs in the system. SETUP is an option
# of tests/setup. The libraries are installed for both machines: lakehost-manifest runs on this one.
# shellcheck disable=SC2016 # the shell in the chroot expands
install_arm64() {
	local dir=$1 setup=$2

	shift 2
	inside "$dir" '
		set -eu
		cd ~/lakehost
		tests/setup '"$setup"'
		dpkg --add-architecture arm64
		apt-get -qq update
		packages=$(tests/setup --list | grep -e -dev$ | grep -v libc6-dev)
		DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install \
		    qemu-user-static file '"$*"' $(printf "%s:arm64 " $packages) >/root/apt.log 2>&1 || {
			tail -n 20 /root/apt.log
			exit 1
		}
	'
}

# How many packages a system has.
package_count() {
	chroot "$1" dpkg-query -W -f '.\n' | wc -l
}
