"""The kinds of secret of the test, and for each group of them a configuration in which the host has
these secrets."""
import base64
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'credentials'))
import programs  # noqa: E402
from fake import TENANT, jwt  # noqa: E402

# Why the text of a kind is in no output, with masks or without.
UNKNOWN = {
    'state key': 'read into the sealer only',
    'audit key': 'read into the chain of the audit log only',
    'token digest': 'compared with digests only; never the text of a message',
}
# The client's own credential may go back to this client, and to no other place. It is recognised by its
# form in what is kept.
OWN = {'inbound token', 'inbound JWT'}


def private_key():
    made = subprocess.run(['openssl', 'genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024'],
                          capture_output=True, check=True)
    return made.stdout.decode()


class Secrets(dict):
    """kind: value. The service repeats a secret in its errors from the moment when it knows it."""

    def __init__(self):
        super().__init__()
        self.told = set()

    def make(self, kind, form='canary-{}'):
        word = base64.b32encode(os.urandom(15)).decode().lower()
        self[kind] = form.format(word)
        return self[kind]

    def tell(self, *kinds):
        self.told |= set(kinds)


def pat(case):
    """Everything that the configuration of a host can name, in one host."""
    secrets, home = case.secrets, case.folder
    folder = home / 'credentials'
    folder.mkdir()
    secrets.make('PAT', 'dapi{}')
    (home / 'bearer').write_text(secrets.make('bearer token, file:'))
    (folder / 'header').write_text(secrets.make('header value, credential:', 'Key canary"{}'))
    (home / 'metrics').write_text(secrets.make('token of the metrics'))
    secrets.make('basic password, env:', 'canary/{}+"w"')
    secrets.make('OAuth client secret of a service', 'canary&{}=')
    secrets.make('put_secret: its argument', 'canary "{}" +/')
    secrets.make('put_secret: env: reference', 'canary\\{}%')
    secrets.make('value of get_secret', 'canary <{}>')
    secrets.make('access token of a service')
    secrets.make('refresh token of a service')
    secrets.make('signature of a presigned link', 'canary/{}+==')
    password = secrets.make('password of a proxy', 'canary:{}@%')
    secrets['state key'] = os.urandom(32).hex()
    (home / 'state.key').write_text(secrets['state key'])
    secrets['audit key'] = os.urandom(32).hex()
    (home / 'audit.key').write_text(secrets['audit key'])
    secrets['inbound JWT'] = jwt(sub='canary', iss=secrets.make('claim'))
    del secrets['claim']
    for name in ('bearer', 'metrics', 'state.key', 'audit.key'):
        (home / name).chmod(0o600)
    case.environment = {
        'DATABRICKS_TOKEN': secrets['PAT'], 'CREDENTIALS_DIRECTORY': str(folder),
        'https_proxy': f'http://user:{urllib.parse.quote(password, safe="")}@127.0.0.1:9',
        'THE_PASSWORD': secrets['basic password, env:'],
        'THE_SECRET': secrets['OAuth client secret of a service'],
        'PUT_ME': secrets['put_secret: env: reference']}
    case.settings = ['auth.inbound=token', f'metrics.token=file:{home}/metrics', 'policy.access=admin',
                     'plugins.enabled=data,secrets,secret-values', f'audit.key=file:{home}/audit.key',
                     'plugins.secret-values.options.scopes=*', 'plugins.secret_references=env:PUT_ME',
                     f'server.state_key=file:{home}/state.key']
    url = case.fake.url
    case.upstreams = {
        'collector': 'method = "oauth"; token_url = "%s/service/token"; client_id = "it"; '
                     'client_secret = "env:THE_SECRET"; client_auth = "body";' % url,
        'first': f'method = "bearer"; token = "file:{home}/bearer";',
        'second': 'method = "basic"; user = "me"; password = "env:THE_PASSWORD";',
        'third': 'method = "header"; name = "X-Key"; value = "credential:header";'}
    secrets.tell('PAT', 'bearer token, file:', 'header value, credential:', 'basic password, env:',
                 'password of a proxy', 'token of the metrics', 'OAuth client secret of a service')
    case.calls = [
        ('put_secret', {'scope_name': 's', 'key': 'k', 'secret_value': secrets['put_secret: its argument']}),
        ('put_secret', {'scope_name': 's', 'key': 'k', 'secret_value': 'env:PUT_ME'}),
        ('get_secret', {'scope_name': 's', 'key': 'k'}),
        ('execute_sql', {'sql_query': 'SELECT 1', 'warehouse_id': 'abcdef0123456789'})]


def profile(case):
    token = case.secrets.make('PAT of a profile', 'dapi{}')
    (case.folder / '.databrickscfg').write_text(f'[DEFAULT]\nhost = {case.fake.url}\ntoken = {token}\n')
    (case.folder / '.databrickscfg').chmod(0o600)
    case.environment = {'DATABRICKS_HOST': None}
    case.secrets.tell('PAT of a profile')


def basic(case):
    password = case.secrets.make('password', 'canary "{}"')
    case.secrets['Basic header'] = base64.b64encode(f'me:{password}'.encode()).decode()
    case.environment = {'DATABRICKS_USERNAME': 'me', 'DATABRICKS_PASSWORD': password}
    case.secrets.tell('password', 'Basic header')


