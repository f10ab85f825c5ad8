# SPDX-License-Identifier: Apache-2.0
"""Programs that stand in for the command lines of Databricks and Azure. Each answers as the real one
does, or misbehaves as it is told, and writes its arguments and environment to a file."""
import json
import pathlib
import time

SCRIPT = """#!/usr/bin/python3 -EsS
import json, os, signal, sys, time
here = os.path.dirname(os.path.abspath(__file__))
plan = json.load(open(os.path.join(here, {name!r} + ".json")))
with open(os.path.join(here, {name!r} + ".log"), "a") as log:
    log.write(json.dumps([sys.argv[1:], dict(os.environ)]) + "\\n")
words = " ".join(sys.argv[1:])
for begin, act in plan:
    if words.startswith(begin) or begin in words and begin.startswith("--"):
        if "kill" in act:
            os.kill(os.getpid(), signal.SIGKILL)
        if "hang" in act:
            time.sleep(3600)
        sys.stdout.write(act.get("out", "") * act.get("times", 1))
        sys.stderr.write(act.get("err", ""))
        sys.exit(act.get("status", 0))
sys.exit(2)
"""
PAD = "#" * 127 + "\n"


class Program:
    """`plan` is a list of (beginning of the arguments, or an option in them; what to do)."""

    def __init__(self, directory, name, plan):
        self.directory, self.name = pathlib.Path(directory), name
        path = self.directory / name
        # The Go SDK takes a smaller program for the old command line.
        path.write_text(SCRIPT.format(name=name) + PAD * 8400)
        path.chmod(0o755)
        self.plan(plan)

    def plan(self, plan):
        (self.directory / (self.name + ".json")).write_text(json.dumps(plan))
        (self.directory / (self.name + ".log")).write_text("")

    def calls(self):
        lines = (self.directory / (self.name + ".log")).read_text().splitlines()
        return [json.loads(line) for line in lines]

    def arguments(self):
        return [" ".join(arguments) for arguments, _ in self.calls()]


def version(major, minor, patch):
    return ["version", {"out": json.dumps({"Major": major, "Minor": minor, "Patch": patch,
                                           "Version": f"v{major}.{minor}.{patch}"})}]


def cli_token(token="cli-token", life=3600):
    end = time.strftime("%Y-%m-%dT%H:%M:%S.123456789Z", time.gmtime(time.time() + life))
    return {"out": json.dumps({"access_token": token, "token_type": "Bearer", "expiry": end})}


def databricks(directory, *plan, number=(0, 300, 0)):
    return Program(directory, "databricks",
                   [version(*number), *plan, ["auth token", cli_token()]])


def az_token(token="az-token", life=3600):
    end = time.time() + life
    text = time.strftime("%Y-%m-%d %H:%M:%S.000000", time.localtime(end))
    return {"out": json.dumps({"accessToken": token, "tokenType": "Bearer", "expiresOn": text,
                               "expires_on": int(end)})}


def az(directory, *plan):
    return Program(directory, "az", [
        *plan, ["account show", {"out": json.dumps({"user": {"name": "a@b.c", "type": "user"}})}],
        ["account get-access-token", az_token()]])
