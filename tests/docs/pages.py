#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs what the pages say. Each fenced block of a page is one of these:

    ```sh           commands: each line must succeed. "lakehost --http ADDRESS" serves until the page ends.
    ```console      commands after "$ ", and what they print
    ```conf         a whole configuration: "lakehost check" must accept it
    ```conf GROUP   members of that group of a configuration
    ```conf KEY=VALUE …  a configuration that also needs these settings
    ```conf used    a configuration for the commands that follow
    ```json         with a file's name: a part of that file (tests/lint/readme); else it must be JSON
    ```text         anything that is no command

A block whose first line says "not run by our tests: WHY" is not run. A line "<!-- run by: WHAT -->"
above a block names what runs it: a suite of tests/run, or a test of ctest.

    tests/docs/pages.py BUILD PAGE...
"""
import json
import pathlib
import re
import subprocess
import sys

import page as pages

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Pages whose blocks run in a copy of a folder, and pages whose first configuration is that of their
# commands.
FOLDERS = {"vendors.md": "sdk/example", "sdk/example/README.md": "sdk/example"}
CONFIGURED = {"policy.md", "audit.md"}
# A group of a configuration needs these members beside those of the block.
AROUND = {"auth.oauth": 'auth = {{ inbound = "oauth"; oauth = {{\nresource = "https://lake.example.com/mcp";\n'
                        '{}\n}}; }};\n'}

# The only fault that a configuration of a page may have: our own plugins have no signature.
EXPECTED = "refused: without a valid signature"


class Page:
    def __init__(self, build, path):
        self.path = pathlib.Path(path)
        self.name = str(self.path.resolve().relative_to(ROOT))
        self.build = build
        self.blocks = pages.blocks_of(self.path.read_text())
        self.faults = []
        self.count = {"run": 0, "marked": 0, "elsewhere": 0, "checked": 0}
        self.suites = subprocess.run([ROOT / "tests/run", "--list"], capture_output=True, text=True,
                                     check=True).stdout.split()

    def fault(self, block, text):
        self.faults.append(f"{self.name}:{block.line}: {text}")

    def prepare(self, place):
        place.start_workspace()
        self.configure(place)
        if self.path.name == "administrators.md":
            self.install_example(place)
        folder = FOLDERS.get(self.path.name) or FOLDERS.get(self.name)
        if folder:
            place.folder = place.top / "project"
            subprocess.run(["cp", "-r", ROOT / folder, place.folder], check=True)

    def configure(self, place):
        if self.path.name in CONFIGURED:
            place.use(next(block for block in self.blocks if block.kind == "conf").text)
        if self.path.name == "audit.md":
            place.run("lakehost call list_catalogs")    # something to audit

    @staticmethod
    def install_example(place):
        """The plugin "hello" of a vendor, which the page examines and approves."""
        folder = place.top / "hello"
        subprocess.run(["cp", "-r", ROOT / "sdk/example", folder], check=True)
        done = place.run(f"cd {folder} && cmake -B build -DCMAKE_PREFIX_PATH=/usr/local && "
                         "cmake --build build && cmake --install build --prefix /usr/local")
        assert done.returncode == 0, done.stdout + done.stderr

    def run(self):
        place = pages.Place(self.build, ROOT)
        try:
            self.prepare(place)
            for block in self.blocks:
                self.run_block(place, block)
        finally:
            place.close()

    def run_block(self, place, block):
        kind = "run_" + (block.kind or "nothing")
        if block.run_by:
            self.check_run_by(block)
        elif block.marked:
            self.count["marked"] += 1
        elif hasattr(self, kind):
            getattr(self, kind)(place, block)
        elif not block.about:   # else a part of a file, which tests/lint/readme compares
            self.fault(block, f"a block of the kind \"{block.kind}\" is not known: see tests/docs/pages.py")

    def check_run_by(self, block):
        self.count["elsewhere"] += 1
        suite = re.fullmatch(r"tests/run --suite (\S+)", block.run_by)
        test = re.fullmatch(r"ctest -R (\S+)", block.run_by)
        known = suite and suite[1] in self.suites or test and self.has_test(test[1])
        if not known:
            self.fault(block, f"there is no {block.run_by}")

    def has_test(self, name):
        listed = subprocess.run(["ctest", "--test-dir", self.build, "-N", "-R", f"^{name}$"],
                                capture_output=True, text=True, check=True).stdout
        return re.search(rf"(?m): {re.escape(name)}$", listed)

    def run_nothing(self, _, block):
        self.fault(block, "a block without a kind: write sh, console, conf or text behind the fence")

    def run_text(self, *_):
        pass

    def run_yaml(self, *_):
        pass

    def run_json(self, _, block):
        if block.about:
            return
        self.count["checked"] += 1
        text = block.text.strip()
        try:
            json.loads(text if text[0] in "[{" else "{" + text + "}")
        except ValueError as error:
            self.fault(block, str(error))

    def run_conf(self, place, block):
        self.count["checked"] += 1
        settings = block.about.split() if "=" in block.about else []
        around = AROUND.get(block.about, "{}")
        conf = around.format(block.text)
        if block.about == "used":
            place.use(conf)
        done = place.check(conf, settings)
        faults = [line for line in done.stdout.splitlines() if ": fault: " in line]
        if done.returncode != 0 and not (faults and all(EXPECTED in line for line in faults)):
            self.fault(block, f"lakehost check:\n{done.stdout}{done.stderr}")

    def run_sh(self, place, block):
        self.count["run"] += 1
        lines = block.text.splitlines()
        served = [line for line in lines if pages.SERVES.match(line)]
        for line in served:
            failure = place.serve(line)
            if failure:
                self.fault(block, failure)
        script = "\n".join(line for line in lines if line not in served)
        done = place.run(script)
        if done.returncode != 0:
            self.fault(block, f"{script}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")

    def run_console(self, place, block):
        for command in re.findall(r"(?ms)^\$ (.*?)(?=^\$ |\Z)", block.text):
            self.count["run"] += 1
            command, expected = self.split(command)
            done = place.run(command, answer=None)
            printed = place.shown(done.stdout)
            if pages.plain(printed) != pages.plain(expected):
                self.fault(block, f"$ {command}\nexpected:\n{expected}\nprinted:\n{printed}{done.stderr}")

    @staticmethod
    def split(text):
        """A command, which may have several lines in quotes, and what it prints."""
        lines = text.splitlines()
        for end in range(1, len(lines) + 1):
            command = "\n".join(lines[:end])
            if subprocess.run(["bash", "-n", "-c", command], capture_output=True).returncode == 0:
                return command, "\n".join(lines[end:])
        return text, ""


def main():
    build, paths = sys.argv[1], sys.argv[2:]
    faults = []
    for path in paths:
        page = Page(build, path)
        page.run()
        faults += page.faults
        print(f"{page.name}: " + ", ".join(f"{count} {what}" for what, count in page.count.items()))
    print("\n".join(faults))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
