#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the system calls that strace saw with those that lakehost.service allows.

    tests/packages/syscalls.py UNIT STRACE_LOG...

The sets of names come from `systemd-analyze syscall-filter` of this machine. Exit 1 when the service
would have been refused a call.
"""
import pathlib
import re
import subprocess
import sys


def sets():
    """The sets of systemd, each as a set of names of calls and of other sets."""
    text = subprocess.run(["systemd-analyze", "syscall-filter"], capture_output=True, text=True,
                          check=True).stdout
    found, name = {}, None
    for line in text.splitlines():
        word = line.strip()
        if word.startswith("@") and not line.startswith(" "):
            name = word
            found[name] = set()
        elif name and word and not word.startswith("#"):
            found[name].add(word)
    return found


def expand(name, known):
    if not name.startswith("@"):
        return {name}
    return set().union(*(expand(inner, known) for inner in known[name]))


def allowed(unit, known):
    """The calls that a unit allows: SystemCallFilter= lines in their order, ~ removes."""
    names = expand("@default", known)
    for words in re.findall(r"^SystemCallFilter=(.*)$", unit, re.M):
        calls = set().union(*(expand(word, known) for word in words.lstrip("~").split()))
        names = names - calls if words.startswith("~") else names | calls
    return names


def main(unit, *logs):
    names = allowed(pathlib.Path(unit).read_text(), sets())
    seen = set()
    for log in logs:
        seen |= set(re.findall(r"^(?:\d+ +)?(?:[\d.:]+ +)?([a-z]\w*)\(",
                               pathlib.Path(log).read_text(errors="replace"), re.M))
    refused = sorted(seen - names)
    print(f"{len(seen)} system calls seen, {len(names)} allowed")
    if refused:
        print("the service would be refused:", " ".join(refused))
    return 1 if refused or not seen else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
