# SPDX-License-Identifier: Apache-2.0
"""The fenced blocks of a page, and a place to run them in: an installation of the build, a home folder,
and a local workspace. Absolute paths of the page are folders below the home."""
import os
import pathlib
import pty
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PATIENCE = 240      # seconds until a block is ended; nothing is timed
MARK = "not run by our tests"
FENCE = re.compile(r"(?ms)^(```)([^\n`]*)\n(.*?)^```$")
# The folders of a page, and those of the test.
PATHS = {"/etc/lakehost": "home/.config/lakehost", "/usr/lib/lakehost/plugins": "plugins",
         "/usr/local": "prefix", "/var/log/lakehost": "log", "/run/secrets": "secrets",
         "/var/lib/lakehost": "state"}
SERVES = re.compile(r"^lakehost --http 127\.0\.0\.1:\d+")
# What differs in each run.
VARIES = [(r"http://127\.0\.0\.1:\d+", "http://ADDRESS"),
          (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "ID")]


class Block:
    def __init__(self, page, match):
        self.text = match[3]
        words = match[2].split()
        self.kind, self.about = (words + [""])[0], " ".join(words[1:])
        self.line = page.count("\n", 0, match.start()) + 1
        before = page[:match.start()].rstrip().rsplit("\n", 1)[-1]
        run_by = re.fullmatch(r"<!-- run by: (.*) -->", before)
        self.run_by = run_by[1] if run_by else None

    @property
    def marked(self):
        return MARK in self.text.split("\n", 1)[0]


def blocks_of(page):
    return [Block(page, match) for match in FENCE.finditer(page)]


def plain(text):
    """The words of each line: a terminal aligns columns and a pipe does not."""
    for pattern, name in VARIES:
        text = re.sub(pattern, name, text)
    return [" ".join(line.split()) for line in text.strip().splitlines() if line.strip()]


class Place:
    """Where the blocks of one page run, in their order."""

    def __init__(self, build, root):
        self.build, self.root = pathlib.Path(build), pathlib.Path(root)
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="lakehost-page-"))
        self.children = []
        for name in ("home/.config/lakehost", "log", "secrets", "state", "bin", "run"):
            (self.top / name).mkdir(parents=True)
        (self.top / "run").chmod(0o700)
        self.prefix = self.top / "prefix"
        subprocess.run(["cmake", "--install", self.build, "--prefix", self.prefix], check=True,
                       stdout=subprocess.DEVNULL, timeout=PATIENCE)
        plugins = next(self.prefix.glob("lib/**/lakehost/plugins"))
        (self.top / "plugins").symlink_to(plugins)
        sudo = self.top / "bin/sudo"    # the test has its own folders, so it needs no other user
        sudo.write_text('#!/bin/sh\nexec "$@"\n')
        sudo.chmod(0o755)
        self.folder = self.top / "home"
        (self.folder / ".databrickscfg").write_text("".join(
            f"[{name}]\nhost = https://{name}.cloud.databricks.com\ntoken = dapi-of-{name}\n"
            for name in ("us", "eu")))
        self.env = {"PATH": f"{self.top}/bin:{self.prefix}/bin:{os.environ['PATH']}",
                    "HOME": str(self.top / "home"), "XDG_STATE_HOME": str(self.top / "state"),
                    "XDG_RUNTIME_DIR": str(self.top / "run"), "CI": "true",
                    "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", "")}

    def close(self):
        for child in reversed(self.children):
            child.send_signal(signal.SIGTERM)
            child.wait(PATIENCE)
        shutil.rmtree(self.top)

    def start_workspace(self):
        """A local workspace, which the commands use as a person's Databricks workspace."""
        child = subprocess.Popen(
            ["lakehost-sandbox", "--listen", "127.0.0.1:0", "--data", self.top / "workspace"],
            stdout=subprocess.PIPE, text=True, env=self.env, executable=self.prefix / "bin/lakehost-sandbox")
        self.children.append(child)
        for line in child.stdout:
            name, _, value = line.strip().partition("=")
            if name.startswith("DATABRICKS_"):
                self.env[name] = value
            if name == "DATABRICKS_TOKEN":
                return
        raise RuntimeError("the workspace has no token")

    def moved(self, text):
        """The text with the paths of this place."""
        for path, here in PATHS.items():
            text = text.replace(path, str(self.top / here))
        return text

    def shown(self, text):
        for path, here in PATHS.items():
            text = text.replace(str(self.top / here), path)
        return text

    def run(self, script, answer=b"yes\n"):
        """Runs a script of bash on a terminal, and answers "yes" to what it asks; without an answer its
        input is no terminal."""
        ours, theirs = pty.openpty()
        os.write(ours, (answer or b"") * 8)
        try:
            return subprocess.run(["bash", "-euo", "pipefail", "-c", self.moved(script)],
                                  stdin=theirs if answer else subprocess.DEVNULL,
                                  text=True, cwd=self.folder, env=self.env,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE,
                                  check=False)
        finally:
            os.close(ours)
            os.close(theirs)

    def serve(self, command):
        """Starts a command that serves, and leaves it running until the end of the page."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{port}", command.split("#")[0])
        child = subprocess.Popen(["bash", "-c", f"exec {command}"], cwd=self.folder, env=self.env,
                                 stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.children.append(child)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and child.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return None
            time.sleep(0.05)
        return f"{command} does not serve: {child.stderr.read()}"

    def make_files(self, conf):
        """Makes each file that a configuration names."""
        for path in re.findall(r'"(?:file:)?(/[^" ]+)"', self.moved(conf)):
            path = pathlib.Path(path)
            if self.top not in path.parents or path.exists() or ".log" in path.name:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            make_file(path)
            path.chmod(0o600)

    def use(self, conf):
        """The commands that follow use this configuration."""
        self.make_files(conf)
        (self.top / "home/.config/lakehost/lakehost.conf").write_text(self.moved(conf))

    def check(self, conf, settings=()):
        """What "lakehost check" says of a configuration: its status and its output."""
        self.make_files(conf)
        for name in re.findall(r'"env:(\w+)"', conf):
            self.env.setdefault(name, "secret-of-the-test")
        file = self.top / "page.conf"
        file.write_text(self.moved(conf))
        tokens = self.top / "state/lakehost/tokens"     # no start without the file of tokens
        tokens.parent.mkdir(exist_ok=True)
        tokens.touch(mode=0o600)
        words = [word for setting in settings for word in ("--set", setting)]
        return subprocess.run(["lakehost", "--config", file, *words, "check"], env=self.env, text=True,
                              capture_output=True, timeout=PATIENCE, check=False,
                              executable=self.prefix / "bin/lakehost")


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=PATIENCE)


def make_file(path):
    """A file of the kind that its name says."""
    if path.suffix == ".key":
        pem = path.with_suffix(".pem")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", "/CN=lake.example.com", "-keyout", path, "-out", pem)
    elif path.name == "federation.pem":
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)
    elif path.parent.name == "keys":
        key = path.with_suffix(".private")
        openssl("genpkey", "-algorithm", "ed25519", "-out", key)
        openssl("pkey", "-in", key, "-pubout", "-out", path)
    elif path.suffix == ".pem":
        make_file(path.with_suffix(".key"))
    else:
        path.write_text("secret-of-the-test-0123456789abcdef\n")
