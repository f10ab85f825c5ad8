# SPDX-License-Identifier: Apache-2.0
"""The environments and profiles of the matrix. BIN is the directory of the programs, HOME the one of
.databrickscfg, FAKE the address of the fake on this machine."""
from fake import jwt
from programs import az_token, cli_token

AWS = "https://dbc-1.cloud.databricks.com"
AZURE = "https://adb-1.2.azuredatabricks.net"
CHINA = "https://adb-1.2.databricks.azure.cn"
GCP = "https://1.2.gcp.databricks.com"
OTHER = "https://dbc-2.cloud.databricks.com"
HOSTS = [h.removeprefix("https://") for h in (AWS, AZURE, CHINA, GCP, OTHER)] + [
    "login.microsoftonline.com", "login.chinacloudapi.cn", "oauth2.googleapis.com",
    "iamcredentials.googleapis.com", "pipelines.example.com"]

CLI = {"databricks": []}
CLI_OUT = {"databricks": [["auth token", {
    "status": 1, "err": "databricks OAuth is not configured for this host"}]]}
CLI_BAD = {"databricks": [["auth token", {"status": 1, "err": "cannot refresh the token"}]]}
CLI_GARBAGE = {"databricks": [["auth token", {"out": "<html>"}]]}
AZ = {"az": []}
AZ_OUT = {"az": [["account", {"status": 1, "err": "Please run 'az login'"}]]}
AZ_PERSON = {"az": [["account get-access-token", az_token(jwt(upn="a@b.c"))]]}
PAT = {"DATABRICKS_TOKEN": "dapi1"}
BASIC = {"DATABRICKS_USERNAME": "me", "DATABRICKS_PASSWORD": "open"}
M2M = {"DATABRICKS_CLIENT_ID": "c", "DATABRICKS_CLIENT_SECRET": "s3cret"}
ENTRA = {"ARM_CLIENT_ID": "app", "ARM_CLIENT_SECRET": "s3cret"}
TENANT = {"ARM_TENANT_ID": "11111111-2222-3333-4444-555555555555"}
GITHUB = {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t0ken",
          "ACTIONS_ID_TOKEN_REQUEST_URL": "https://pipelines.example.com/github?a=b"}
DEVOPS = {"SYSTEM_ACCESSTOKEN": "t0ken", "SYSTEM_TEAMPROJECTID": "p", "SYSTEM_PLANID": "q",
          "SYSTEM_JOBID": "r", "SYSTEM_HOSTTYPE": "build",
          "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": "https://pipelines.example.com/"}
OIDC = {"DATABRICKS_OIDC_TOKEN": jwt(sub="env")}
SERVICE = {"DATABRICKS_METADATA_SERVICE_URL": "http://127.0.0.1:PORT/metadata-service"}
KEY = {"GOOGLE_CREDENTIALS": "HOME/key.json"}
ADC = {"DATABRICKS_GOOGLE_SERVICE_ACCOUNT": "sa@example.com",
       "GOOGLE_APPLICATION_CREDENTIALS": "HOME/user.json"}
TWO = f"[DEFAULT]\nhost = {AWS}\ntoken = dapi1\n[work]\nhost = {OTHER}\ntoken = dapi2\n"
NAMED = {"DATABRICKS_CONFIG_PROFILE": "work"}
LOGIN = f"[work]\nhost = {AWS}\nauth_type = databricks-cli\n"

ROWS = {}


def row(name, *env, host=AWS, cfg=None, programs=None, faults=None):
    assert name not in ROWS
    variables = {"DATABRICKS_HOST": host} if host else {}
    for more in env:
        variables.update(more)
    ROWS[name] = (variables, cfg, programs or {}, faults or {})


# ---- one method each
row("pat", PAT)
row("basic", BASIC)
row("metadata service", SERVICE)
row("m2m", M2M)
row("env oidc", OIDC)
row("env oidc with a client", OIDC, {"DATABRICKS_CLIENT_ID": "c"})
row("env oidc in a variable of one's own", {"DATABRICKS_OIDC_TOKEN_ENV": "MINE", "MINE": jwt(a=1)})
row("file oidc", {"DATABRICKS_OIDC_TOKEN_FILEPATH": "HOME/id"})
row("github", GITHUB, {"DATABRICKS_CLIENT_ID": "c"})
row("devops", DEVOPS, {"DATABRICKS_CLIENT_ID": "c"})
row("azure client secret", ENTRA, TENANT, host=AZURE)
row("azure client secret in China", ENTRA, TENANT, host=CHINA)
row("azure client secret without a tenant", ENTRA, host=AZURE)
row("azure msi", {"ARM_USE_MSI": "true"}, host=AZURE)
row("azure msi that is off", {"ARM_USE_MSI": "false"}, host=AZURE)
row("github for azure", GITHUB, TENANT, {"ARM_CLIENT_ID": "app"}, host=AZURE)
row("az of a service principal", host=AZURE, programs=AZ)
row("az of a person", host=AZURE, programs=AZ_PERSON)
row("az on another cloud", host=AWS, programs=AZ)
row("cli", programs=CLI)
row("google key", KEY, host=GCP)
row("google id", ADC, host=GCP)

