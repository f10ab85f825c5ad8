#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Completion of the command line: what the program prints, and what bash, zsh and fish make of it with
the installed files. A shell that is not installed is skipped.

    tests/packages/completion.py LAKEHOST [unittest options]
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "packaging/completion"
PROGRAM = []
HOME = tempfile.TemporaryDirectory()


def run(*command, env=None):
    base = {"PATH": f"{os.path.dirname(PROGRAM[0])}:/usr/bin:/bin", "HOME": HOME.name,
            "DATABRICKS_HOST": "https://127.0.0.1:1", "DATABRICKS_TOKEN": "none",
            "TERM": "dumb", **(env or {})}
    return subprocess.run(command, capture_output=True, text=True, env=base, timeout=60,
                          stdin=subprocess.DEVNULL)


def words(*line):
    """The words that the program offers for the last word of the line."""
    return run(PROGRAM[0], "complete", "--", *line).stdout.split()


class ProgramTest(unittest.TestCase):
    def test_commands(self):
        listed = run(PROGRAM[0], "--help").stdout.split("Commands:\n")[1].split("\n\n")[0]
        self.assertEqual(words(""), [line.split()[0] for line in listed.splitlines()])
        self.assertEqual(words("cli"), ["client-config"])
        self.assertEqual(words("no-such", ""), [])

    def test_options(self):
        for command in words(""):
            usage = run(PROGRAM[0], command, "--help").stdout.split("\n")[0]
            for option in re.findall(r"--[a-z-]+", usage):
                self.assertIn(option, words(command, "--"), command)
            self.assertIn("--config", words(command, "--"))
        self.assertNotIn("--http", words("tools", "--"))
        self.assertIn("--http", words("--"))

    def test_every_offered_option_is_taken(self):
        for command in words(""):
            for option in words(command, "--"):
                result = run(PROGRAM[0], command, option, "x", "--help")
                self.assertNotIn("does not take", result.stderr)
                self.assertNotIn("unknown option", result.stderr)

    def test_words_of_the_usage(self):
        self.assertLessEqual({"list", "enable", "disable", "inspect"}, set(words("plugin", "")))
        self.assertEqual(words("token", "r"), ["revoke"])
        self.assertEqual(words("tools", ""), [])

    def test_values(self):
        self.assertEqual(words("--log-level", "w"), ["warning"])
        self.assertEqual(words("token", "new", "ann", "--access", ""), ["read", "write", "admin"])
        self.assertEqual(words("--config", ""), [])

    def test_names(self):
        self.assertIn("data", words("plugin", "enable", ""))
        self.assertEqual(words("plugin", "list", ""), [])
        self.assertEqual(words("client-config", "claude"), ["claude-code", "claude-desktop"])
        self.assertIn("execute_sql", words("call", "exec"))
        self.assertIn("sql_query=", words("call", "execute_sql", ""))
        self.assertIn("databricks://clusters", words("read", "databricks"))

    def test_a_configuration_with_a_fault_offers_nothing(self):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write("limits = { calls = 1; };\n")
            file.flush()
            self.assertEqual(words("--config", file.name, "call", ""), [])
            self.assertEqual(words("--config", file.name, "to"), ["tools", "token"])


class ShellTest(unittest.TestCase):
    def need(self, shell):
        if shutil.which(shell) is None:
            self.skipTest(f"{shell} is not installed")

    def bash(self, *line):
        array = " ".join(f"'{word}'" for word in ("lakehost", *line))
        return run("bash", "-c", f"source {FOLDER}/lakehost.bash; compopt() {{ :; }}; "
                   f"COMP_WORDS=({array}); COMP_CWORD={len(line)}; _lakehost; "
                   'printf "%s\\n" "${COMPREPLY[@]}"').stdout.split()

    def test_bash(self):
        self.need("bash")
        self.assertEqual(self.bash("pl"), ["plugin"])
        self.assertEqual(self.bash("token", ""), ["new", "list", "revoke"])
        self.assertEqual(self.bash("--config", ""), [])
        registered = run("bash", "-c", f"source {FOLDER}/lakehost.bash; complete -p lakehost")
        self.assertEqual(registered.stdout.strip(), "complete -o default -F _lakehost lakehost")

    def zsh(self, *line):
        array = " ".join(f"'{word}'" for word in ("lakehost", *line))
        return run("zsh", "-f", "-c", "compadd() { [[ $1 != -S ]] || shift 2; print -l -- "
                   "${(P)2} }; _files() { print files }; f() { source "
                   f"{FOLDER}/_lakehost }}; words=({array}); CURRENT={len(line) + 1}; f"
                   ).stdout.split()

    def test_zsh(self):
        self.need("zsh")
        self.assertEqual(self.zsh("pl"), ["plugin"])
        self.assertEqual(self.zsh("token", ""), ["new", "list", "revoke"])
        self.assertIn("sql_query=", self.zsh("call", "execute_sql", "sql"))
        self.assertEqual(self.zsh("--config", ""), ["files"])
        self.assertTrue((FOLDER / "_lakehost").read_text().startswith("#compdef lakehost\n"))

    def fish(self, line):
        with tempfile.TemporaryDirectory() as home:
            result = run("fish", "--no-config", "-c", f"source {FOLDER}/lakehost.fish; "
                         f"complete -C '{line}'", env={"HOME": home})
        return result.stdout.split()

    def test_fish(self):
        self.need("fish")
        self.assertEqual(self.fish("lakehost plu"), ["plugin"])
        self.assertEqual([word for word in self.fish("lakehost token ")
                          if word in ("new", "list", "revoke")], ["list", "new", "revoke"])


if __name__ == "__main__":
    PROGRAM.append(os.path.abspath(sys.argv.pop(1)))
    unittest.main()
