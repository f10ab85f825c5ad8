#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Broken set-ups: what check says of each, beside what serve, or the first call, says.

    tests/wire/check.py LAKEHOST PLUGINS-FOLDER BAD-PLUGINS-FOLDER [--table] [unittest options]

--table prints both for every set-up.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

PATIENCE = 60
LAKEHOST = PLUGINS = BAD = None
HOST, TOKEN = "http://127.0.0.1:9", "dapi-of-the-test"
KEY = "0123456789abcdef0123456789abcdef"


def broken(name, says, **setup):
    return name, says, setup


# name, a text that check has to say and that serve or a call says too, and the set-up:
#   conf       lakehost.conf
#   files      others below the home folder; a number beside the text is its mode
#   available  plugins-available/NAME.conf
#   env        of the environment, None: unset
#   options    of the command line
#   plugins    bad plugins that are put beside the good ones
#   mode       of lakehost.conf
#   call       the tool whose call says it, where serve starts nevertheless
#   serve      what serve says instead, where it starts and says less
SETUPS = [
    # the workspace
    broken("no host", "DATABRICKS_HOST", env={"DATABRICKS_HOST": None, "DATABRICKS_TOKEN": None},
           call="list_catalogs"),
    broken("no credential", "DATABRICKS_TOKEN", env={"DATABRICKS_TOKEN": None},
           call="list_catalogs"),
    broken("an auth_type that is not supported", "carrier-pigeon",
           env={"DATABRICKS_AUTH_TYPE": "carrier-pigeon"}, call="list_catalogs"),
    broken("an auth_type in the profile", "carrier-pigeon",
           env={"DATABRICKS_HOST": None, "DATABRICKS_TOKEN": None}, call="list_catalogs",
           files={".databrickscfg": f"[DEFAULT]\nhost = {HOST}\nauth_type = carrier-pigeon\n"}),
    broken("a profile that is not there", "nope",
           env={"DATABRICKS_HOST": None, "DATABRICKS_TOKEN": None,
                "DATABRICKS_CONFIG_PROFILE": "nope"},
           files={".databrickscfg": f"[DEFAULT]\nhost = {HOST}\ntoken = x\n"}),
    broken("a host that is no address", "is not the address of a workspace",
           env={"DATABRICKS_HOST": "https://a b"}),
    broken("a token in the clear", "allow_http", env={"DATABRICKS_HOST": "http://example.com"}),
    broken("a reference that leads nowhere", "NO_SUCH_VARIABLE",
           conf='upstreams = { workspace = { token = "env:NO_SUCH_VARIABLE"; }; };'),
    broken("no file of certificates", "ca_file: cannot be read: No such file or directory",
           conf='upstreams = { workspace = { ca_file = "/none.pem"; }; };'),
    broken("a plugin for an upstream that is not described", "there is no upstreams.other",
           available={"data": 'upstream = "other";'}, options=["--set", "plugins.enabled=data"]),
    # keys and state
    broken("no state key at that place", "none.key",
           options=["--set", "server.state_key=file:/none.key"]),
    broken("a state key of another length", "a key must have 32 bytes or 64 hexadecimal digits",
           files={"short.key": ("abc", 0o600)},
           options=["--set", "server.state_key=file:{home}/short.key"]),
    broken("a state key that anybody may change", "every user of this machine may write to it; run chmod 600",
           files={"open.key": ("0123456789abcdef" * 2, 0o666)},
           options=["--set", "server.state_key=file:{home}/open.key"]),
    broken("a state key that is no reference", "server.state_key",
           options=["--set", "server.state_key=/plain/path"]),
    broken("a file where the state folder should be", "plain/lakehost/state.key",
           files={"plain": ""}, env={"XDG_STATE_HOME": "{home}/plain"}),
    broken("no place for a state key", "no directory is known for it",
           env={"XDG_STATE_HOME": None, "HOME": None}),
    # who may call
    broken("no tokens", "auth.tokens: cannot read",
           conf='auth = { inbound = "token"; };', options=["--http", "127.0.0.1:0"]),
    broken("tokens that anybody may change", "other users may write to this file",
           conf='auth = { inbound = "token"; tokens = "{home}/tokens"; };',
           files={"tokens": ("", 0o666)}, options=["--http", "127.0.0.1:0"]),
    broken("a header from nobody", "trusted_proxies: must list the proxies",
           conf='auth = { inbound = "header"; };'),
    broken("a token in the clear on the network", "without TLS",
           conf='auth = { inbound = "token"; };', options=["--http", "192.0.2.1:80"]),
    # the program
    broken("libcurl that cannot be loaded", "libcurl cannot be loaded",
           files={"lib/libcurl.so.4": "not a library"}, env={"LD_LIBRARY_PATH": "{home}/lib"},
           call="list_catalogs"),
    # the main file
    broken("no such file", "No such file", options=["--config", "{home}/none.conf"]),
    broken("a syntax error", "lakehost.conf:2: syntax error", conf="server = {\n  = 1;\n};\n"),
    broken("an unknown key", 'lakehost.conf:2: server.worker: unknown key; did you mean "workers"?',
           conf="server = {\n  worker = 4;\n};\n"),
    broken("a value of another type", "server.workers: must be a whole number",
           conf='server = { workers = "many"; };'),
    broken("a value out of range", "limits.depth: must be a whole number from 8 to 512",
           conf="limits = { depth = 4; };"),
    broken("an unknown word", 'policy.access: "reed" must be one of',
           conf='policy = { access = "reed"; };'),
    broken("a file that anybody may change", "every user may write to this file", mode=0o666),
    broken("a token that anybody may read", "every user may read the file",
           conf='upstreams = { workspace = { token = "dapi1"; }; };'),
    broken("a token on the command line", "a literal secret would be visible in the process list",
           options=["--set", "upstreams.workspace.token=dapi1"]),
    broken("a key of the command line that there is not", "results.row",
           options=["--set", "results.row=5"]),
    # listeners
    broken("an address of other machines", "would be reachable from other machines",
           options=["--http", "0.0.0.0:8765"]),
    broken("no address", "the address must have the form ADDRESS:PORT", options=["--http", "8765"]),
    broken("the mode of a socket as a number", "must be an octal number in quotes",
           conf='server = { listeners = ( { unix = "/tmp/l.sock"; mode = 0660; } ); };'),
    broken("a certificate without its key", "must be used together with tls_key",
           conf='server = { listeners = ( { tcp = "127.0.0.1:0"; tls_certificate = "/c"; } ); };'),
    broken("a certificate that is none", "cannot be used together",
           files={"c.pem": "x\n", "k.pem": "y\n"},
           conf='server = { listeners = ( { tcp = "127.0.0.1:0"; tls_certificate = '
                '"{home}/c.pem"; tls_key = "{home}/k.pem"; } ); };'),
    # plugins
    broken("a plugin that is not there", 'did you mean "data"?',
           options=["--set", "plugins.enabled=dta"]),
    broken("a file that is no plugin", "not an ELF shared object", plugins={"text": "hello"},
           options=["--set", "plugins.enabled=text"]),
    broken("a plugin without a manifest", "without a manifest inside the file", plugins=["bad_note"],
           options=["--set", "plugins.enabled=bad_note"]),
    broken("rows that do not fit the manifest", "differs from its manifest", plugins=["bad_row"],
           options=["--set", "plugins.enabled=bad_row", "--set", "plugins.isolation=none"]),
    broken("the same, isolated", "differs from its manifest", plugins=["bad_row"],
           options=["--set", "plugins.enabled=bad_row", "--set", "plugins.isolation=process"],
           serve=""),  # whose worker starts with the first call
    broken("a plugin that does not load", "nobody_has_this_function", plugins=["bad_dlopen"],
           options=["--set", "plugins.enabled=bad_dlopen", "--set", "plugins.isolation=none"]),
    broken("a plugin that does not start", "unable to start", plugins=["bad_start"],
           options=["--set", "plugins.enabled=bad_start", "--set", "plugins.isolation=none"]),
    broken("a request that the manifest lacks", "the permissions in the manifest do not list this request",
           plugins=["bad_permissions"],
           options=["--set", "plugins.enabled=bad_permissions", "--set", "plugins.isolation=none"]),
    broken("the same of an isolated one", "the permissions in the manifest do not list this request",
           plugins=["bad_permissions"], serve="",
           options=["--set", "plugins.enabled=bad_permissions",
                    "--set", "plugins.isolation=process"]),
    broken("a plugin that anybody may change", "writable by group or others",
           plugins={"bad_note": 0o666}, options=["--set", "plugins.enabled=bad_note"]),
    broken("an option of another value", "spool_rows: 5 is less than the minimum 100",
           available={"data": "options = { spool_rows = 5; };"}),
    broken("an option that there is not", 'did you mean "spool_rows"?',
           available={"data": "options = { spool_row = 500; };"}),
    broken("a key of a plugin's file", "isolaton: unknown key",
           available={"data": 'isolaton = "none";'}),
    broken("permissions that are wider", "the configuration can remove permissions, but not add any",
           available={"data": 'permissions = [ "DELETE /api/2.0/everything" ];'}),
    broken("a permission that is none", "permissions", available={"data":
                                                                  'permissions = [ "get" ];'}),
    broken("a name that is taken", '"list_tables" is already used by data',
           available={"ml": 'rename = { list_registered_models = "list_tables"; };'}),
    broken("a name to change that nothing has", 'there is no tool or prompt "x"',
           available={"ml": 'rename = { x = "y"; };'}),
    broken("a critical plugin", "plugin data is marked critical and was refused",
           available={"data": "critical = true; options = { spool_rows = 5; };"}),
    # prompts
    broken("a folder of prompts by half a path", "is not an absolute path",
           conf='prompts = { directory = "here"; };'),
    broken("a prompt that is not read", "broken.json", files={"prompts/broken.json": "{"},
           conf='prompts = { directory = "{home}/prompts"; };'),
]


