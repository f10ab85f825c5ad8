#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which credential is chosen, beside the official SDKs: type, host, profile, and whether it is an
error. All talk to a fake that answers, as a proxy, for the real names of hosts.

    tests/credentials/matrix.py LAKEHOST PYTHON            beside the Python SDK, which PYTHON has
    tests/credentials/matrix.py LAKEHOST PYTHON --go PROGRAM [--write]
                                                            also beside go/main.go

go.json has the verdicts of the Go SDK; --write writes them, else they must be the same.
Last line: N passed, N failed.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fake import Fake  # noqa: E402
from programs import az, databricks  # noqa: E402
from rows import HOSTS, ROWS  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 120  # seconds until a test gives up; nothing is timed
ERROR = {"type": "", "host": "", "profile": "", "error": True}

# Where the two SDKs differ, Lakehost follows the Python SDK; in these rows, which are about the
# syntax of the file or about what only the Go SDK has, it follows the Go SDK.
LIKE_GO = {
    "azure msi": "only the Go SDK has this method",
    "azure msi that is off": "the Python SDK reads every text as true",
    "file: a comment after a value": "the syntax of the file",
    "file: quotes around a value": "the syntax of the file",
    "file: keys in capitals": "the syntax of the file",
    "file: an empty value": "the syntax of the file",
    "file: with the marks of Windows": "the syntax of the file",
    "host with the id of a workspace": "the Python SDK keeps the query in the host",
    "metadata service elsewhere": "only services of this machine are asked",
}
# Where Lakehost differs from both on purpose: its verdict, and why.
DIFFERENT = {
    "a token in quotes": (ERROR, "the quotes are never part of a token"),
    "host with a path": (ERROR, "without its path it is another address"),
}


def certificates(directory):
    """An authority, and a certificate of it for all hosts, with what Python 3.13 wants in them."""
    names = ",".join(f"DNS:{h}" for h in HOSTS)
    authority, leaf = directory / "ca.pem", directory / "leaf.pem"
    (directory / "ext").write_text(f"subjectAltName={names}\nbasicConstraints=CA:FALSE\n"
                                   "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")

    def run(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=directory)

    run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
        "-days", "2", "-subj", "/CN=authority", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    run("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "leaf.key", "-out", "leaf.csr",
        "-subj", "/CN=fake")
    run("x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
        "-days", "2", "-extfile", "ext", "-out", "leaf.crt")
    leaf.write_text((directory / "leaf.crt").read_text() + (directory / "leaf.key").read_text())
    return authority, leaf


class Chooser:
    """A program that chooses with the environment of each line."""

    def __init__(self, *command, env=None):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, env=env)

    def choose(self, env):
        self.process.stdin.write(json.dumps(env) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE)


class Lakehost:
    """The same from what doctor prints."""

    def __init__(self, program, authority):
        self.program, self.authority = program, authority

    def choose(self, env):
        run = subprocess.run(
            [self.program, "--set", "plugins.enabled=data", "--set",
             f"upstreams.workspace.ca_file={self.authority}", "--set",
             "upstreams.workspace.max_retries=0", "doctor"], env=env, capture_output=True,
            text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL, check=False)
        used = re.search(r"credential: info: (\S+) is in use", run.stdout)
        if not used or "identity: ok" not in run.stdout:
            fault = re.search(r"fault: (.*)", run.stdout)
            return {**ERROR, "error": fault.group(1) if fault else run.stdout + run.stderr}
        host = re.search(r"^upstream workspace: ok: ([^,]+), ", run.stdout, re.M).group(1)
        profile = re.search(r"host from profile (\S+?)(;|$)", run.stdout, re.M)
        return {"type": used.group(1), "host": host, "error": "",
                "profile": profile.group(1) if profile else ""}


