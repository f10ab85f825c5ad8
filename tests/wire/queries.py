#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Queries of kept results, compared with Python's decimal module and with SQLite.

    tests/wire/queries.py LAKEHOST FOLDER-OF-PLUGINS ISOLATION

A small workspace has generated rows of several types, every second chunk behind a link. Each question
is asked twice: of the host, and of the other program with the same rows.
"""
import decimal
import http.server
import json
import operator
import os
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading

COLUMNS = [("id", "LONG"), ("amount", "DECIMAL"), ("the city", "STRING"), ("ok", "BOOLEAN"),
           ("ratio", "DOUBLE"), ("day", "DATE")]
NAMES = [name for name, _ in COLUMNS]
CITIES = ("Rome", "Oslo", 'a "quoted", one', "line\nbreak", "", "Zürich €😀")
CHUNK = 400
NULLS = 0.1     # how many of the cells are NULL
WHOLE = 5000    # more rows than any result here has
OPERATORS = {"=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
             ">=": operator.ge}
# 2^53 + 1, which a double cannot have, and more digits than 64 bits have
NUMBERS = ("0", "-1.5", "9007199254740993", "1234567890123456789012345678.0000000001")
TOKEN = "dapi" + "0123456789abcdef" * 2
decimal.getcontext().prec = 100


def generated(seed, count):
    take = random.Random(seed)
    rows = []
    for _ in range(count):
        whole = take.randrange(0, 10 ** take.choice((1, 3, 28)))
        row = [str(take.choice((2**53, 2**63 - 1000, -2**53, 0, 7)) + take.randrange(0, 9)),
               f"{take.choice(('', '-'))}{whole}.{take.randrange(0, 10 ** 10):010d}",
               take.choice(CITIES), take.choice(("true", "false")), repr(take.uniform(-1e6, 1e6)),
               f"20{take.randrange(0, 99):02d}-{take.randrange(1, 13):02d}-11"]
        rows.append([None if take.random() < NULLS else cell for cell in row])
    return rows


class Workspace:
    """One finished statement with these rows."""

    def __init__(self, rows):
        self.rows = rows
        self.chunks = [rows[at:at + CHUNK] for at in range(0, len(rows), CHUNK)] or [[]]
        workspace = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True    # else each reply waits 40 ms for an acknowledgement

            def do_GET(self):
                data = workspace.reply(self.path)
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def part(self, at):
        more = {"next_chunk_index": at + 1} if at + 1 < len(self.chunks) else {}
        if at % 2 == 0:
            return {"chunk_index": at, "data_array": self.chunks[at], **more}
        return {"external_links": [{"chunk_index": at, "external_link": f"{self.url}/link/{at}", **more}]}

    def reply(self, path):
        link, chunk = re.fullmatch(r"/link/(\d+)", path), re.search(r"/result/chunks/(\d+)", path)
        if link:
            return json.dumps(self.chunks[int(link[1])]).encode()
        if chunk:
            return json.dumps(self.part(int(chunk[1])), ensure_ascii=False).encode()
        columns = [{"name": name, "type_name": kind} for name, kind in COLUMNS]
        return json.dumps({
            "statement_id": "s1", "status": {"state": "SUCCEEDED"}, "result": self.part(0),
            "manifest": {"total_row_count": len(self.rows), "total_chunk_count": len(self.chunks),
                         "schema": {"columns": columns}}}).encode()


class Host:
    def __init__(self, program, plugins, isolation, workspace, home):
        options = ("plugins.enabled=data", f"plugins.directories={plugins}", f"plugins.isolation={isolation}",
                   f"results.rows={WHOLE}", "results.text=4000000")
        self.process = subprocess.Popen(
            [program, *(word for option in options for word in ("--set", option))], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": home, "XDG_STATE_HOME": home, "DATABRICKS_HOST": workspace.url,
                 "DATABRICKS_TOKEN": TOKEN})
        self.id = 0
        self.request("initialize", protocolVersion="2025-11-25", capabilities={},
                     clientInfo={"name": "queries", "version": "1"})
        self.send(method="notifications/initialized")

    def send(self, **message):
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.process.stdin.flush()

    def request(self, method, **params):
        self.id += 1
        self.send(id=self.id, method=method, params=params)
        for line in self.process.stdout:
            message = json.loads(line)
            if message.get("id") == self.id:
                return message["result"]
        raise AssertionError("the host has ended")

    def rows(self, **arguments):
        """The rows of the answer, each a list of cells."""
        result = self.request("tools/call", name="get_result_page", arguments={
            "statement_id": "s1", "format": "json", "row_limit": WHOLE, **arguments})
        text = result["content"][0]["text"]
        if result.get("isError"):
            raise AssertionError(text)
        return [list(row.values()) for row in json.loads(text[:text.rindex("]") + 1])]

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def exact(cell):
    return None if cell is None else decimal.Decimal(str(cell))


class Comparison:
    def __init__(self, host, rows):
        self.host = host
        self.rows = [dict(zip(NAMES, row)) for row in rows]
        self.passed = self.failed = 0
        self.sqlite = sqlite3.connect(":memory:")
        self.sqlite.execute("create table r(id integer, amount text, city text, ok text, ratio real, day text)")
        self.sqlite.executemany("insert into r values(?,?,?,?,?,?)", [
            [row[0] and int(row[0]), *row[1:4], row[4] and float(row[4]), row[5]] for row in rows])

    def check(self, question, got, wanted):
        if got == wanted:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED  {question}: {str(got)[:300]}; it must be {str(wanted)[:300]}")

    def filters(self):
        for column in ("id", "amount"):
            given = [row[column] for row in self.rows if row[column] is not None][:3]
            for value in (*given, *NUMBERS):
                for name, holds in OPERATORS.items():
                    got = self.host.rows(columns=["id", "amount"], filter=[f"{column} {name} {value}"])
                    wanted = [[exact(row["id"]), exact(row["amount"])] for row in self.rows
                              if row[column] is not None and holds(exact(row[column]), exact(value))]
                    self.check(f"{column} {name} {value}", [list(map(exact, row)) for row in got], wanted)
        for test in ("is null", "is not null"):
            got = self.host.rows(aggregate=["count"], filter=[f"the city {test}", "day >= 2050-01-01"])
            wanted = self.sqlite.execute(f"select count(*) from r where city {test} and day>='2050-01-01'")
            self.check(f"the city {test}", int(got[0][0]), wanted.fetchone()[0])
        got = self.host.rows(aggregate=["count"], filter=["the city contains OS"])
        wanted = self.sqlite.execute("select count(*) from r where city like '%OS%'")
        self.check("contains", int(got[0][0]), wanted.fetchone()[0])

    def orders(self):
        for column in ("id", "amount"):
            for down in (False, True):
                ordered = sorted(self.rows, reverse=down, key=lambda row: (
                    row[column] is not None, exact(row[column] or 0)))    # equal rows keep their order
                for limit in (1, 7, WHOLE):
                    got = self.host.rows(columns=[column, "day"], row_limit=limit,
                                         order_by=[column + (" desc" if down else "")])
                    self.check(f"order by {column}, descending: {down}, {limit} rows",
                               [[exact(cell), day] for cell, day in got],
                               [[exact(row[column]), row["day"]] for row in ordered[:limit]])

    def pages(self):
        order = {"columns": ["id"], "order_by": ["amount", "id desc"]}
        pages = []
        for at in range(0, max(len(self.rows), 1), 333):
            pages += self.host.rows(**order, row_limit=333, page_token=str(at))
        self.check("pages", pages, self.host.rows(**order))

    def groups(self):
        got = self.host.rows(group_by=["the city", "ok"], order_by=["the city", "ok"], aggregate=[
            "count", "count(id)", "min(id)", "max(id)", "nulls(amount)", "distinct(day)", "min(day)",
            "max(ratio)"])
        wanted = self.sqlite.execute(
            "select city, ok, count(*), count(id), min(id), max(id), sum(amount is null), "
            "count(distinct day), min(day), max(ratio) from r group by city, ok order by city, ok")

        def alike(row):
            return [row[0], row[1] if row[1] is None else str(row[1]).lower(), *map(exact, row[2:8]), row[8],
                    row[9] if row[9] is None else float(row[9])]
        self.check("groups", [alike(row) for row in got], [alike(row) for row in wanted])

    def of_city(self, city, column, compute):
        values = [exact(row[column]) for row in self.rows if row["the city"] == city and row[column] is not None]
        return compute(values) if values else None

    def sums(self):
        got = self.host.rows(group_by=["the city"], order_by=["the city desc"], aggregate=[
            "sum(amount)", "sum(id)", "min(amount)", "max(amount)", "avg(ratio)"])
        cities = sorted({row["the city"] for row in self.rows}, reverse=True,
                        key=lambda city: (city is not None, (city or "").encode()))
        wanted = [[city, self.of_city(city, "amount", sum), self.of_city(city, "id", sum),
                   self.of_city(city, "amount", min), self.of_city(city, "amount", max)] for city in cities]
        self.check("sums", [[row[0], *map(exact, row[1:5])] for row in got], wanted)
        for row, city in zip(got, cities):
            mean = self.of_city(city, "ratio", lambda values: float(sum(values) / len(values)))
            near = row[5] is None if mean is None else abs(float(row[5]) - mean) <= 1e-9 * max(1, abs(mean))
            self.check(f"the mean of {city!r}", near, True)


def main():
    lakehost, plugins, isolation = sys.argv[1:4]
    passed = failed = 0
    for seed, count in enumerate((0, 1, CHUNK, CHUNK + 1, 2350)):
        rows = generated(seed, count)
        with tempfile.TemporaryDirectory() as home:
            host = Host(lakehost, plugins, isolation, Workspace(rows), home)
            comparison = Comparison(host, rows)
            comparison.filters()
            comparison.orders()
            comparison.pages()
            comparison.groups()
            comparison.sums()
            host.end()
        passed += comparison.passed
        failed += comparison.failed
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