class Setup:
    """One of them, in a folder of its own."""

    def __init__(self, setup):
        self.folder = tempfile.TemporaryDirectory()
        self.home = pathlib.Path(self.folder.name)
        self.home.chmod(0o755)
        self.setup = setup
        self.config = self.write("conf/lakehost.conf", setup.get("conf", ""))
        self.config.chmod(setup.get("mode", 0o644))
        for name, what in setup.get("files", {}).items():
            text, mode = what if isinstance(what, tuple) else (what, None)
            path = self.write(name, text)
            if mode is not None:
                path.chmod(mode)
        for name, text in setup.get("available", {}).items():
            self.write(f"conf/plugins-available/{name}.conf", text)
        self.directories = [PLUGINS]
        self.put_plugins(setup.get("plugins", []))

    def write(self, name, text):
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.fill(text))
        return path

    def fill(self, text):
        return text.replace("{home}", str(self.home))

    def put_plugins(self, names):
        if not names:
            return
        folder = self.home / "plugins"
        folder.mkdir()
        self.directories.append(str(folder))
        for name in names:
            path = folder / f"{name}.so"
            what = names[name] if isinstance(names, dict) else 0o644
            if isinstance(what, str):
                path.write_text(what)
            else:
                shutil.copy(f"{BAD}/{name}.so", path)
                path.chmod(what)

    def run(self, *words):
        env = {"PATH": "/usr/bin:/bin", "HOME": str(self.home), "DATABRICKS_HOST": HOST,
               "DATABRICKS_TOKEN": TOKEN,
               **{name: value for name, value in os.environ.items() if "SAN_OPT" in name}}
        for name, value in self.setup.get("env", {}).items():
            if value is None:
                env.pop(name, None)
            else:
                env[name] = self.fill(value)
        options = [self.fill(option) for option in self.setup.get("options", [])]
        if "--config" not in options:
            options += ["--config", str(self.config)]
        if words == ("call",):
            words = ("call", self.setup["call"])
        if words[0] == "call" and "--http" in options:
            options = [option for option in options if option != "--http"]
        command = [LAKEHOST, *words, *options,
                   "--set", f"plugins.directories={','.join(self.directories)}"]
        result = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, text=True,
                                capture_output=True, timeout=PATIENCE, check=False)
        return result.returncode, result.stdout + result.stderr

    def end(self):
        self.folder.cleanup()


