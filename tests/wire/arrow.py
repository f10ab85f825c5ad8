#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Arrow streams of a result in files of the host, read back with pyarrow.

    tests/wire/arrow.py LAKEHOST FOLDER-OF-PLUGINS ISOLATION

A fake workspace sends streams that pyarrow makes, each behind a link of a store that refuses
credentials. Needs pyarrow; run it by name. Last line: N passed, N failed.
"""
import http.server
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading

import pyarrow
import pyarrow.ipc

CHUNKS, ROWS = 6, 1000
IDENTITY = "01f0aaaa-0000-1000-8000-000000000001"


def table_of(chunk):
    first = chunk * ROWS
    return pyarrow.table({
        "id": pyarrow.array(range(first, first + ROWS), pyarrow.int64()),
        "price": pyarrow.array([None if k % 7 == 0 else k / 4 for k in range(ROWS)]),
        "name": [None if k % 3 == 0 else f"row {first + k} ä" for k in range(ROWS)]})


def stream_of(chunk):
    out = io.BytesIO()
    table = table_of(chunk)
    with pyarrow.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table, max_chunksize=300)
    return out.getvalue()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    submitted = []

    def log_message(self, *_):
        pass

    def link(self, chunk):
        return {"external_links": [{
            "chunk_index": chunk, "row_offset": chunk * ROWS, "row_count": ROWS,
            "external_link": f"http://127.0.0.1:{self.server.server_address[1]}/store/{chunk}",
            "http_headers": {"x-key": f"k{chunk}"}}]}

    def reply(self, status, data, kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Handler.submitted.append(body)
        self.reply(200, json.dumps({"statement_id": IDENTITY}).encode())

    def do_GET(self):
        number = self.path.rsplit("/", 1)[1]
        if self.path.startswith("/store/"):
            if "Authorization" in self.headers or self.headers.get("x-key") != "k" + number:
                self.reply(400, b"<Error/>", "application/xml")
            else:
                self.reply(200, stream_of(int(number)), "application/octet-stream")
        elif "/result/chunks/" in self.path:
            self.reply(200, json.dumps(self.link(int(number))).encode())
        elif "/warehouses" in self.path:
            self.reply(200, json.dumps({"warehouses": [
                {"id": "1f2e3d4c5b6a7988", "name": "w", "state": "RUNNING"}]}).encode())
        else:
            self.reply(200, json.dumps({
                "statement_id": IDENTITY, "status": {"state": "SUCCEEDED"},
                "manifest": {"format": "ARROW_STREAM", "total_chunk_count": CHUNKS,
                             "total_row_count": CHUNKS * ROWS, "schema": {"columns": [
                                 {"name": name, "type_name": "STRING"}
                                 for name in ("id", "price", "name")]}},
                "result": self.link(0)}).encode())


def main():
    lakehost, plugins, isolation = sys.argv[1:4]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as work:
        folder = pathlib.Path(work, "files")
        folder.mkdir()
        done = subprocess.run(
            [lakehost, "--set", "plugins.enabled=data", "--set", f"plugins.directories={plugins}",
             "--set", f"plugins.isolation={isolation}", "--set",
             f"plugins.transfer_dirs={folder}", "call", "execute_sql",
             json.dumps({"sql_query": "SELECT * FROM t", "to_file": "out", "format": "arrow"})],
            env={"PATH": os.environ["PATH"], "HOME": work, "XDG_STATE_HOME": work,
                 "DATABRICKS_HOST": f"http://127.0.0.1:{server.server_address[1]}",
                 "DATABRICKS_TOKEN": "dapi-arrow"}, capture_output=True, text=True, timeout=120)
        print(done.stdout + done.stderr)
        body = Handler.submitted[0]
        checks = [done.returncode == 0, body["format"] == "ARROW_STREAM",
                  body["disposition"] == "EXTERNAL_LINKS", "row_limit" not in body,
                  sorted(os.listdir(folder)) == [f"out.{k:04}.arrow" for k in range(CHUNKS)]]
        for k in range(CHUNKS):
            path = folder / f"out.{k:04}.arrow"
            with pyarrow.OSFile(str(path)) as file, pyarrow.ipc.open_stream(file) as reader:
                checks.append(reader.read_all().equals(table_of(k)))
            checks.append(path.read_bytes() == stream_of(k))
    for number, check in enumerate(checks):
        if not check:
            print(f"check {number} failed")
    print(f"{sum(checks)} passed, {len(checks) - sum(checks)} failed")
    return 0 if all(checks) else 1


if __name__ == "__main__":
    sys.exit(main())
