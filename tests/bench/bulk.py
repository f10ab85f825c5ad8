"""A workspace with large things in it: a file, and a statement whose rows are behind links."""
import http.server
import json
import os
import re
import threading

COLUMNS = ('id', 'name', 'amount', 'when', 'city', 'flag', 'note')
CHUNK_ROWS = 50_000


def rows_of_a_chunk():
    rows = [[str(n), f'name {n}', f'{n}.25', '2026-01-01T00:00:00Z', 'Rotterdam', 'true',
             'a note of some words'] for n in range(CHUNK_ROWS)]
    return json.dumps(rows, separators=(',', ':')).encode()


class Bulk:
    """Serves a file of `file_bytes` at any path of the Files API, and a statement of `rows` rows."""

    def __init__(self, folder, file_bytes, rows):
        self.file_bytes, self.chunks = file_bytes, max(1, rows // CHUNK_ROWS)
        self.rows, self.chunk = self.chunks * CHUNK_ROWS, rows_of_a_chunk()
        self.file = os.open(folder / 'sparse', os.O_RDWR | os.O_CREAT)
        os.ftruncate(self.file, file_bytes)
        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), self.handler())
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def bytes_of_rows(self):
        return self.chunks * len(self.chunk)

    def link(self, index):
        link = {'chunk_index': index, 'row_offset': index * CHUNK_ROWS, 'row_count': CHUNK_ROWS,
                'byte_count': len(self.chunk), 'expiration': '2099-01-01T00:00:00Z',
                'external_link': f'http://127.0.0.1:{self.port}/chunk/{index}?sig=1'}
        if index + 1 < self.chunks:
            link['next_chunk_index'] = index + 1
        return {'external_links': [link]}

    def statement(self):
        columns = [{'name': name, 'position': at, 'type_name': 'STRING', 'type_text': 'STRING'}
                   for at, name in enumerate(COLUMNS)]
        return {'statement_id': 'bulk', 'status': {'state': 'SUCCEEDED'}, 'result': self.link(0),
                'manifest': {'format': 'JSON_ARRAY', 'schema': {'column_count': len(COLUMNS),
                                                                'columns': columns},
                             'total_chunk_count': self.chunks, 'total_row_count': self.rows,
                             'total_byte_count': self.bytes_of_rows, 'truncated': False,
                             'chunks': [{'chunk_index': at, 'row_offset': at * CHUNK_ROWS,
                                         'row_count': CHUNK_ROWS} for at in range(self.chunks)]}}

    def handler(self):
        bulk = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def head(self, length, kind='application/json'):
                self.send_response_only(200)
                self.send_header('Content-Type', kind)
                self.send_header('Content-Length', str(length))
                self.end_headers()

            def say(self, tree):
                data = json.dumps(tree).encode()
                self.head(len(data))
                self.wfile.write(data)

            def do_HEAD(self):
                self.head(bulk.file_bytes, 'application/octet-stream')

            def do_POST(self):
                self.rfile.read(int(self.headers.get('Content-Length', 0)))
                self.say(bulk.statement())

            def do_GET(self):
                if '/fs/files/' in self.path:
                    self.do_HEAD()
                    self.send_file()
                elif self.path.startswith('/chunk/'):
                    self.head(len(bulk.chunk))
                    self.wfile.write(bulk.chunk)
                elif '/sql/warehouses' in self.path:
                    self.say({'warehouses': [{'id': 'a1', 'name': 'one', 'state': 'RUNNING'}]})
                elif found := re.search(r'/result/chunks/(\d+)', self.path):
                    self.say(bulk.link(int(found.group(1))))
                else:
                    self.say(bulk.statement())

            def send_file(self):
                at = 0
                try:
                    while at < bulk.file_bytes:
                        at += os.sendfile(self.connection.fileno(), bulk.file, at, 1 << 20)
                except OSError:
                    self.close_connection = True

            def log_message(self, *args):
                pass

        return Handler

    def end(self):
        self.server.shutdown()
        self.server.server_close()
        os.close(self.file)
