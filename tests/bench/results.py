#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A large result to a file: time and memory of the host, beside curl with the same links.

    tests/bench/results.py LAKEHOST SANDBOX FOLDER-OF-PLUGINS [ROWS]

The local workspace runs a statement with ROWS rows (5,000,000) first. Then the host writes them to a
file, while its memory is read ten times a second; and curl saves all chunks, one after the other.
Run it by name. The result is a table.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "wire"))
import results as wire  # noqa: E402

MIB = 1 << 20


def statement(sandbox, rows):
    """The id of a statement that has succeeded, with its rows behind links."""
    warehouse = sandbox.ask("GET", "/api/2.0/sql/warehouses")["warehouses"][0]["id"]
    found = sandbox.ask("POST", "/api/2.0/sql/statements", {
        "statement": wire.rows_sql(rows), "warehouse_id": warehouse, "wait_timeout": "0s",
        "disposition": "EXTERNAL_LINKS", "format": "JSON_ARRAY"})["statement_id"]
    while True:
        reply = sandbox.ask("GET", f"/api/2.0/sql/statements/{found}")
        if reply["status"]["state"] not in ("PENDING", "RUNNING"):
            return found, reply["manifest"]
        time.sleep(0.2)


def curl(sandbox, found, manifest, folder):
    lines = []
    for k in range(manifest["total_chunk_count"]):
        link = sandbox.ask("GET", f"/api/2.0/sql/statements/{found}/result/chunks/{k}")[
            "external_links"][0]
        lines.append(f'url = "{link["external_link"]}"\noutput = "{folder}/{k}"\nfail\nsilent\n')
        lines += [f'header = "{n}: {v}"\n' for n, v in link["http_headers"].items()]
        lines.append("next\n")
    config = folder / "curl.conf"
    config.write_text("".join(lines[:-1]))
    begun = time.monotonic()
    subprocess.run(["curl", "-K", str(config)], check=True)
    return time.monotonic() - begun


def memory(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) * 1024


def host(t, found, rows):
    """Seconds, and (time, memory, bytes of the file) over time."""
    process, name = t.host.process, "out.csv"
    t.host.call("execute_sql", sql_query=wire.rows_sql(3000), to_file="warm.csv")
    seen, begun = [], time.monotonic()
    t.host.begin("get_statement_result", statement_id=found, to_file=name, wait_s=50)
    os.set_blocking(process.stdout.fileno(), False)
    text = b""
    while True:
        try:
            text += os.read(process.stdout.fileno(), 1 << 16)
        except BlockingIOError:
            pass
        now = time.monotonic() - begun
        size = sum(p.stat().st_size for p in t.folder.iterdir() if p.name.endswith(".part"))
        seen.append((now, memory(process.pid), size))
        if b"\n" in text:
            answer = json.loads(text)["result"]["content"][0]["text"]
            text = b""
            if f"Wrote {rows} rows" in answer:
                return now, seen
            if "Next:" not in answer:
                raise SystemExit(answer)
            t.host.begin("get_statement_result", statement_id=found, to_file=name, wait_s=50)
        time.sleep(0.1)


def main():
    rows = int(sys.argv[4]) if len(sys.argv) > 4 else 5000000
    with tempfile.TemporaryDirectory() as work:
        t = wire.Setup(sys.argv[1:4] + ["none"], work)
        t.sandbox.settings(rows_per_chunk=50000, link_ttl_s=900)
        found, manifest = statement(t.sandbox, rows)
        size = sum(chunk["byte_count"] for chunk in manifest["chunks"])
        print(f"{rows} rows, {size / 1e6:.0f} MB of JSON in {manifest['total_chunk_count']} chunks")
        seconds, seen = host(t, found, rows)
        print("| second | memory (MiB) | file (MB) |\n|---|---|---|")
        for now, used, written in seen[::max(1, len(seen) // 12)]:
            print(f"| {now:.1f} | {used / MIB:.1f} | {written / 1e6:.0f} |")
        growth = max(used for _, used, _ in seen) - seen[0][1]
        written = (t.folder / "out.csv").stat().st_size
        saved = pathlib.Path(work, "curl")
        saved.mkdir()
        other = curl(t.sandbox, found, manifest, saved)
        print(f"host: {seconds:.1f} s, {size / 1e6 / seconds:.0f} MB/s of JSON, a file of "
              f"{written / 1e6:.0f} MB, memory grew by {growth / MIB:.1f} MiB")
        print(f"curl: {other:.1f} s, {size / 1e6 / other:.0f} MB/s, without conversion")
        t.host.end(kill=True)
        t.sandbox.process.terminate()
        t.sandbox.process.wait()
        shutil.rmtree(saved)


if __name__ == "__main__":
    main()