def m2m(case):
    secret = case.secrets.make('OAuth client secret', 'dose{}')
    case.secrets.make('OAuth access token')
    case.secrets.make('OAuth refresh token')
    case.environment = {'DATABRICKS_CLIENT_ID': 'client', 'DATABRICKS_CLIENT_SECRET': secret}
    case.secrets.tell('OAuth client secret')


def federated(case, kind, environment):
    case.environment = environment
    case.secrets.make('OAuth access token')
    case.secrets.make('OAuth refresh token')
    case.secrets.tell(kind)


def env_oidc(case):
    token = case.secrets['JWT in a variable'] = jwt(sub=case.secrets.make('claim'))
    del case.secrets['claim']
    federated(case, 'JWT in a variable', {'DATABRICKS_OIDC_TOKEN': token, 'DATABRICKS_CLIENT_ID': 'c'})


def file_oidc(case):
    token = case.secrets['JWT in a file'] = jwt(sub=case.secrets.make('claim'))
    del case.secrets['claim']
    (case.folder / 'id').write_text(token)
    federated(case, 'JWT in a file', {'DATABRICKS_OIDC_TOKEN_FILEPATH': str(case.folder / 'id')})


def github(case):
    case.secrets['ID token of GitHub'] = jwt(sub=case.secrets.make('claim'))
    del case.secrets['claim']
    token = case.secrets.make('request token of GitHub')
    federated(case, 'request token of GitHub', {
        'DATABRICKS_CLIENT_ID': 'c', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN': token, 'ACTIONS_ID_TOKEN_REQUEST_URL': case.fake.url + '/github?a=b'})


def devops(case):
    token = case.secrets.make('token of Azure DevOps')
    federated(case, 'token of Azure DevOps', {
        'DATABRICKS_CLIENT_ID': 'c', 'SYSTEM_ACCESSTOKEN': token, 'SYSTEM_TEAMPROJECTID': 'p', 'SYSTEM_PLANID': 'q',
        'SYSTEM_JOBID': 'r', 'SYSTEM_HOSTTYPE': 'build',
        'SYSTEM_TEAMFOUNDATIONCOLLECTIONURI': case.fake.url + '/org/'})


def entra(case):
    secret = case.secrets.make('client secret of Entra ID', 'canary~{}+/')
    case.secrets.make('token of Entra ID')
    case.secrets.make('management token of Azure')
    case.environment = {'DATABRICKS_CLOUD': 'azure', 'ARM_CLIENT_ID': 'app', 'ARM_CLIENT_SECRET': secret,
                        'AZURE_AUTHORITY_HOST': case.fake.url}
    case.secrets.tell('client secret of Entra ID')


def msi(case):
    case.secrets.make('token of a managed identity')
    case.environment = {'DATABRICKS_CLOUD': 'azure', 'ARM_USE_MSI': 'true', 'ARM_CLIENT_ID': 'app',
                        'AZURE_POD_IDENTITY_AUTHORITY_HOST': case.fake.url}


def azure_cli(case):
    token = case.secrets.make('token of az')
    case.programs = programs.az(case.folder, ['account get-access-token', programs.az_token(token)])
    case.environment = {'DATABRICKS_CLOUD': 'azure'}
    case.secrets.tell('token of az')


def databricks_cli(case):
    token = case.secrets.make('token of the Databricks CLI')
    refresh = case.secrets.make('refresh token in the cache of the CLI')
    said = json.loads(programs.cli_token(token)['out'])
    case.programs = programs.databricks(
        case.folder, ['auth token', {'out': json.dumps({**said, 'refresh_token': refresh})}])
    case.secrets.tell('token of the Databricks CLI', 'refresh token in the cache of the CLI')


def metadata(case):
    case.secrets.make('token of a metadata service')
    case.environment = {'DATABRICKS_METADATA_SERVICE_URL': case.fake.url + '/metadata-service'}


def google(case):
    key = case.secrets['private key (PEM)'] = private_key()
    case.secrets['ID token of Google'] = jwt(aud=case.secrets.make('claim'))
    del case.secrets['claim']
    case.secrets.make('access token of Google')
    case.secrets['assertion that is signed here'] = None  # known when the host has sent it
    case.environment = {'GOOGLE_CREDENTIALS': json.dumps({
        'type': 'service_account', 'client_email': 'sa@example.com', 'private_key': key,
        'token_uri': case.fake.url + '/google/token'})}
    case.secrets.tell('private key (PEM)')


CASES = [pat, profile, basic, m2m, env_oidc, file_oidc, github, devops, entra, msi, azure_cli,
         databricks_cli, metadata, google]

# Which secrets a path of the fake services hands out, and under which key.
MINTED = [
    (r'.*/v1/token', {'access_token': 'OAuth access token', 'refresh_token': 'OAuth refresh token'}),
    (r'/service/token', {'access_token': 'access token of a service',
                         'refresh_token': 'refresh token of a service'}),
    (r'/github', {'value': 'ID token of GitHub'}),
    (rf'/{TENANT}/oauth2/token', {'access_token': 'token of Entra ID'}),
    (r'/metadata/identity/oauth2/token', {'access_token': 'token of a managed identity'}),
    (r'/metadata-service', {'access_token': 'token of a metadata service'}),
]


def minted(path, secrets):
    for pattern, keys in MINTED:
        if re.fullmatch(pattern, path):
            return {key: kind for key, kind in keys.items() if kind in secrets}
    return {}