# ---- nothing, or too little
row("nothing", host=None)
row("host only")
row("token only", PAT, host=None)
row("empty variables", {"DATABRICKS_TOKEN": "", "DATABRICKS_CLIENT_ID": ""})
row("user without a password", {"DATABRICKS_USERNAME": "me"})
row("client without a secret", {"DATABRICKS_CLIENT_ID": "c"})
row("client without a secret, with the cli", {"DATABRICKS_CLIENT_ID": "c"}, programs=CLI)
row("id token in a file that is not there", {"DATABRICKS_OIDC_TOKEN_FILEPATH": "HOME/absent"})
row("id token in an empty file", {"DATABRICKS_OIDC_TOKEN_FILEPATH": "HOME/empty"})
row("variable of an id token that is not set", {"DATABRICKS_OIDC_TOKEN_ENV": "MINE"})
row("metadata service that is down", SERVICE, faults={"/metadata-service": 500})
row("metadata service that is down, with the cli", SERVICE, programs=CLI,
    faults={"/metadata-service": 500})
row("metadata service elsewhere", {"DATABRICKS_METADATA_SERVICE_URL":
                                   "https://pipelines.example.com/metadata-service"})

# ---- several
row("pat and basic", PAT, BASIC)
row("pat and m2m", PAT, M2M)
row("pat and azure", PAT, {"ARM_CLIENT_ID": "x"})
row("pat and a tenant", PAT, TENANT)
row("pat and google", PAT, KEY)
row("m2m and azure", M2M, ENTRA, TENANT, host=AZURE)
row("pat and m2m, pat is asked for", PAT, M2M, {"DATABRICKS_AUTH_TYPE": "pat"})
row("pat and m2m, m2m is asked for", PAT, M2M, {"DATABRICKS_AUTH_TYPE": "oauth-m2m"})
row("pat and azure, the cli is asked for", PAT, ENTRA, {"DATABRICKS_AUTH_TYPE": "databricks-cli"},
    programs=CLI)
row("pat, basic is asked for", PAT, {"DATABRICKS_AUTH_TYPE": "basic"})
row("pat, an unknown method is asked for", PAT, {"DATABRICKS_AUTH_TYPE": "magic"})
row("pat and an id token", PAT, OIDC)
row("pat and both programs", PAT, host=AZURE, programs={**AZ, **CLI})
row("m2m and an id token", M2M, OIDC)
row("client and the variable of an id token", {"DATABRICKS_CLIENT_ID": "c",
    "DATABRICKS_OIDC_TOKEN_ENV": "MINE", "MINE": jwt(a=1)})
row("id token and the cli", OIDC, programs=CLI)
row("github and devops", GITHUB, DEVOPS, {"DATABRICKS_CLIENT_ID": "c"})
row("github and the cli", GITHUB, {"DATABRICKS_CLIENT_ID": "c"}, programs=CLI)
row("github that refuses", GITHUB, {"DATABRICKS_CLIENT_ID": "c"}, faults={"/github": 403})
row("github that refuses, with the cli", GITHUB, {"DATABRICKS_CLIENT_ID": "c"}, programs=CLI,
    faults={"/github": 403})
row("devops and the cli", DEVOPS, {"DATABRICKS_CLIENT_ID": "c"}, programs=CLI)
row("secret and identity of azure", ENTRA, TENANT, {"ARM_USE_MSI": "true"}, host=AZURE)
row("azure client secret on another cloud", ENTRA, TENANT)
row("azure client secret on another cloud, with the cli", ENTRA, TENANT, programs=CLI)
row("az and the cli", host=AZURE, programs={**AZ, **CLI})
row("az without a login, and the cli", host=AZURE, programs={**AZ_OUT, **CLI})
row("az without a login", host=AZURE, programs=AZ_OUT)
row("az is asked for, without a login", {"DATABRICKS_AUTH_TYPE": "azure-cli"}, host=AZURE,
    programs={**AZ_OUT, **CLI})
row("cli without a login", programs=CLI_OUT)
row("cli that fails", programs=CLI_BAD)
row("cli that prints garbage", programs=CLI_GARBAGE)
row("cli that fails, and a google key", KEY, host=GCP, programs=CLI_BAD)
row("cli without a login, and a google key", KEY, host=GCP, programs=CLI_OUT)
row("cli is asked for and not there", {"DATABRICKS_AUTH_TYPE": "databricks-cli"})
row("cli at a path of its own", {"DATABRICKS_CLI_PATH": "BIN/databricks", "PATH": "/nowhere"},
    programs=CLI)
