#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the commands of packaging/doc/policy.md with its configuration, and compares what they print
with the page. Blanks count once, because a terminal aligns columns and a pipe does not.

    tests/wire/policy_page.py LAKEHOST PAGE
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

INSTALLED = "/etc/lakehost/lakehost.conf"
PATIENCE = 60


def blocks(page, kind):
    return re.findall(rf"(?ms)^```{kind}\n(.*?)^```", page)


def plain(text):
    return [" ".join(line.split()) for line in text.strip().splitlines() if line.strip()]


class Page:
    def __init__(self, lakehost, page, home):
        self.page = page
        self.conf = home / "lakehost" / "lakehost.conf"
        self.conf.parent.mkdir()
        self.conf.write_text(blocks(page, "conf")[0])
        programs = home / "bin"
        programs.mkdir()
        (programs / "lakehost").symlink_to(lakehost)
        self.env = {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(home),
                    "XDG_CONFIG_HOME": str(home), "XDG_STATE_HOME": str(home / "state"),
                    "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", "")}

    def run(self, command):
        return subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=self.env,
                              timeout=PATIENCE, check=False)

    def check(self, command, expected):
        run = self.run(command)
        shown = plain(run.stdout.replace(str(self.conf), INSTALLED))
        if shown == plain(expected):
            return 0
        print(f"$ {command}\nexpected:\n{expected}\nprinted:\n{run.stdout}{run.stderr}")
        return 1


def main():
    lakehost, page = sys.argv[1], pathlib.Path(sys.argv[2]).read_text()
    with tempfile.TemporaryDirectory() as home:
        tried = Page(lakehost, page, pathlib.Path(home))
        for command in "".join(blocks(page, "sh")).splitlines():
            run = tried.run(command)
            if run.returncode != 0:
                sys.exit(f"{command}: {run.stderr}")
        faults = count = 0
        for block in blocks(page, "console"):
            for command in re.findall(r"(?ms)^\$ (.*?)(?=^\$ |\Z)", block):
                line, _, expected = command.partition("\n")
                faults += tried.check(line, expected)
                count += 1
    print(f"{count} commands, {faults} faults")
    sys.exit(1 if faults > 0 or count < 10 else 0)


if __name__ == "__main__":
    main()
