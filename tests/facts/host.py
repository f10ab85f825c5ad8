"""An installed Lakehost, asked over stdio."""
import json
import os
import subprocess
import sys
import threading

PATIENCE = 70    # seconds after which a missing answer is a hang


class Host:
    def __init__(self, prefix, work, url, token):
        environment = {'PATH': os.environ['PATH'], 'HOME': work, 'DATABRICKS_HOST': url,
                       'DATABRICKS_TOKEN': token, 'LANG': 'C.UTF-8', 'TMP_SECRET': 'canary-value'}
        self.process = subprocess.Popen(
            [prefix + '/bin/lakehost', '--set', 'plugins.enabled=all,secret-values', '--set',
             'policy.access=admin', '--set', 'plugins.secret-values.options.scopes=app',
             '--set', f'plugins.transfer_dirs={work}', '--log-level', 'error'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True)
        self.number = 0
        self.ask('initialize', {'protocolVersion': '2025-11-25', 'capabilities': {},
                                'clientInfo': {'name': 'facts', 'version': '1'}})

    def ask(self, method, params):
        self.number += 1
        self.process.stdin.write(json.dumps({'jsonrpc': '2.0', 'id': self.number,
                                             'method': method, 'params': params}) + '\n')
        self.process.stdin.flush()
        alarm = threading.Timer(PATIENCE, self.process.kill)
        alarm.start()
        try:
            return self.answer()
        finally:
            alarm.cancel()

    def answer(self):
        for line in self.process.stdout:
            answer = json.loads(line)
            if answer.get('id') == self.number:
                return answer
        sys.exit('the host ended')
