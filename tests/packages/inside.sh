# shellcheck shell=bash
# The steps of tests/packages/run in the clean chroot; each is a function step_NAME, in this order.
set -eu
shopt -s nullglob
export DEBIAN_FRONTEND=noninteractive
enabled=/etc/lakehost/plugins-enabled

# The administrator's answer to dpkg about a changed file: keep mine.
get() {
	apt-get -qq -y --no-install-recommends -o Dpkg::Options::=--force-confold "$@" \
	    >/root/apt.log 2>&1 || { tail -n 20 /root/apt.log; return 1; }
}

# The state of a plugin as the host sees it; empty: there is no such plugin.
state() {
	lakehost plugin list 2>/dev/null | awk -F '\t' -v name="$1" '$1 == name { print $3 }'
}

is() {
	[ "$2" = "$3" ] || { echo "$1: it should be \"$3\", and it is \"$2\""; return 1; }
}

# not COMMAND...: the command must fail.
not() {
	if "$@"; then
		echo "it should have failed: $*"
		return 1
	fi
}

# Does a client see this tool?
offers() {
	lakehost tools 2>/dev/null | grep -q -P "^$1\t"
}

step_core_without_a_plugin() {
	get install /root/deb/older/lakehost_*.deb
	lakehost --version
	is "plugins" "$(lakehost plugin list 2>/dev/null | tail -n +2)" ""
	offers get_server_info
	is "owner of the credentials" "$(stat -c '%U %a' /etc/lakehost/credentials)" "root 700"
	id lakehost
	is "state" "$(stat -c '%U %a' /var/lib/lakehost)" "lakehost 700"
}

step_core_and_one_plugin() {
	get install /root/deb/older/lakehost-plugin-data_*.deb
	is data "$(state data)" enabled
	offers execute_sql
	not offers get_secret
}

step_secrets_are_available_but_not_enabled() {
	get install /root/deb/older/lakehost-plugin-secrets_*.deb
	is secrets "$(state secrets)" available
	not offers list_secret_scopes
	lakehost plugin enable secrets
	offers list_secret_scopes
	lakehost plugin disable secrets
	is secrets "$(state secrets)" available
}

step_upgrade_with_a_changed_configuration_file() {
	echo 'limits = { call_ms = 44000; };' >/etc/lakehost/mine.conf
	sed -i 's/^#limits/limits/; s/^\t#call_ms = .*/\tcall_ms = 44000;/' /etc/lakehost/lakehost.conf
	rm /etc/lakehost/mine.conf
	lakehost plugin disable data
	get install /root/deb/lakehost_*.deb /root/deb/lakehost-plugin-data_*.deb \
	    /root/deb/lakehost-plugin-secrets_*.deb
	grep -q 'call_ms = 44000;' /etc/lakehost/lakehost.conf
	not grep -q 'call_ms = 44000;' /etc/lakehost/lakehost.conf.dpkg-dist
	is "data, disabled before the upgrade" "$(state data)" available
	is secrets "$(state secrets)" available
	lakehost plugin enable data
	rm /etc/lakehost/lakehost.conf.dpkg-dist
}

unit_folder() {
	dirname "$(dpkg -L lakehost | grep '/lakehost.service$')"
}

step_users_and_folders_of_systemd() {
	local made=/root/made

	mkdir -p "$made/etc"
	systemd-sysusers --root="$made" /usr/lib/sysusers.d/lakehost.conf
	grep '^lakehost:' "$made/etc/passwd"
	cp /etc/passwd /etc/group "$made/etc/"
	systemd-tmpfiles --root="$made" --create /usr/lib/tmpfiles.d/lakehost.conf
	is "/run/lakehost" "$(stat -c '%a' "$made/run/lakehost")" 755
	is "/var/lib/lakehost" "$(stat -c '%U %a' "$made/var/lib/lakehost")" "lakehost 700"
	is "/var/log/lakehost" "$(stat -c '%U %a' "$made/var/log/lakehost")" "lakehost 750"
}

step_units_are_verified_and_hardened() {
	systemctl --version | head -n 1
	systemd-analyze verify "$(unit_folder)"/lakehost.service "$(unit_folder)"/lakehost.socket \
	    >/root/verify.log 2>&1 || { cat /root/verify.log; return 1; }
	is "systemd-analyze verify" "$(cat /root/verify.log)" ""
	systemd-analyze security --offline=yes --threshold=15 "$(unit_folder)/lakehost.service" |
	    tail -n 1
}

# From systemd 253 on the package has the drop-in, before it does not.
step_reload_by_notification() {
	local version drop

	version=$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
	drop=$(unit_folder)/lakehost.service.d/notify-reload.conf
	if [ "$version" -ge 253 ]; then
		grep -q '^Type=notify-reload$' "$drop"
	else
		not test -e "$drop"
	fi
}

