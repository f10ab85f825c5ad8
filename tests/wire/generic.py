#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A host without Databricks: the example plugin, as built from the installed SDK, with a fake issue
tracker, by each way to authenticate.

    tests/wire/generic.py LAKEHOST PREFIX FAKE-TRACKER [unittest options]
"""
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.request

PATIENCE = 60  # seconds until a test gives up; nothing is timed
LAKEHOST = PREFIX = TRACKER = None

AUTH = {
    'bearer': 'method = "bearer"; token = "file:{home}/secret";',
    'basic': 'method = "basic"; user = "bot"; password = "file:{home}/secret";',
    'header': 'method = "header"; name = "X-Api-Key"; value = "file:{home}/secret";',
    'oauth': 'method = "oauth"; token_url = "http://127.0.0.1:{port}/oauth/token"; '
             'client_id = "lakehost"; client_secret = "file:{home}/secret";',
}
SECRETS = {'bearer': 'tracker-token', 'basic': 'open sesame', 'header': 'Key k-1', 'oauth': 's&1'}


class Tracker:
    def __init__(self, method, seconds=3600):
        self.process = subprocess.Popen([sys.executable, '-B', TRACKER, '0', method, str(seconds)],
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def get(self, path):
        with urllib.request.urlopen(f'http://127.0.0.1:{self.port}{path}', timeout=PATIENCE) as r:
            return json.load(r)

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Session:
    """One host on stdio."""

    def __init__(self, command, env):
        self.process = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.id = 0
        self.ask('initialize', protocolVersion='2025-11-25', capabilities={},
                 clientInfo={'name': 'test', 'version': '1'})
        self.send({'jsonrpc': '2.0', 'method': 'notifications/initialized'})

    def send(self, message):
        self.process.stdin.write(json.dumps(message) + '\n')
        self.process.stdin.flush()

    def begin(self, method, **params):
        self.id += 1
        self.send({'jsonrpc': '2.0', 'id': self.id, 'method': method, 'params': params})
        return self.id

    def answers(self, ids):
        found = {}
        while set(found) != set(ids):
            message = json.loads(self.process.stdout.readline())
            if message.get('id') in ids:
                found[message['id']] = message['result']
        return [found[i] for i in ids]

    def ask(self, method, **params):
        return self.answers([self.begin(method, **params)])[0]

    def call(self, tool, **arguments):
        result = self.ask('tools/call', name=tool, arguments=arguments)
        return result['content'][0]['text']

    def end(self):
        self.process.stdin.close()
        status = self.process.wait(PATIENCE)
        self.process.stdout.close()
        return status


class Served(http.client.HTTPConnection):
    """A host on a unix socket."""

    def __init__(self, command, env, path):
        super().__init__('localhost', timeout=PATIENCE)
        self.path = path
        self.process = subprocess.Popen([*command, '--unix', path], env=env, text=True,
                                        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.wait_for('"listening"')
        self.session = None
        self.ask('initialize', protocolVersion='2025-11-25', capabilities={},
                 clientInfo={'name': 'test', 'version': '1'})

    def wait_for(self, words):
        """Reads the log up to a line with these words. A host that never writes it is killed."""
        timer = threading.Timer(PATIENCE, self.process.kill)
        timer.start()
        try:
            for line in self.process.stderr:
                if words in line:
                    return
            raise AssertionError(f'the host ended without: {words}')
        finally:
            timer.cancel()

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(self.path)

    def ask(self, method, **params):
        headers = {'Content-Type': 'application/json',
                   'Accept': 'application/json, text/event-stream'}
        if self.session:
            headers['Mcp-Session-Id'] = self.session
        self.request('POST', '/mcp', json.dumps(
            {'jsonrpc': '2.0', 'id': 1, 'method': method, 'params': params}), headers)
        response = self.getresponse()
        self.session = self.session or response.headers['Mcp-Session-Id']
        return json.loads(response.read())['result']

    def end(self):
        self.close()
        self.process.terminate()
        self.process.communicate(timeout=PATIENCE)


class Case(unittest.TestCase):
    method = 'bearer'
    seconds = 3600
    isolation = "none"

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = pathlib.Path(folder.name)
        self.tracker = Tracker(self.method, self.seconds)
        self.addCleanup(self.tracker.end)
        self.secret(SECRETS[self.method])
        self.configure(AUTH[self.method])
        self.env = {'HOME': str(self.home), 'PATH': os.environ['PATH']}

    def secret(self, text):
        (self.home / 'secret').write_text(text + '\n')
        (self.home / 'secret').chmod(0o600)

    def configure(self, auth, more='', url='http://127.0.0.1:{port}/jira'):
        plugins = next(pathlib.Path(PREFIX).glob('lib*/**/lakehost/plugins'))
        auth = auth.format(home=self.home, port=self.tracker.port)
        url = url.format(port=self.tracker.port)
        (self.home / 'lakehost.conf').write_text(
            f'upstreams = {{ tracker = {{ kind = "generic"; url = "{url}"; max_retries = 0;\n'
            f'  auth = {{ {auth} }}; }}; }};\n'
            f'plugins = {{ enabled = [ "tracker" ]; isolation = "{self.isolation}"; '
            f'directories = [ "{plugins}" ]; }};\n{more}')

    def command(self, *words):
        return [LAKEHOST, '--config', str(self.home / 'lakehost.conf'), *words]

    def run_host(self, *words, status=0):
        done = subprocess.run(self.command(*words), env=self.env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=PATIENCE)
        self.assertEqual(done.returncode, status, done.stdout)
        self.assertNotIn(SECRETS[self.method], done.stdout)
        self.assertNotRegex(done.stdout, r'(?i)databricks')
        return done.stdout

    def session(self):
        session = Session(self.command(), self.env)
        self.addCleanup(session.process.kill)
        return session


class Bearer(Case):
    def test_tools(self):
        text = self.run_host('call', 'list_issues', 'project=OPS', 'limit=2', 'status=open')
        self.assertIn('OPS-1\topen\tann\tÜberlauf Nr. 1', text)
        self.assertIn('list_issues project=OPS status=open limit=2 offset=2', text)
        text = self.run_host('call', 'list_issues', 'project=OPS', 'limit=2', 'status=open',
                             'offset=2')
        self.assertIn('OPS-5', text)
        self.assertIn('0 issues', self.run_host('call', 'list_issues', 'project=EMPTY'))
        text = self.run_host('call', 'get_issue', 'key=OPS-3')
        self.assertNotIn('assignee', text)  # nobody: the fact is left out
        self.assertIn(f'url: http://127.0.0.1:{self.tracker.port}/jira/browse/OPS-3', text)
        self.assertIn('Seen on host 3.\nTwice.', text)
        text = self.run_host('call', 'create_issue', 'project=OPS', 'summary=Größer')
        self.assertIn('Created OPS-6.', text)
        self.assertIn('summary: Größer', self.run_host('call', 'get_issue', 'key=OPS-6'))
        self.assertIn('The index is rebuilt: 6 issues.',
                      self.run_host('call', 'rebuild_index', 'project=OPS'))

    def test_operation_goes_on(self):
        text = self.run_host('call', 'rebuild_index', 'project=OPS', 'wait_s=0')
        handle = re.search(r'(?m)^Next: get_index_result (handle=\S+)$', text)[1]
        self.assertIn('To stop the operation: cancel_index with the same handle', text)
        self.run_host('call', 'get_index_result', handle, 'wait_s=0')
        text = self.run_host('call', 'get_index_result', handle)
        self.assertIn('The index is rebuilt', text)
        self.assertIn('The handle is not valid', self.run_host(
            'call', 'get_index_result', handle + 'A', status=1))

    def test_operation_is_cancelled(self):
        text = self.run_host('call', 'rebuild_index', 'project=OPS', 'wait_s=0')
        handle = re.search(r'(?m)^Next: get_index_result (handle=\S+)$', text)[1]
        self.assertIn('rebuild_index was asked to stop.',
                      self.run_host('call', 'cancel_index', handle))

    def test_errors(self):
        text = self.run_host('call', 'get_issue', 'key=OPS-99', status=1)
        self.assertIn('there is no such issue', text)
        self.assertIn('Call list_issues', text)
        text = self.run_host('call', 'create_issue', 'project=SEC', 'summary=x', status=1)
        self.assertIn('you may not create issues there', text)
        text = self.run_host('call', 'rebuild_index', 'project=BROKEN', status=1)
        self.assertIn('the disk is full', text)
        text = self.run_host('call', 'list_issues', status=1)
        self.assertIn('Use project=KEY.', text)

    def test_a_path_is_another_address(self):
        self.configure(AUTH['bearer'], url='http://127.0.0.1:{port}')
        text = self.run_host('call', 'list_issues', 'project=OPS', status=1)
        self.assertIn('nothing is here', text)

    def test_check_and_doctor(self):
        text = self.run_host('check')
        self.assertIn('upstream tracker: ok', text)
        self.assertNotIn('upstream workspace', text)
        text = self.run_host('doctor')
        self.assertRegex(text, r'plugin tracker, probe: ok: GET /rest/myself')
        self.secret('wrong')
        text = self.run_host('doctor', status=1)
        self.assertRegex(text, r'plugin tracker, probe: fault: .*HTTP 401: .*who are you')
        self.tracker.end()
        text = self.run_host('doctor', status=1)
        self.assertRegex(text, r'plugin tracker, probe: fault: no connection to')

    def test_what_is_missing(self):
        self.configure('')
        self.assertIn('set upstreams.tracker.auth', self.run_host('check', status=1))
        text = self.run_host('call', 'list_issues', 'project=OPS', status=1)
        self.assertIn('set upstreams.tracker.auth', text)
        (self.home / 'lakehost.conf').write_text(
            re.sub(r'upstreams = .*\n.*\n', '', (self.home / 'lakehost.conf').read_text()))
        self.assertIn('lakehost.conf has no upstreams.tracker', self.run_host('check', status=1))
        text = self.run_host('call', 'list_issues', 'project=OPS', status=1)
        self.assertIn('there is no upstreams.tracker', text)

    def test_server_info(self):
        session = self.session()
        result = session.ask('tools/call', name='get_server_info', arguments={})
        text = '\n'.join(block['text'] for block in result['content'])
        self.assertIn('generic upstream tracker: http://127.0.0.1:', text)
        self.assertNotRegex(text, r'workspace|identity|(?i:databricks)')
        self.assertEqual(result['structuredContent']['upstreams'][0]['role'], 'tracker')
        self.assertNotIn('workspace', result['structuredContent'])
        self.assertEqual(session.end(), 0)

    def test_secret_is_replaced(self):
        session = self.session()
        self.assertIn('OPS-1', session.call('list_issues', project='OPS'))
        self.secret('wrong')
        self.assertIn('OPS-1', session.call('list_issues', project='OPS'))  # nobody objected
        session.end()
        session = self.session()
        self.assertIn('who are you?', session.call('list_issues', project='OPS'))
        self.secret(SECRETS['bearer'])
        self.assertIn('OPS-1', session.call('list_issues', project='OPS'))
        self.assertEqual(session.end(), 0)

    def test_secret_is_read_again_on_sighup(self):
        self.secret('wrong')
        served = Served(self.command(), self.env, str(self.home / 'socket'))
        self.addCleanup(served.end)
        arguments = {'name': 'list_issues', 'arguments': {'project': 'OPS'}}
        self.assertTrue(served.ask('tools/call', **arguments)['isError'])
        self.secret(SECRETS['bearer'])
        served.process.send_signal(signal.SIGHUP)
        served.wait_for('"reloaded"')
        self.assertIn('OPS-1', served.ask('tools/call', **arguments)['content'][0]['text'])
        self.assertEqual(self.tracker.get('/counts')['refused'], 1)

    def test_enabled_by_a_file_of_its_own(self):
        conf = self.home / 'lakehost.conf'
        conf.write_text(conf.read_text().replace('enabled = [ "tracker" ]; ', ''))
        self.run_host('plugin', 'enable', 'tracker')
        written = (self.home / 'plugins-available' / 'tracker.conf').read_text()
        self.assertIn('#upstream = "tracker";', written)
        self.assertIn('upstream tracker: ok', self.run_host('check'))

    def test_another_kind_is_refused(self):
        conf = self.home / 'lakehost.conf'
        conf.write_text(conf.read_text().replace('kind = "generic"; url', 'host').replace(
            'auth = { method = "bearer"; token', 'token').replace('"; }; }; };', '"; }; };').replace(
                '/jira"', '"'))  # a workspace has no path
        done = subprocess.run(self.command('check'), env=self.env, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn('made for another kind of service', done.stdout)


class Basic(Case):
    method = 'basic'

    def test_call(self):
        self.assertIn('OPS-1', self.run_host('call', 'list_issues', 'project=OPS'))
        self.assertIn('basic: as bot', self.run_host('check'))


class Isolated(Case):
    """The plugin in a process of its own: the credential stays in the host."""
    method = 'basic'
    isolation = 'process'

    def test_call(self):
        self.assertIn('OPS-1', self.run_host('call', 'list_issues', 'project=OPS'))
        self.assertIn('The index is rebuilt',
                      self.run_host('call', 'rebuild_index', 'project=OPS'))
        self.assertIn('upstream tracker: ok', self.run_host('check'))
        self.assertIn('plugin tracker, probe: ok', self.run_host('doctor'))


class Header(Case):
    method = 'header'

    def test_call(self):
        self.assertIn('OPS-1', self.run_host('call', 'list_issues', 'project=OPS'))
        self.assertIn('header: X-Api-Key', self.run_host('check'))


class OAuth(Case):
    method = 'oauth'

    def test_one_token_for_all(self):
        session = self.session()
        ids = [session.begin('tools/call', name='list_issues', arguments={'project': 'OPS'})
               for _ in range(20)]
        for result in session.answers(ids):
            self.assertIn('OPS-1', result['content'][0]['text'])
        self.assertEqual(self.tracker.get('/counts'), {'token': 1, 'refused': 0})
        self.tracker.get('/forget')  # the service knows the token no more
        self.assertIn('OPS-1', session.call('list_issues', project='OPS'))
        self.assertEqual(self.tracker.get('/counts'), {'token': 2, 'refused': 1})
        self.assertEqual(session.end(), 0)

    def test_client_refused(self):
        self.secret('another')
        text = self.run_host('doctor', status=1)
        self.assertIn('refused the client lakehost', text)
        self.assertIn('invalid_client', text)


def main():
    global LAKEHOST, PREFIX, TRACKER
    LAKEHOST, PREFIX, TRACKER = sys.argv[1:4]
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]])


if __name__ == '__main__':
    main()