class Place:
    """A home with a file and programs, for one row."""

    def __init__(self, root, fake, authority):
        self.fake, self.authority, self.home, self.bin = fake, authority, root / "home", root / "bin"

    def prepare(self, name, key):
        env, cfg, programs, faults = ROWS[name]
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.rmtree(self.bin, ignore_errors=True)
        self.home.mkdir()
        self.bin.mkdir()
        if cfg is not None:
            (self.home / ".databrickscfg").write_bytes(cfg.encode())
            (self.home / ".databrickscfg").chmod(0o600)
        (self.home / "id").write_text("id-token")
        (self.home / "empty").write_text("")
        (self.home / "key.json").write_text(key)
        (self.home / "user.json").write_text(json.dumps({
            "type": "authorized_user", "client_id": "c", "client_secret": "s",
            "refresh_token": "r"}))
        for program, plan in programs.items():
            {"az": az, "databricks": databricks}[program](self.bin, *plan)
        self.fake.reset()
        self.fake.metadata = "standard"
        self.fake.faults = faults
        return self.environment(env)

    def environment(self, variables):
        proxy = self.fake.url
        env = {"PATH": str(self.bin), "HOME": str(self.home), "XDG_STATE_HOME": str(self.home),
               "XDG_CONFIG_HOME": str(self.home), "HTTPS_PROXY": proxy, "https_proxy": proxy,
               "HTTP_PROXY": proxy, "NO_PROXY": "127.0.0.1,localhost",
               "SSL_CERT_FILE": str(self.authority), "REQUESTS_CA_BUNDLE": str(self.authority),
               "AZURE_POD_IDENTITY_AUTHORITY_HOST": proxy, "NO_GCE_CHECK": "true", **variables}
        for old, new in (("BIN", str(self.bin)), ("HOME", str(self.home)),
                         ("PORT", str(self.fake.server_address[1]))):
            env = {k: v.replace(old, new) for k, v in env.items()}
        return env


def service_account():
    run = subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt",
                          "rsa_keygen_bits:2048"], capture_output=True, text=True, check=True)
    return json.dumps({"type": "service_account", "client_email": "sa@example.com",
                       "private_key": run.stdout, "private_key_id": "1", "client_id": "1",
                       "token_uri": "https://oauth2.googleapis.com/google/token"})


def plain(verdict, env, like=None):
    """What is compared. A profile is the one that the host came from; the Python SDK does not name
    the default one."""
    if verdict["error"]:
        return dict(ERROR)
    profile = verdict["profile"]
    if env.get("DATABRICKS_HOST"):
        profile = ""
    elif not profile and like == "python":
        profile = "DEFAULT"
    return {"type": verdict["type"], "host": verdict["host"], "profile": profile, "error": False}


def expected(name, python, go):
    if name in DIFFERENT:
        return DIFFERENT[name]
    if name in LIKE_GO:
        return go, "as the Go SDK"
    return python, "as the Python SDK" if python != go else "as both"


def main():
    program, interpreter = sys.argv[1:3]
    go_program = sys.argv[sys.argv.index("--go") + 1] if "--go" in sys.argv else None
    kept_file = HERE / "go.json"
    kept = json.loads(kept_file.read_text()) if kept_file.exists() else {}
    passed = failed = differ = 0
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory)
        authority, leaf = certificates(root)
        fake = Fake(leaf)
        place, key = Place(root, fake, authority), service_account()
        python = Chooser(interpreter, "-B", str(HERE / "choose.py"))
        go = Chooser(go_program) if go_program else None
        lakehost, found = Lakehost(program, authority), {}
        for name in ROWS:
            env = place.prepare(name, key)
            raw = {"python": python.choose(env)}
            if go:
                raw["go"] = go.choose(place.prepare(name, key))
                found[name] = plain(raw["go"], env)
                if "--write" not in sys.argv and found[name] != kept.get(name):
                    failed += 1
                    print(f"FAILED  {name}: the Go SDK chose {found[name]}, not {kept.get(name)}")
                kept[name] = found[name]
            raw["lakehost"] = lakehost.choose(place.prepare(name, key))
            here, theirs = plain(raw["lakehost"], env), plain(raw["python"], env, "python")
            want, why = expected(name, theirs, kept.get(name))
            differ += theirs != kept.get(name)
            if here == want:
                passed += 1
                print(f"ok      {name}: {here['type'] or 'error'} ({why})")
            else:
                failed += 1
                print(f"FAILED  {name}: {here}, wanted {want} ({why})\n        {raw}")
        python.stop()
        if go:
            go.stop()
        fake.stop()
    if "--write" in sys.argv:
        kept_file.write_text(json.dumps(found, indent=1, ensure_ascii=True) + "\n")
    unknown = (set(LIKE_GO) | set(DIFFERENT)) - set(ROWS)
    print(f"{len(ROWS)} rows; in {differ} of them the SDKs differ; rows that are unknown: {unknown}")
    failed += len(unknown)
    print(f"{passed} passed, {failed} failed")
    return failed > 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main())
