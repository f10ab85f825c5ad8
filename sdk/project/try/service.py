#!/usr/bin/env python3
"""A small service to try the plugin with. It runs a command while the service listens on a free port
of this machine; the environment variable SERVICE_URL has the address.

    python3 try/service.py COMMAND [ARGUMENT...]
"""
import json
import os
import subprocess
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ITEMS = [{'id': f'item-{n}', 'title': f'The plan of week {n}', 'changed_ms': 1767225600000 + n * 86400000,
          'text': f'Monday: item {n}.\nTuesday: rest.'} for n in range(1, 6)]
EXPORTS = {}


class Service(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def reply(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def find(self, query):
        text = query.get('text', [''])[0]
        limit = int(query.get('limit', ['100'])[0])
        return [item for item in ITEMS if text in item['title']][:limit]

    def export(self, name):
        export = EXPORTS[name]
        export['percent'] = min(100, export['percent'] + 50)
        export['state'] = 'done' if export['percent'] == 100 else 'running'
        export['items'] = len(ITEMS) * export['percent'] // 100
        return export

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        folder, _, name = url.path[1:].partition('/')
        items = {item['id']: item for item in ITEMS}
        if url.path == '/status':
            self.reply(200, {'status': 'ready'})
        elif url.path == '/items':
            self.reply(200, {'items': self.find(urllib.parse.parse_qs(url.query))})
        elif folder == 'items' and name in items:
            self.reply(200, items[name])
        elif folder == 'exports' and name in EXPORTS:
            self.reply(200, self.export(name))
        else:
            self.reply(404, {'message': f'{url.path} does not exist'})

    def do_POST(self):
        self.rfile.read(int(self.headers.get('Content-Length') or 0))
        name = f'export-{len(EXPORTS) + 1}'
        EXPORTS[name] = {'percent': 0}
        self.reply(202, {'export': name})

    def do_DELETE(self):
        EXPORTS.pop(self.path.rpartition('/')[2], None)
        self.reply(200, {})


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    server = ThreadingHTTPServer(('127.0.0.1', 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ['SERVICE_URL'] = f'http://127.0.0.1:{server.server_port}'
    sys.exit(subprocess.call(sys.argv[1:]))


if __name__ == '__main__':
    main()
