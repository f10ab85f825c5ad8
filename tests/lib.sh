# shellcheck shell=bash
# What the test scripts share; sourced, never run. Expects $root, the top of the source tree.

say() {
	printf '%s\n' "$*"
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# For a script that has a function usage.
wrong_option() {
	printf '%s: unknown option: %s\n\n' "${0##*/}" "$1" >&2
	usage >&2
	exit 2
}

# newest PATTERN [DIR]: the newest file whose path ends like PATTERN, below the build folder or DIR.
newest() {
	find "${2:-$root/build}" -path "*/$1" -type f -printf '%T@ %p\n' 2>/dev/null |
	    sort -rn | sed -n '1s/^[^ ]* //p'
}

port_answers() {
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# A loopback port that nobody answers on, below the range the kernel hands out by itself.
free_port() {
	local port

	for _ in $(seq 50); do
		port=$((20000 + RANDOM % 10000))
		if ! port_answers "$port"; then
			echo "$port"
			return
		fi
	done
	die "no free port on 127.0.0.1"
}

# wait_port PORT PID: until the port answers; fails when the process ends before, or after 30 s.
wait_port() {
	for _ in $(seq 300); do
		port_answers "$1" && return
		kill -0 "$2" 2>/dev/null || return 1
		sleep 0.1
	done
	return 1
}

# Ends a child of ours and waits for it; quiet when it is gone already.
stop() {
	kill "$1" 2>/dev/null || return 0
	wait "$1" 2>/dev/null || :
}

node_bin() {
	[ -x "$root/build/node/bin/node" ] || die "Node is not set up: run tests/setup --node"
	echo "$root/build/node/bin/node"
}

# Sets $host and $fixture: the program under test and the test plugin that belongs to it.
find_host() {
	if [ -n "${LAKEHOST_PREFIX-}" ]; then
		host=$LAKEHOST_PREFIX/bin/lakehost
		fixture=${LAKEHOST_FIXTURE:-$(newest fixture.so)}
	else
		host=$(newest core/lakehost "${LAKEHOST_BUILD-}")
		fixture=${LAKEHOST_FIXTURE:-$(newest fixture.so "$(build_of "$host")")}
	fi
	[ -x "$host" ] || die "no lakehost program${host:+ at $host}: build first"
	[ -f "$fixture" ] || die "no fixture.so: build with tests first"
}

# The build folder (build/NAME) that a file lies in.
build_of() {
	local below=${1#"$root/build/"}

	echo "$root/build/${below%%/*}"
}

# junit FILE NAME: a number of a whole run of ctest, as tests or failures.
junit() {
	tr '\n\t' '  ' <"$1" | sed -n "s/.*<testsuite [^>]* $2=\"\([0-9]*\)\".*/\1/p"
}

# The count of a run of ctest, which by itself counts skipped tests as passed.
junit_summary() {
	local bad left

	bad=$(junit "$1" failures)
	left=$(($(junit "$1" skipped) + $(junit "$1" disabled)))
	say "$(($(junit "$1" tests) - bad - left)) passed, $bad failed, $left skipped"
}

# verdict NAME COMMAND...: says whether the command succeeded, and counts it in $passed or $failed.
passed=0
failed=0
verdict() {
	local name=$1

	shift
	if "$@"; then
		passed=$((passed + 1))
		say "ok      $name"
	else
		failed=$((failed + 1))
		say "FAILED  $name"
	fi
}