def lines_with(text, part):
    return " / ".join(line for line in text.splitlines() if part in line) or "(nothing of it)"


class Check(unittest.TestCase):
    table = False

    def one(self, name, says, setup):
        both = Setup(setup)
        try:
            status, checked = both.run("check")
            served_status, served = both.run("call" if "call" in setup else "serve")
        finally:
            both.end()
        said = setup.get("serve", says)
        if self.table:
            print(f"{name}\n  check {status}: {lines_with(checked, says)}\n"
                  f"  {'call' if 'call' in setup else 'serve'} {served_status}: "
                  f"{lines_with(served.replace(chr(92) + chr(34), chr(34)), said)}")
        self.assertEqual(status, 1, checked)
        self.assertIn(says, checked)
        self.assertNotIn(TOKEN, checked + served)
        if said:
            self.assertIn(said, served.replace('\\"', '"'))
        if "call" in setup:
            self.assertEqual(served_status, 1, served)

    def test_broken(self):
        self.assertGreaterEqual(len(SETUPS), 25)
        for name, says, setup in SETUPS:
            with self.subTest(name):
                self.one(name, says, setup)

    def test_in_order(self):
        whole = Setup({})
        status, text = whole.run("check")
        whole.end()
        self.assertEqual(status, 0, text)
        self.assertIn("upstream workspace: ok: http://127.0.0.1:9, pat: ", text)
        self.assertIn("not checked: check does not use the network",
                      text)

    def test_nothing_asks_for_a_workspace_that_nobody_uses(self):
        bare = Setup({"env": {"DATABRICKS_HOST": None, "DATABRICKS_TOKEN": None},
                      "options": ["--set", "plugins.enabled="]})
        status, text = bare.run("check")
        bare.end()
        self.assertEqual(status, 0, text)
        self.assertNotIn("DATABRICKS", text)

    def test_listeners_are_not_opened(self):
        setup = Setup({"options": ["--http", "127.0.0.1:1"]})
        status, text = setup.run("check")
        setup.end()
        self.assertEqual(status, 0, text)
        self.assertIn("listeners: not checked: only serve opens the socket", text)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    LAKEHOST, PLUGINS, BAD = sys.argv[1:4]
    Check.table = "--table" in sys.argv
    unittest.main(argv=[sys.argv[0], *[word for word in sys.argv[4:] if word != "--table"]])
