#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Looks whether lakehost.conf(5) has an entry for each key of the sample configuration, with its
default, and lakehost-plugin.conf(5) for each key of the plugins' files.

    tests/packages/keys.py LAKEHOST.CONF.5
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def keys_of(path):
    """The keys of a sample, each as the path of its groups, and their defaults."""
    groups = []
    for line in path.read_text().splitlines():
        line = line.strip()
        opened = re.fullmatch(r"(\w+) = \{", line)
        key = re.match(r"#?(\w+) = (.*)", line)
        if opened:
            groups.append(opened[1])
        elif line == "};":
            groups.pop()
        elif key and not line.startswith("# "):
            yield ".".join([*groups, key[1]]), key[2]


def main(page):
    text = pathlib.Path(page).read_text().replace("\\-", "-").replace("\\e", "\\")
    missing = [f"{page} lacks the key {key} = {value}"
               for key, value in keys_of(ROOT / "etc/lakehost.conf")
               if f"\\fB{key}\\fR = {value}\n" not in text]
    name = "packaging/man/lakehost-plugin.conf.5"
    text = (ROOT / name).read_text()
    for path in sorted((ROOT / "etc/plugins-available").glob("*.conf")):
        missing += [f"{name} lacks the key {key} of {path.name}"
                    for key, _ in keys_of(path) if "." not in key and f"\\fB{key}\\fR" not in text]
    print("\n".join(missing))
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