step_the_service_runs() {
	cp -p /etc/lakehost/lakehost.conf /root/lakehost.conf
	sed -i 's|^\t\t#host = "";|\t\thost = "https://127.0.0.1:1"; token = "credential:token";|' \
	    /etc/lakehost/lakehost.conf
	mkdir -p /root/strace
	chmod 711 /root
	python3 /root/service.py --strace /root/strace/log "$(unit_folder)/lakehost.service"
	python3 /root/syscalls.py "$(unit_folder)/lakehost.service" /root/strace/log
}

step_a_credential_that_is_missing_stops_the_start() {
	if CREDENTIALS_DIRECTORY=/nowhere lakehost check >/root/check.log 2>&1; then return 1; fi
	grep 'lakehost.conf:[0-9]*: upstreams.workspace.token: .*/nowhere/token' /root/check.log
	cp -p /root/lakehost.conf /etc/lakehost/lakehost.conf
}

step_logs_are_rotated() {
	install -o lakehost -g lakehost -m 640 /dev/null /var/log/lakehost/test.log
	echo line >/var/log/lakehost/test.log
	logrotate --force --state /root/logrotate.state /etc/logrotate.d/lakehost
	is "the old log" "$(cat /var/log/lakehost/test.log.1)" line
}

step_an_upgrade_keeps_an_enabled_plugin() {
	get install --reinstall /root/deb/lakehost-plugin-data_*.deb
	is data "$(state data)" enabled
}

step_a_plugin_for_a_newer_host_is_refused() {
	local tree=/root/newer.tree

	dpkg-deb -R /root/deb/lakehost-plugin-jobs_*.deb "$tree"
	sed -i 's/lakehost-plugin-abi-1 (>= [^)]*)/lakehost-plugin-abi-1 (>= 1.99)/' "$tree/DEBIAN/control"
	dpkg-deb --root-owner-group -b "$tree" /root/newer.deb >/dev/null
	rm -r "$tree"
	not get install /root/newer.deb
	if dpkg -i /root/newer.deb >/root/dpkg.log 2>&1; then return 1; fi
	grep 'lakehost-plugin-abi-1 (>= 1.99)' /root/dpkg.log
	is "state of the package" "$(dpkg-query -W -f '${db:Status-Status}' lakehost-plugin-jobs)" unpacked
	is jobs "$(state jobs)" available
	dpkg --purge lakehost-plugin-jobs
	is jobs "$(state jobs)" ""
}

step_a_half_installed_plugin_is_not_enabled() {
	dpkg --unpack /root/deb/lakehost-plugin-jobs_*.deb >/dev/null
	is jobs "$(state jobs)" available
	dpkg --configure lakehost-plugin-jobs >/dev/null
	is jobs "$(state jobs)" enabled
}

step_a_plugin_without_its_file_is_refused_by_name() {
	local file

	file=$(dpkg -L lakehost-plugin-jobs | grep '\.so$')
	mv "$file" /root/jobs.so
	is jobs "$(state jobs)" refused
	lakehost plugin list 2>/dev/null | grep -P '^jobs\t'
	offers execute_sql
	mv /root/jobs.so "$file"
}

step_a_failing_script_names_the_reason() {
	dpkg --purge lakehost-plugin-jobs >/dev/null
	mv "$enabled" /root/enabled
	touch "$enabled"
	if dpkg -i /root/deb/lakehost-plugin-jobs_*.deb >/root/dpkg.log 2>&1; then return 1; fi
	grep "lakehost-plugin-jobs: $enabled is not a folder" /root/dpkg.log
	is "state of the package" "$(dpkg-query -W -f '${db:Status-Status}' lakehost-plugin-jobs)" \
	    half-configured
	rm "$enabled"
	mv /root/enabled "$enabled"
	is jobs "$(state jobs)" available
	dpkg --configure lakehost-plugin-jobs >/dev/null
	is jobs "$(state jobs)" enabled
}

step_remove_and_install_again() {
	get remove lakehost-plugin-jobs
	is jobs "$(state jobs)" ""
	[ ! -L "$enabled/jobs.conf" ]
	offers execute_sql
	get install /root/deb/lakehost-plugin-jobs_*.deb
	is jobs "$(state jobs)" enabled
	lakehost plugin disable jobs
	get remove lakehost-plugin-jobs
	get install /root/deb/lakehost-plugin-jobs_*.deb
	is "jobs, disabled before it was removed" "$(state jobs)" available
}

step_all_plugins_but_the_one_that_shows_secrets() {
	local name

	rm /root/deb/older/*
	cd /root/deb
	get install $(ls -d ./*.deb | grep -v -e secret-values -e lakehost-dev)
	not dpkg-query -W lakehost-plugin-secret-values 2>/dev/null
	for name in compute workspace data files ml prompts; do
		is "$name" "$(state "$name")" enabled
	done
	is secrets "$(state secrets)" available
	get install ./lakehost-plugin-secret-values_*.deb
	is secret-values "$(state secret-values)" available
	not offers get_secret
}

step_remove() {
	lakehost check || : # no workspace is configured here
	get remove 'lakehost*'
	is "configuration" "$(ls /etc/lakehost/lakehost.conf)" /etc/lakehost/lakehost.conf
	[ ! -e /usr/bin/lakehost ]
}

step_purge() {
	get purge 'lakehost*'
}
