#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every method of logging in to Databricks, end to end: the program against a fake of each service
and each command line. Then each of them dies in turn, which must be a refusal with a reason.

    tests/credentials/strategies.py LAKEHOST [unittest options]
"""
import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fake import TENANT, Fake, jwt  # noqa: E402
from programs import az, az_token, cli_token, databricks  # noqa: E402

PATIENCE = 120  # seconds until a test gives up; nothing is timed
LAKEHOST = None
AZURE = {"DATABRICKS_CLOUD": "azure"}
GITHUB = {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "github-secret"}
DEVOPS = {"SYSTEM_ACCESSTOKEN": "devops-secret", "SYSTEM_TEAMPROJECTID": "p", "SYSTEM_PLANID": "q",
          "SYSTEM_JOBID": "r", "SYSTEM_HOSTTYPE": "build"}
M2M = {"DATABRICKS_CLIENT_ID": "client", "DATABRICKS_CLIENT_SECRET": "dose-m2m-secret"}
ENTRA = {**AZURE, "ARM_CLIENT_ID": "app", "ARM_CLIENT_SECRET": "entra~secret"}
ME = "/api/2.0/preview/scim/v2/Me"
APPLICATION = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"
MANAGEMENT = "https://management.core.windows.net/"


def private_key():
    run = subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt",
                          "rsa_keygen_bits:2048"], capture_output=True, text=True, check=True)
    return run.stdout


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fake = Fake()

    @classmethod
    def tearDownClass(cls):
        cls.fake.stop()

    def setUp(self):
        self.fake.reset()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.home = pathlib.Path(directory.name)
        self.bin = self.home / "bin"
        self.bin.mkdir()

    def environment(self, *variables):
        env = {"PATH": str(self.bin), "HOME": str(self.home), "XDG_STATE_HOME": str(self.home),
               "XDG_CONFIG_HOME": str(self.home), "DATABRICKS_HOST": self.fake.url,
               **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}}
        for more in variables:
            env.update(more)
        return {k: v for k, v in env.items() if v is not None}

    def doctor(self, *variables, command="doctor", options=()):
        run = subprocess.run(
            [LAKEHOST, "--set", "plugins.enabled=data", *options, command],
            env=self.environment(*variables), capture_output=True, text=True, timeout=PATIENCE,
            stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(run.stderr, "", run.stdout)
        return run.stdout

    def works(self, method, *variables, options=()):
        """The method is chosen, and the workspace was asked with what it brought."""
        out = self.doctor(*variables, options=options)
        self.assertIn(f"credential: info: {method} is in use", out)
        self.assertIn("identity: ok: somebody@example.com", out)
        self.assertNotIn("fault", out)
        return self.fake.requests(ME)[-1].headers, out

    def fails(self, why, *variables, options=()):
        out = self.doctor(*variables, options=options)
        self.assertNotIn("identity: ok", out)
        self.assertIn("fault", out)
        self.assertIn(why, out)
        for secret in ("dose-m2m-secret", "entra~secret", "github-secret", "devops-secret"):
            self.assertNotIn(secret, out)
        return out

    def profile(self, text):
        path = self.home / ".databrickscfg"
        path.write_text(text.replace("HOST", self.fake.url))
        path.chmod(0o600)
        return {"DATABRICKS_HOST": None}


class Methods(Case):
    def test_pat(self):
        headers, out = self.works("pat", {"DATABRICKS_TOKEN": "dapi1"})
        self.assertEqual(headers["Authorization"], "Bearer dapi1")
        self.assertIn("auth/pat", headers["User-Agent"])
        self.assertIn("pat: token from DATABRICKS_TOKEN, host from DATABRICKS_HOST", out)

    def test_basic(self):
        headers, _ = self.works("basic", {"DATABRICKS_USERNAME": "me",
                                          "DATABRICKS_PASSWORD": "open sesame"})
        pair = base64.b64encode(b"me:open sesame").decode()
        self.assertEqual(headers["Authorization"], "Basic " + pair)

    def test_metadata_service(self):
        headers, _ = self.works("metadata-service", {
            "DATABRICKS_METADATA_SERVICE_URL": self.fake.url + "/metadata-service"})
        self.assertEqual(headers["Authorization"], "Bearer service-1")
        asked = self.fake.requests("/metadata-service")[0].headers
        self.assertEqual(asked["X-Databricks-Metadata-Version"], "1")
        self.assertEqual(asked["X-Databricks-Host"], self.fake.url)

    def test_m2m(self):
        headers, _ = self.works("oauth-m2m", M2M)
        self.assertEqual(headers["Authorization"], "Bearer workspace-1")
        asked, = self.fake.requests("/oidc/v1/token")  # one request for all calls
        pair = base64.b64encode(b"client:dose-m2m-secret").decode()
        self.assertEqual(asked.headers["Authorization"], "Basic " + pair)
        self.assertEqual(asked.form, {"grant_type": "client_credentials", "scope": "all-apis"})

    def test_m2m_of_a_profile(self):
        self.works("oauth-m2m", self.profile(
            "[__settings__]\ndefault_profile = work\n[work]\nhost = HOST\nclient_id = c\n"
            "client_secret = dose-m2m-secret\nscopes = sql, clusters sql\n"))
        self.assertEqual(self.fake.requests("/oidc/v1/token")[0].form["scope"], "clusters sql")

    def test_m2m_where_the_metadata_says(self):
        self.fake.metadata = {"oidc_endpoint": self.fake.url + "/oidc/accounts/{account_id}/",
                              "account_id": "a-1", "workspace_id": "42"}
        headers, _ = self.works("oauth-m2m", M2M)
        self.assertEqual(len(self.fake.requests("/oidc/accounts/a-1/v1/token")), 1)
        self.assertEqual(headers["X-Databricks-Workspace-Id"], "42")

    def test_m2m_for_a_group(self):
        self.works("oauth-m2m", M2M, {"DATABRICKS_GROUP_ID": "g-1"})
        self.assertEqual(self.fake.requests("/oidc/v1/token")[0].form["assume_group"], "g-1")

    def test_env_oidc(self):
        token = jwt(sub="env")
        self.works("env-oidc", {"DATABRICKS_OIDC_TOKEN": token, "DATABRICKS_CLIENT_ID": "c"})
        self.assertEqual(self.fake.requests("/oidc/v1/token")[0].form, {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token": token, "client_id": "c", "scope": "all-apis",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt"})

    def test_file_oidc(self):
        (self.home / "id").write_text("\n " + jwt(sub="file") + " \n")
        self.works("file-oidc", {"DATABRICKS_OIDC_TOKEN_FILEPATH": str(self.home / "id")})
        form = self.fake.requests("/oidc/v1/token")[0].form
        self.assertEqual(form["subject_token"], jwt(sub="file"))
        self.assertNotIn("client_id", form)

    def test_github_oidc(self):
        self.works("github-oidc", GITHUB, {"DATABRICKS_CLIENT_ID": "c",
                   "ACTIONS_ID_TOKEN_REQUEST_URL": self.fake.url + "/github?a=b"})
        asked, = self.fake.requests("/github")
        self.assertEqual(asked.headers["Authorization"], "Bearer github-secret")
        self.assertIn("a=b&audience=", asked.query)
        self.assertEqual(self.fake.requests("/oidc/v1/token")[0].form["subject_token"],
                         jwt(sub="github"))

    def test_azure_devops_oidc(self):
        self.works("azure-devops-oidc", DEVOPS, {"DATABRICKS_CLIENT_ID": "c",
                   "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": self.fake.url + "/org/"})
        asked = self.fake.requests(
            "/org/p/_apis/distributedtask/hubs/build/plans/q/jobs/r/oidctoken")[0]
        self.assertEqual(asked.method, "POST")
        self.assertEqual(asked.query, "api-version=7.2-preview.1")
        self.assertEqual(self.fake.requests("/oidc/v1/token")[0].form["subject_token"],
                         jwt(sub="devops"))

    def test_github_oidc_azure(self):
        headers, _ = self.works("github-oidc-azure", GITHUB, AZURE, {
            "ARM_CLIENT_ID": "app", "AZURE_AUTHORITY_HOST": self.fake.url,
            "ACTIONS_ID_TOKEN_REQUEST_URL": self.fake.url + "/github"})
        self.assertEqual(headers["Authorization"], "Bearer entra-1")
        form = self.fake.requests(f"/{TENANT}/oauth2/token")[0].form
        self.assertEqual(form["client_assertion"], jwt(sub="github"))
        self.assertIn("audience=api%3A%2F%2FAzureADTokenExchange",
                      self.fake.requests("/github")[0].query)

    def test_azure_client_secret(self):
        resource = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Databricks/workspaces/w"
        headers, _ = self.works("azure-client-secret", ENTRA, {
            "AZURE_AUTHORITY_HOST": self.fake.url, "DATABRICKS_AZURE_RESOURCE_ID": resource})
        self.assertEqual(headers["Authorization"], "Bearer entra-1")
        self.assertEqual(headers["X-Databricks-Azure-SP-Management-Token"], "entra-2")
        self.assertEqual(headers["X-Databricks-Azure-Workspace-Resource-Id"], resource)
        forms = [r.form for r in self.fake.requests(f"/{TENANT}/oauth2/token")]
        self.assertEqual([f["resource"] for f in forms], [APPLICATION, MANAGEMENT])
        self.assertEqual(forms[0]["client_secret"], "entra~secret")
        self.assertEqual(len(self.fake.requests("/aad/auth")), 1)

    def test_azure_msi(self):
        headers, _ = self.works("azure-msi", AZURE, {
            "ARM_USE_MSI": "true", "ARM_CLIENT_ID": "app",
            "AZURE_POD_IDENTITY_AUTHORITY_HOST": self.fake.url})
        self.assertEqual(headers["Authorization"], "Bearer msi-1")
        self.assertEqual(headers["X-Databricks-Azure-SP-Management-Token"], "msi-2")
        asked = self.fake.requests("/metadata/identity/oauth2/token")[0]
        self.assertEqual(asked.headers["Metadata"], "true")
        self.assertIn("client_id=app", asked.query)

    def test_azure_cli(self):
        program = az(self.bin, ["account get-access-token", az_token(jwt(upn="a@b.c"))])
        headers, _ = self.works("azure-cli", AZURE)
        self.assertEqual(headers["Authorization"], "Bearer " + jwt(upn="a@b.c"))
        self.assertNotIn("X-Databricks-Azure-SP-Management-Token", headers)
        self.assertEqual(program.arguments(), [
            "account show --output json", "account get-access-token --resource "
            f"{APPLICATION} --output json --tenant {TENANT}"])

    def test_azure_cli_of_a_service_principal(self):
        az(self.bin)
        headers, _ = self.works("azure-cli", AZURE)
        self.assertEqual(headers["X-Databricks-Azure-SP-Management-Token"], "az-token")

    def test_azure_cli_without_access_to_the_subscription(self):
        program = az(self.bin, ["--subscription", {"status": 1, "err": "no subscription"}])
        self.works("azure-cli", {"DATABRICKS_AZURE_RESOURCE_ID": "/subscriptions/s-1/x/y"})
        self.assertIn("--subscription s-1", program.arguments()[1])
        self.assertNotIn("--subscription", program.arguments()[2])

    def test_databricks_cli_by_host(self):
        program = databricks(self.bin)
        headers, out = self.works("databricks-cli", {"ARM_ENVIRONMENT": "PUBLIC"})
        self.assertEqual(headers["Authorization"], "Bearer cli-token")
        self.assertIn("auth/databricks-cli", headers["User-Agent"])
        self.assertIn("not used: pat (token is not set)", out)
        self.assertEqual(program.arguments(), [
            "version --output json", f"auth token --host {self.fake.url} --force-refresh"])

    def test_databricks_cli_by_profile(self):
        program = databricks(self.bin)
        self.works("databricks-cli", self.profile(
            "[work]\nhost = HOST\nauth_type = databricks-cli\n"),
            {"DATABRICKS_CONFIG_PROFILE": "work"})
        self.assertEqual(program.arguments()[1], "auth token --profile work --force-refresh")

    def test_databricks_cli_that_is_older(self):
        program = databricks(self.bin, number=(0, 207, 0))
        self.works("databricks-cli", self.profile("[work]\nhost = HOST\n"),
                   {"DATABRICKS_CONFIG_PROFILE": "work"})
        self.assertEqual(program.arguments()[1], f"auth token --host {self.fake.url}")

    def google_key(self):
        return json.dumps({"type": "service_account", "client_email": "sa@example.com",
                           "private_key": private_key(), "token_uri": self.fake.url +
                           "/google/token"})

    def test_google_credentials(self):
        headers, _ = self.works("google-credentials", {"GOOGLE_CREDENTIALS": self.google_key()})
        self.assertIn("Bearer ey", headers["Authorization"])
        self.assertEqual(headers["X-Databricks-GCP-SA-Access-Token"], "google-1")
        form = self.fake.requests("/google/token")[0].form
        self.assertEqual(form["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer")

    def test_google_credentials_in_a_file(self):
        (self.home / "key.json").write_text(self.google_key())
        self.works("google-credentials", {"GOOGLE_CREDENTIALS": str(self.home / "key.json")})


class Choice(Case):
    """Which method is taken when one of them does not apply after all."""

    def test_next_where_the_first_is_not_logged_in(self):
        az(self.bin, ["account", {"status": 1, "err": "Please run 'az login'"}])
        databricks(self.bin)
        _, out = self.works("databricks-cli", AZURE)
        self.assertIn("not used: azure-cli: az account get-access-token ended with status 1: "
                      "Please run 'az login'", out)
        self.assertIn("azure-cli: login of \"az login\", host from DATABRICKS_HOST; if that does "
                      "not apply: databricks-cli", out)

    def test_all_reasons_when_none_applies(self):
        az(self.bin, ["account", {"status": 1, "err": "no az"}])
        databricks(self.bin, ["auth token", {"status": 1, "err": "databricks OAuth is not "
                                             "configured for this host"}])
        out = self.fails("no az", AZURE)
        self.assertIn("databricks OAuth is not configured", out)

    def test_old_command_line(self):
        (self.bin / "databricks").write_text("#!/bin/sh\n# from databricks_cli.cli import cli\n")
        (self.bin / "databricks").chmod(0o755)
        self.fails("there is no credential")

    def test_two_families(self):
        self.fails("more than one authorization method configured: azure and pat",
                   {"ARM_CLIENT_ID": "x", "DATABRICKS_TOKEN": "dapi1"})

    def test_auth_type_decides(self):
        self.works("pat", {"ARM_CLIENT_ID": "x", "DATABRICKS_TOKEN": "dapi1",
                           "DATABRICKS_AUTH_TYPE": "pat"})

    def test_check_starts_no_program_and_asks_nobody(self):
        program = databricks(self.bin)
        out = self.doctor(command="check")
        self.assertIn("databricks-cli: login of \"databricks auth login\" for http://", out)
        self.assertEqual(program.calls(), [])
        self.assertEqual(self.fake.seen, [])


class Renewal(Case):
    def test_refused_token_is_renewed_once(self):
        self.fake.refused = {"workspace-1"}
        headers, _ = self.works("oauth-m2m", M2M)
        self.assertEqual(headers["Authorization"], "Bearer workspace-2")
        self.assertEqual(len(self.fake.requests("/oidc/v1/token")), 2)

    def test_refused_again_is_an_error(self):
        self.fake.refused = {f"workspace-{i}" for i in range(1, 9)}
        self.fails("HTTP 401", M2M)
        self.assertLessEqual(len(self.fake.requests(ME)), 2)

    def test_refused_token_of_a_program(self):
        self.fake.refused = {"cli-token"}
        program = databricks(self.bin)
        self.fails("HTTP 401")
        tokens = [a for a in program.arguments() if a.startswith("auth token")]
        self.assertEqual(len(tokens), 2)


class Programs(Case):
    """What a child process sees, and what happens when it misbehaves."""

    def test_environment_has_no_credential(self):
        program = databricks(self.bin)
        self.works("databricks-cli", {"DATABRICKS_AUTH_TYPE": "databricks-cli",
                                      "DATABRICKS_TOKEN": "dapi-secret",
                                      "DATABRICKS_CLIENT_SECRET": "dose-secret",
                                      "AWS_SECRET_ACCESS_KEY": "aws-secret",
                                      "LD_PRELOAD": "", "LANG": "C.UTF-8"})
        for _, env in program.calls():
            self.assertNotIn("secret", json.dumps(env))
            self.assertEqual(env["HOME"], str(self.home))
            self.assertTrue(set(env) <= {"HOME", "PATH", "LANG", "LC_CTYPE",
                                         "DATABRICKS_CONFIG_FILE", "XDG_CONFIG_HOME"}, env)

    def test_faults(self):
        faults = [
            ({"status": 1, "err": "cache: token refresh: bad\nagain"},
             "databricks auth token ended with status 1: cache: token refresh: bad again; log in "
             "with: databricks auth login --host"),
            ({"kill": True}, "was ended by signal 9"),
            ({"out": "<html>"}, "printed something that is not a JSON object"),
            ({"out": ""}, "printed something that is not a JSON object"),
            ({"out": "[1]"}, "printed something that is not a JSON object"),
            ({"out": "{}"}, "sent an answer without a valid token"),
            ({"out": '{"access_token": "a b"}'}, "sent an answer without a valid token"),
            ({"out": '{"access_token": "a", "token_type": "mac"}'}, "of an unknown type"),
            ({"out": '{"access_token": "a", "expiry": "soon"}'}, "without a valid expiry time"),
            (cli_token(life=-10), "has already expired"),
            ({"out": "x" * 1024, "times": 300}, "wrote more than 262144 bytes"),
        ]
        for act, why in faults:
            with self.subTest(why=why, act=str(act)[:60]):
                databricks(self.bin, ["auth token", act])
                self.fails(why)

    def test_hang(self):
        databricks(self.bin, ["version", {"hang": True}], number=(0, 1, 0))
        program = databricks(self.bin)
        program.plan([["version", {"hang": True}], ["auth token", cli_token()]])
        _, out = self.works("databricks-cli")  # a version that is not told is an old one
        self.assertEqual(program.arguments()[1], f"auth token --host {self.fake.url}")


class Deaths(Case):
    """Each service dies in turn."""
    RUNS = {
        "m2m": (M2M, ["/oidc/.well-known/oauth-authorization-server", "/oidc/v1/token"]),
        "github": ({**GITHUB, "DATABRICKS_CLIENT_ID": "c", "ACTIONS_ID_TOKEN_REQUEST_URL":
                    "URL/github"}, ["/github", "/oidc/v1/token"]),
        "service": ({"DATABRICKS_METADATA_SERVICE_URL": "URL/metadata-service"},
                    ["/metadata-service"]),
        "entra": ({**ENTRA, "AZURE_AUTHORITY_HOST": "URL"}, [f"/{TENANT}/oauth2/token"]),
        "msi": ({**AZURE, "ARM_USE_MSI": "true", "AZURE_POD_IDENTITY_AUTHORITY_HOST": "URL"},
                ["/metadata/identity/oauth2/token"]),
    }

    def test_each(self):
        words = {401: "HTTP 401: told to fail", 400: "HTTP 400: told to fail",
                 500: "HTTP 500: told to fail", "garbage": "not JSON",
                 "empty": ("without a valid token", "without a token", "no token_endpoint")}
        for name, (variables, paths) in self.RUNS.items():
            for path in paths:
                for fault, why in words.items():
                    with self.subTest(method=name, path=path, fault=fault):
                        self.fake.reset()
                        self.fake.faults = {path: fault}
                        env = {k: v.replace("URL", self.fake.url) for k, v in variables.items()}
                        out = self.fails("", env, options=(
                            "--set", "upstreams.workspace.max_retries=0"))
                        why = (why,) if isinstance(why, str) else why
                        self.assertTrue(any(w in out for w in why), out)
                        self.assertEqual(self.fake.requests(ME), [])

    def test_hang_ends_with_the_time_of_the_call(self):
        self.fake.faults = {"/oidc/v1/token": "hang"}
        self.fails("because there is no access token yet", M2M,
                   options=("--set", "limits.call_ms=1000"))

    def test_not_oauth(self):
        self.fake.faults = {"/oidc/.well-known/oauth-authorization-server": 404}
        self.fails("databricks OAuth is not supported for this host", M2M)

    def test_where_tokens_may_go(self):
        self.fails("would be used without encryption", ENTRA,
                   {"AZURE_AUTHORITY_HOST": "http://login.example"})
        self.fails("only localhost URLs are allowed", {
            "DATABRICKS_METADATA_SERVICE_URL": "http://10.0.0.1/x"})
        self.fails("would be used without encryption", M2M,
                   {"DATABRICKS_DISCOVERY_URL": "http://login.example/x"})

    def test_azure_secret_elsewhere(self):
        self.fails("the host is not a workspace on Azure", ENTRA, {"DATABRICKS_CLOUD": None})


if __name__ == "__main__":
    LAKEHOST = sys.argv.pop(1)
    unittest.main()
