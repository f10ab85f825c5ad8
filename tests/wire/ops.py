#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The example of packaging/doc/policy.md over HTTP: an analyst, an operator and an administrator. What
each of them sees, may do and gets suggested; which requests reach the workspace; and what the audit log
says afterwards. The transcript is printed.

    tests/wire/ops.py BUILD PAGE [unittest options]
"""
import http.server
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'audit'))
from hosts import Host  # noqa: E402

BUILD = PAGE = None
ALWAYS = '[ "daily 00:00-12:00 UTC", "daily 12:00-00:00 UTC" ]'
TASKS = {'io.modelcontextprotocol/clientCapabilities':
         {'extensions': {'io.modelcontextprotocol/tasks': {}}}}
JOBS = {'482911': 'nightly', '77': 'cleanup'}


class Workspace(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def answer(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        path = self.path.split('?')[0]
        self.server.seen.append(f'{self.command} {path} {body.decode()}'.strip())
        text = json.dumps(self.said(path)).encode()
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def said(self, path):
        if path.endswith('/catalogs'):
            return {'catalogs': [{'name': name} for name in ('main', 'samples', 'hr')]}
        if path.endswith('/jobs/list'):
            return {'jobs': [{'job_id': int(number), 'settings': {'name': name}}
                             for number, name in JOBS.items()]}
        if path.endswith('/jobs/run-now'):
            return {'run_id': 5}
        if path.endswith('/runs/get'):
            return {'run_id': 5, 'job_id': 482911, 'state': {'life_cycle_state': 'RUNNING'}}
        return {}

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


class Ops(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.workspace = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Workspace)
        cls.workspace.seen = []
        threading.Thread(target=cls.workspace.serve_forever, daemon=True).start()
        cls.home = tempfile.TemporaryDirectory()
        folder = pathlib.Path(cls.home.name)
        page = pathlib.Path(PAGE).read_text()
        conf = folder / 'lakehost.conf'
        text = re.search(r'(?ms)^```conf\n(.*?)^```', page).group(1)
        # the test must not depend on the time of day
        conf.write_text(text.replace('[ "daily 06:00-20:00 UTC" ]', ALWAYS))
        conf.chmod(0o600)

        def start():
            return Host(folder, pathlib.Path(BUILD), f'audit.file={folder}/audit.log', config=conf,
                        workspace=f'http://127.0.0.1:{cls.workspace.server_port}')
        cls.host = start()
        cls.host.process.wait()  # there is no file of tokens yet
        cls.token = {name: cls.new_token(name, access, group) for name, access, group in (
            ('ana', 'read', 'analysts'), ('otto', 'write', 'operators'), ('ada', 'admin', 'admins'))}
        cls.host = start().wait()

    @classmethod
    def tearDownClass(cls):
        cls.host.end()
        cls.workspace.shutdown()
        cls.workspace.server_close()
        cls.home.cleanup()

    @classmethod
    def new_token(cls, name, access, group):
        said = cls.host.command('token', 'new', name, '--access', access, '--groups', group)[1]
        return [word for word in said.split() if word.startswith('lh_')][-1]

    def call(self, who, tool, arguments=None, meta=()):
        """The answer's text, and whether it is an error."""
        self.workspace.seen.clear()
        _, body = self.host.call(tool, arguments, token=self.token[who], meta=meta)
        result = body.get('result', {})
        text = result['content'][0]['text'] if 'content' in result else json.dumps(body)
        print(f'{who}: {tool} {json.dumps(arguments or {})}\n  {text.splitlines()[0][:100]}')
        return text, 'error' in body or result.get('isError', False), result

    def allowed(self, *call, **more):
        text, failed, result = self.call(*call, **more)
        self.assertFalse(failed, text)
        return result if more else text

    def refused(self, *call):
        text, failed, _ = self.call(*call)
        self.assertTrue(failed, text)
        return text

    def tools(self, who):
        _, body = self.host.post('tools/list', {}, self.token[who])
        names = [tool['name'] for tool in json.loads(body)['result']['tools']]
        print(f'{who}: {len(names)} tools, {len(body)} bytes: {", ".join(names[:12])}')
        return names, len(body)

    def test_1_each_sees_the_own_tools(self):
        ana, otto, ada = (self.tools(who) for who in self.token)
        self.assertIn('execute_sql', ana[0])
        self.assertEqual([name for name in ana[0] if 'job' in name or 'cluster' in name], [])
        self.assertIn('run_job_now', otto[0])
        self.assertNotIn('execute_sql', otto[0])
        self.assertNotIn('terminate_cluster', otto[0])
        self.assertTrue(set(ana[0]) < set(ada[0]) and 'terminate_cluster' in ada[0])
        self.assertNotIn('execute_code', ada[0])
        self.assertLess(ana[1] + otto[1], ada[1])

    def test_2_analyst(self):
        self.allowed('ana', 'list_schemas', {'catalog_name': 'main'})
        self.assertIn('does not contain "hr"', self.refused('ana', 'list_schemas', {'catalog_name': 'hr'}))
        self.assertEqual(self.workspace.seen, [])
        text = self.refused('ana', 'execute_sql', {'sql_query': 'DELETE FROM main.a.b', 'row_limit': 1})
        self.assertIn('changes data', text)
        self.refused('ana', 'run_job_now', {'job_id': '482911'})
        self.assertEqual(self.workspace.seen, [])

    def test_3_completions_offer_what_is_allowed(self):
        found = {}
        for who in ('ana', 'ada'):
            _, body = self.host.post('completion/complete', {
                'ref': {'type': 'ref/resource', 'uri': 'databricks://catalogs/{catalog_name}/schemas'},
                'argument': {'name': 'catalog_name', 'value': ''}}, self.token[who])
            found[who] = json.loads(body)['result']['completion']['values']
            print(f'{who}: completions of catalog_name: {found[who]}')
        self.assertEqual((sorted(found['ana']), sorted(found['ada'])),
                         (['main', 'samples'], ['hr', 'main', 'samples']))

    def test_4_operator(self):
        self.allowed('otto', 'list_jobs')
        self.refused('otto', 'terminate_cluster', {'cluster_id': '1101-120000-ab12cd34'})
        self.assertIn('does not contain "77"', self.refused('otto', 'run_job_now', {'job_id': '77'}))
        self.assertEqual(self.workspace.seen, [])

    def test_5_a_name_is_compared_when_its_id_is_sent(self):
        """The policy knows ids only. The plugin looks up the name, and egress stops the request."""
        text = self.refused('otto', 'run_job_now', {'job_id': 'cleanup', 'wait_s': 0})
        self.assertIn('77', text)
        self.assertEqual([one for one in self.workspace.seen if 'run-now' in one], [])
        self.allowed('otto', 'run_job_now', {'job_id': 'nightly', 'wait_s': 0})
        sent = [one for one in self.workspace.seen if 'run-now' in one]
        self.assertEqual(len(sent), 1)
        self.assertIn('482911', sent[0])

    def test_6_tasks_belong_to_who_may_use_the_tool(self):
        result = self.allowed('otto', 'run_job_now', {'job_id': '482911', 'wait_s': 30}, meta=TASKS)
        task = {'taskId': result['taskId']}
        polled = {who: json.loads(self.host.post('tasks/get', task, self.token[who], meta=TASKS)[1])
                  for who in self.token}
        self.assertEqual(polled['otto']['result']['status'], 'working', polled['otto'])
        for who in ('ana', 'ada'):
            self.assertIn('another principal', polled[who]['error']['message'])

    def acknowledged(self, who, *uris):
        """The resources that a subscription accepts: its first event names them."""
        answer = self.host.listen({'resourceSubscriptions': list(uris)}, self.token[who])
        for line in answer:
            if line.startswith(b'data:'):
                answer.close()
                return json.loads(line[5:])['params']['notifications'].get('resourceSubscriptions', [])
        return None

    def test_7_subscriptions(self):
        allowed, hidden = (f'databricks://catalogs/{name}/schemas' for name in ('main', 'hr'))
        self.assertEqual(self.acknowledged('ana', allowed, hidden), [allowed])
        self.assertEqual(self.acknowledged('ada', allowed, hidden), [allowed, hidden])

    def test_8_audit(self):
        shown = self.host.command('audit', 'show', '--since', '1h')[1]
        print(shown)
        for who, what in (('ana', 'deny'), ('otto', 'deny'), ('otto', 'ok')):
            self.assertTrue(any(who in line and what in line for line in shown.splitlines()), (who, what))
        status, said = self.host.command('audit', 'verify')
        self.assertEqual(status, 0, said)
        said = subprocess.run([str(self.host.program), *self.host.settings, 'audit', 'show', '--principal',
                               'ana', '--json'], capture_output=True, text=True, check=True,
                              env=self.host.environment()).stdout
        rules = {json.loads(line).get('rule') for line in said.splitlines()}
        self.assertTrue({'catalogs', 'sql', 'allowed', 'unknown'} <= rules, rules)


if __name__ == '__main__':
    BUILD, PAGE = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
