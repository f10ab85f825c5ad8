#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A small issue tracker below /jira on 127.0.0.1, to try the plugin with. Who asks has to prove it:

    bearer  Authorization: Bearer tracker-token
    basic   Authorization: Basic, user "bot", password "open sesame"
    header  X-Api-Key: Key k-1
    oauth   a token of POST /oauth/token, where the client is "lakehost" with the secret "s&1"

Usage: fake_tracker.py PORT METHOD [TOKEN_SECONDS]; PORT 0 takes a free one, which it prints.
"""
import base64
import json
import sys
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BASE = '/jira'
ISSUES = [{'key': f'OPS-{n}', 'project': 'OPS', 'status': 'open' if n % 2 else 'closed',
           'assignee': 'ann' if n % 3 else None, 'summary': f'Überlauf Nr. {n}',
           'description': f'Seen on host {n}.\nTwice.'} for n in range(1, 6)]
TASKS = {}
TOKENS = []
COUNTS = {'token': 0, 'refused': 0}


def basic(user, password):
    return 'Basic ' + base64.b64encode(f'{user}:{password}'.encode()).decode()


class Tracker(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(data)))
        self.send_header('X-Request-Id', 'fake-1')
        self.end_headers()
        self.wfile.write(data)

    def known(self):
        given = self.headers.get('Authorization', '')
        if self.server.method == 'bearer':
            return given == 'Bearer tracker-token'
        if self.server.method == 'basic':
            return given == basic('bot', 'open sesame')
        if self.server.method == 'header':
            return self.headers.get('X-Api-Key') == 'Key k-1'
        return given in ['Bearer ' + token for token in TOKENS]

    def handle_any(self):
        length = int(self.headers.get('Content-Length') or 0)
        raw = self.rfile.read(length)
        url = urllib.parse.urlsplit(self.path)
        if url.path == '/oauth/token':
            return self.token(raw)
        if url.path == '/counts':
            return self.answer(200, COUNTS)
        if url.path == '/forget':
            TOKENS.clear()
            return self.answer(200, {})
        if not url.path.startswith(BASE + '/'):
            return self.answer(404, {'message': 'nothing is here; see ' + BASE})
        if not self.known():
            COUNTS['refused'] += 1
            return self.answer(401, {'message': 'who are you?'})
        query = dict(urllib.parse.parse_qsl(url.query))
        body = json.loads(raw) if raw else {}
        return self.api(url.path[len(BASE):], query, body)

    do_GET = do_POST = do_DELETE = handle_any

    def token(self, raw):
        form = dict(urllib.parse.parse_qsl(raw.decode()))
        if (self.headers.get('Authorization') != basic('lakehost', 's%261')
                or form.get('grant_type') != 'client_credentials'):
            return self.answer(401, {'error': 'invalid_client'})
        COUNTS['token'] += 1
        TOKENS.append(f'access-{COUNTS["token"]}')
        return self.answer(200, {'access_token': TOKENS[-1], 'token_type': 'Bearer',
                                 'expires_in': self.server.seconds})

    def api(self, path, query, body):
        parts = path.strip('/').split('/')
        if (self.command, path) == ('GET', '/rest/myself'):
            return self.answer(200, {'name': 'bot'})
        if (self.command, path) == ('GET', '/rest/issues'):
            return self.issues(query)
        if (self.command, path) == ('POST', '/rest/issues'):
            return self.create(body)
        if self.command == 'GET' and parts[:2] == ['rest', 'issues']:
            found = [i for i in ISSUES if i['key'] == urllib.parse.unquote(parts[2])]
            return self.answer(200, found[0]) if found else self.answer(
                404, {'message': 'there is no such issue'})
        if (self.command, path) == ('POST', '/rest/index'):
            TASKS[str(len(TASKS) + 1)] = {'project': body.get('project'), 'looks': 0}
            return self.answer(202, {'task': str(len(TASKS))})
        if parts[:2] == ['rest', 'tasks'] and parts[2] in TASKS:
            return self.task(TASKS[parts[2]])
        return self.answer(404, {'message': 'there is no such thing'})

    def issues(self, query):
        found = [i for i in ISSUES if i['project'] == query.get('project')
                 and query.get('status') in (None, i['status'])]
        if query.get('project') not in ('OPS', 'EMPTY'):
            return self.answer(404, {'message': 'there is no such project'})
        offset, limit = int(query.get('offset', 0)), int(query.get('limit', 50))
        return self.answer(200, {'total': len(found), 'issues': found[offset:offset + limit]})

    def create(self, body):
        if body.get('project') != 'OPS':
            return self.answer(403, {'message': 'you may not create issues there'})
        issue = {'key': f'OPS-{len(ISSUES) + 1}', 'status': 'open', 'assignee': None, **body}
        ISSUES.append(issue)
        return self.answer(201, issue)

    def task(self, task):
        if self.command == 'DELETE':
            task['looks'] = -1
            return self.answer(200, {})
        task['looks'] += 1
        if task['project'] == 'BROKEN':
            return self.answer(200, {'state': 'failed', 'message': 'the disk is full'})
        if task['looks'] < 3:
            return self.answer(200, {'state': 'running', 'percent': 40 * task['looks']})
        return self.answer(200, {'state': 'done', 'issues': len(ISSUES)})


def main():
    server = ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Tracker)
    server.method = sys.argv[2]
    server.seconds = int(sys.argv[3]) if len(sys.argv) > 3 else 3600
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == '__main__':
    main()
