"""A workspace, the token services around it and a collector of traces, on loopback. They repeat every
secret that they know, in their errors and in their answers, in every spelling."""
import base64
import json
import sys
import pathlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'credentials'))
from fake import Fake  # noqa: E402
from kinds import minted  # noqa: E402

MANAGEMENT = 'https://management.core.windows.net/'
SQL = '/api/2.0/sql/statements'


def spellings(secret):
    """As it is, in base64, percent-encoded, with JSON escapes."""
    return [secret, base64.b64encode(secret.encode()).decode(),
            ''.join(f'%{byte:02X}' for byte in secret.encode()),
            ''.join(f'\\u{ord(char):04x}' for char in secret)]


class Service(Fake):
    """Each path answers two errors before it answers what was asked for."""

    def __init__(self, secrets):
        self.secrets = secrets
        self.first = set(secrets.told)
        super().__init__()

    def reset(self):
        super().reset()
        self.asked, self.traces = {}, []
        self.secrets.told = set(self.first)

    def words(self, number=0, path=''):
        """Every secret that is known in this moment; the spellings begin with another one each time. A
        signature is masked in the texts of the plugin that used the link."""
        said = [spellings(self.secrets[kind]) for kind in sorted(self.secrets.told) if self.secrets[kind] and
                not ('presigned' in kind and '/secrets/' in path)]
        return ' ; '.join(' ; '.join(four[number % 4:] + four[:number % 4]) for four in said)

    def answer(self, request, base):
        path = request.path
        if path == '/v1/traces':
            self.traces.append(request.body)
        if path.startswith(('/.well-known', '/aad')) or path.endswith('-server'):
            return super().answer(request, base)
        number = self.asked[path] = self.asked.get(path, 0) + 1
        self.notice(request)
        if path == '/link':
            self.secrets.told.add('signature of a presigned link')
            return 403, {'Error': {'SignatureProvided': self.words(number), 'Message': self.words(number + 1)}}
        at_once = path == '/service/token' or path.startswith(SQL)
        if not at_once and (number < 3 or '/secrets/put' in path):
            said = self.words(number, path)
            return 400, {'error': 'invalid_request', 'error_description': said, 'message': said,
                         'error_code': 'INVALID_PARAMETER_VALUE'}
        return self.give(request, base)

    def notice(self, request):
        """What a request has told this service."""
        if request.path == '/api/2.0/secrets/put':
            value = json.loads(request.body).get('string_value')
            self.secrets.told |= {kind for kind in self.secrets
                                  if kind.startswith('put_secret') and self.secrets[kind] == value}
        if 'assertion' in request.form and 'assertion that is signed here' in self.secrets:
            self.secrets['assertion that is signed here'] = request.form['assertion']
            self.secrets.told.add('assertion that is signed here')

    def give(self, request, base):
        path, secrets = request.path, self.secrets
        if path == '/api/2.0/secrets/get':
            secrets.told.add('value of get_secret')
            value = base64.b64encode(secrets['value of get_secret'].encode()).decode()
            return 200, {'key': 'k', 'value': value}
        if path.startswith(SQL):
            return 200, self.statement(base)
        if path == '/api/2.1/unity-catalog/catalogs':
            return 200, {'catalogs': [{'name': 'main', 'owner': self.words(), 'comment': word}
                                      for word in self.words().split(' ; ')]}
        status, body = super().answer(request, base)
        if path == '/service/token':
            status, body = 200, self.token('service', expires_in=3600)
        keys = minted(path, secrets)
        if path.endswith('/oauth2/token') and MANAGEMENT in request.form.values():
            keys = {'access_token': 'management token of Azure'}
        if path in ('/google/token', '/token') and status == 200:
            keys = {'id_token': 'ID token of Google'} if 'id_token' in body else \
                   {'access_token': 'access token of Google'}
        for key, kind in keys.items():
            body[key] = secrets[kind]
            secrets.told.add(kind)
        return status, body

    def statement(self, base):
        signature = ''.join(f'%{byte:02X}' for byte in self.secrets['signature of a presigned link'].encode())
        link = f'{base}/link?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature={signature}'
        return {'statement_id': '01ef-0000', 'status': {'state': 'SUCCEEDED'},
                'manifest': {'format': 'JSON_ARRAY', 'total_row_count': 1, 'total_chunk_count': 1,
                             'schema': {'column_count': 1, 'columns': [
                                 {'name': 'a', 'position': 0, 'type_name': 'STRING', 'type_text': 'STRING'}]}},
                'result': {'external_links': [{'chunk_index': 0, 'row_offset': 0, 'row_count': 1,
                                               'external_link': link, 'expiration': '2099-01-01T00:00:00Z'}]}}