row("google key on another cloud", KEY)
row("google key that is not JSON", {"GOOGLE_CREDENTIALS": "{no"}, host=GCP)

# ---- the host
row("host without a scheme", PAT, host="dbc-1.cloud.databricks.com")
row("host with a slash", PAT, host=AWS + "/")
row("host with its port", PAT, host=AWS + ":443")
row("host with a path", PAT, host=AWS + "/sql/warehouses")
row("host with the id of a workspace", PAT, host=AWS + "/?o=123")

# ---- the file
row("file: the default", host=None, cfg=TWO)
row("file: a named profile", NAMED, host=None, cfg=TWO)
row("file: a profile that is not there", {"DATABRICKS_CONFIG_PROFILE": "absent"}, host=None,
    cfg=TWO)
row("file: the default of the settings", host=None,
    cfg="[__settings__]\ndefault_profile = work\n" + TWO)
row("file: the settings name a profile that is not there", host=None,
    cfg="[__settings__]\ndefault_profile = absent\n" + TWO)
row("file: the settings are no profile", {"DATABRICKS_CONFIG_PROFILE": "__settings__"}, host=None,
    cfg="[__settings__]\nhost = x\n" + TWO)
row("file: not read where there is a host", cfg=TWO)
row("file: not read where there is a token", PAT, host=None, cfg=TWO)
row("file: a named profile fills gaps", NAMED, host=AWS, cfg=TWO)
row("file: a named profile and another method", NAMED, M2M, host=None, cfg=TWO)
row("file: a login of the cli", NAMED, host=None, cfg=LOGIN, programs=CLI)
row("file: a login of the cli, which is not there", NAMED, host=None, cfg=LOGIN)
row("file: a login of the cli in the default", host=None,
    cfg=LOGIN.replace("work", "DEFAULT"), programs=CLI)
row("file: a service principal", NAMED, host=None,
    cfg=f"[work]\nhost = {AWS}\nclient_id = c\nclient_secret = s3cret\n")
row("file: azure", NAMED, host=None, cfg=f"[work]\nhost = {AZURE}\nazure_client_id = a\n"
    f"azure_client_secret = s3cret\nazure_tenant_id = {TENANT['ARM_TENANT_ID']}\n")
row("file: two methods", NAMED, host=None,
    cfg=f"[work]\nhost = {AWS}\ntoken = dapi1\nusername = u\npassword = p\n")
row("file: nothing is inherited from the default", NAMED, host=None,
    cfg=f"[DEFAULT]\ntoken = dapi1\n[work]\nhost = {AWS}\n")
row("file: an empty profile", {"DATABRICKS_CONFIG_PROFILE": "empty"}, host=None,
    cfg=TWO + "[empty]\n")
row("file: a name with a dot", {"DATABRICKS_CONFIG_PROFILE": "a.b"}, host=None,
    cfg=f"[a.b]\nhost = {AWS}\ntoken = dapi1\n")
row("file: elsewhere", {"DATABRICKS_CONFIG_FILE": "HOME/.databrickscfg", "HOME": "/nowhere"},
    host=None, cfg=TWO)
row("file: in the directory of the user", {"DATABRICKS_CONFIG_FILE": "~/.databrickscfg"}, host=None,
    cfg=TWO)
row("file: elsewhere, and not there", {"DATABRICKS_CONFIG_FILE": "/nowhere/cfg"}, host=None)
row("file: a comment after a value", NAMED, host=None,
    cfg=f"[work]\nhost = {AWS} # mine\nusername = u\npassword = %Y#X$Z ; c\n")
row("file: quotes around a value", NAMED, host=None,
    cfg=f"[work]\nhost = \"{AWS}\"\ntoken = 'dapi1'\n")
row("file: keys in capitals", NAMED, host=None, cfg=f"[work]\nHOST = {AWS}\nToken = dapi1\n")
row("file: a line that is no key", NAMED, host=None, cfg=f"[work]\nhost = {AWS}\ntoken\n")
row("file: an empty value", NAMED, host=None,
    cfg=f"[work]\nhost = {AWS}\ntoken = dapi1\nusername =\n")
row("file: a colon", NAMED, host=None, cfg=f"[work]\nhost: {AWS}\ntoken: dapi1\n")
row("file: with the marks of Windows", NAMED, host=None,
    cfg=f"\ufeff[work]\r\nhost = {AWS}\r\ntoken = dapi1\r\n")
row("file: a token of the environment for its host", NAMED, PAT, host=None,
    cfg=f"[work]\nhost = {AWS}\n")
row("a token in quotes", {"DATABRICKS_TOKEN": '"dapi1"'})
