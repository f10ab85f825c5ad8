# SPDX-License-Identifier: Apache-2.0
"""Runs the python of notebooks and commands for lakehost-sandbox, one process for each context.

Descriptor 3 is a socket to the sandbox that carries JSON lines. The sandbox sends {"op": "run"} or
{"op": "shell"} and gets, after any number of our own requests (SQL, secrets, other notebooks), one
{"op": "done"}. What code prints is collected here; the process's own output goes nowhere.
"""
import ast
import builtins
import collections
import datetime
import decimal
import json
import linecache
import os
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import traceback

MAX_OUTPUT = 1024 * 1024  # characters of one cell's output
MAX_ROWS = 1000  # rows of a displayed table
GIB = 1024 ** 3
RED, RESET, RULE = "\x1b[0;31m", "\x1b[0m", "-" * 75


class Channel:
    """Lines to and from the sandbox. A line is never torn by the signal that interrupts code."""

    def __init__(self, fd):
        self.socket = socket.socket(fileno=fd)
        self.poll = select.poll()
        self.poll.register(fd, select.POLLIN)
        self.buffer = bytearray()
        self.last_id = 0

    def send(self, message):
        line = json.dumps(message).encode() + b"\n"
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        self.socket.sendall(line)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

    def receive(self):
        while b"\n" not in self.buffer:
            self.poll.poll()
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            data = self.socket.recv(65536)
            self.buffer += data
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
            if not data:
                os._exit(0)
        line, _, rest = self.buffer.partition(b"\n")
        self.buffer = rest
        return json.loads(line)

    def ask(self, op, **members):
        """One request of ours; answers to requests that were interrupted are passed over."""
        self.last_id += 1
        self.send({"op": op, "id": self.last_id, **members})
        while True:
            answer = self.receive()
            if answer.get("id") == self.last_id:
                break
        if answer.get("error") is not None:
            raise Failure(op, answer["error"])
        return answer


channel = Channel(3)


class Failure(Exception):
    """A request that the sandbox refused; the name of the exception says what was asked."""

    def __init__(self, op, text):
        super().__init__(text)
        self.op = op


class AnalysisException(Exception):
    """SQL that the engine refused."""


class NotebookExit(BaseException):
    """dbutils.notebook.exit was called."""


class Output:
    """Standard output and error of the code: kept up to a limit, secrets blotted out."""

    encoding, errors = "utf-8", "replace"

    def __init__(self):
        self.clear()

    def clear(self):
        self.parts, self.size, self.truncated = [], 0, False

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        room = MAX_OUTPUT - self.size
        if len(text) > room:
            self.truncated = True
        if room > 0:
            self.parts.append(text[:room])
            self.size += len(self.parts[-1])
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def flush(self):
        pass

    def isatty(self):
        return False

    def fileno(self):
        raise OSError("the output of a notebook has no file descriptor")

    def text(self):
        return redact("".join(self.parts))


output = Output()
secrets = set()
state = {"table": None, "html": None, "running": False}
hello = {}


def redact(text):
    for value in secrets:
        text = text.replace(value, "[REDACTED]")
    return text


# ---- spark ----


def from_text(text, type_name):
    """A cell as Python's value of that type."""
    if text is None:
        return None
    if type_name in ("LONG", "INT", "SHORT", "BYTE"):
        return int(text)
    if type_name in ("DOUBLE", "FLOAT"):
        return float(text)
    if type_name == "DECIMAL":
        return decimal.Decimal(text)
    if type_name == "BOOLEAN":
        return text == "true"
    if type_name == "DATE":
        return datetime.date.fromisoformat(text)
    if type_name in ("TIMESTAMP", "TIMESTAMP_NTZ"):
        return datetime.datetime.fromisoformat(text.replace("Z", "")).replace(tzinfo=None)
    if type_name in ("ARRAY", "MAP", "STRUCT"):
        return json.loads(text)
    return text


def literal(value):
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, decimal.Decimal)):
        return str(value)
    if isinstance(value, datetime.datetime):
        return f"TIMESTAMP '{value.isoformat(' ')}'"
    if isinstance(value, datetime.date):
        return f"DATE '{value.isoformat()}'"
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"


def quoted(name):
    return "`" + str(name).replace("`", "``") + "`"


class Row(tuple):
    """A row: by position, by row["name"] and by row.name."""

    def __new__(cls, names, values):
        row = super().__new__(cls, values)
        row.__dict__["__fields__"] = list(names)
        return row

    def __getitem__(self, key):
        if isinstance(key, str):
            try:
                key = self.__fields__.index(key)
            except ValueError:
                raise ValueError(key) from None
        return super().__getitem__(key)

    def __getattr__(self, name):
        if name.startswith("__") or name not in self.__fields__:
            raise AttributeError(name)
        return self[name]

    def asDict(self, recursive=False):
        return dict(zip(self.__fields__, self))

    def __repr__(self):
        return "Row(" + ", ".join(f"{n}={v!r}" for n, v in zip(self.__fields__, self)) + ")"


class Writer:
    def __init__(self, frame):
        self.frame, self.how = frame, "error"

    def mode(self, how):
        self.how = how
        return self

    def format(self, _):
        return self

    def option(self, *_):
        return self

    def saveAsTable(self, name):
        query = self.frame.query
        if self.how == "append":
            spark.sql(f"INSERT INTO {name} {query}")
        elif self.how == "overwrite":
            spark.sql(f"CREATE OR REPLACE TABLE {name} AS {query}")
        elif self.how == "ignore":
            spark.sql(f"CREATE TABLE IF NOT EXISTS {name} AS {query}")
        else:
            spark.sql(f"CREATE TABLE {name} AS {query}")


class DataFrame:
    """The result of a query. Only what can be said in SQL; the rest belongs into spark.sql()."""

    def __init__(self, query, args=None):
        self.query, self.args, self.fetched = query, args, None

    def fetch(self):
        if self.fetched is None:
            try:
                self.fetched = channel.ask("sql", query=self.query, args=self.args or {})
            except Failure as failure:
                raise AnalysisException(str(failure)) from None
        return self.fetched

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(f"the sandbox's DataFrame has no '{name}': say it in spark.sql(...)")

    def derived(self, query):
        for part in query if isinstance(query, tuple) else ():
            if not isinstance(part, str):
                raise TypeError("the sandbox takes SQL text here, not Column objects")
        return DataFrame("".join(query), self.args)

    @property
    def columns(self):
        return [c["name"] for c in self.fetch()["columns"]]

    @property
    def dtypes(self):
        return [(c["name"], c["type_text"].lower()) for c in self.fetch()["columns"]]

    @property
    def write(self):
        return Writer(self)

    def collect(self):
        data = self.fetch()
        if data["truncated"]:
            raise MemoryError(f"the sandbox collects at most {len(data['rows'])} rows; add a LIMIT")
        return self.rows()

    def rows(self):
        data = self.fetch()
        names, types = self.columns, [c["type_name"] for c in data["columns"]]
        return [Row(names, [from_text(v, t) for v, t in zip(r, types)]) for r in data["rows"]]

    def count(self):
        data = self.fetch()
        if not data["truncated"]:
            return len(data["rows"])
        return DataFrame(f"SELECT COUNT(*) AS n FROM ({self.query})", self.args).rows()[0][0]

    def head(self, n=None):
        rows = self.rows()[: 1 if n is None else n]
        return rows if n is not None else rows[0] if rows else None

    def take(self, n):
        return self.head(n)

    def first(self):
        return self.head()

    def isEmpty(self):
        return not self.fetch()["rows"]

    def limit(self, n):
        return self.derived(f"SELECT * FROM ({self.query}) LIMIT {int(n)}")

    def filter(self, condition):
        return self.derived((f"SELECT * FROM ({self.query}) WHERE ", condition))

    where = filter

    def select(self, *names):
        return self.selectExpr(*[n if n == "*" else quoted(n) for n in names])

    def selectExpr(self, *expressions):
        parts = (", ".join(map(str, expressions)),)
        return self.derived(("SELECT ", *parts, f" FROM ({self.query})"))

    def orderBy(self, *names):
        return self.derived(f"SELECT * FROM ({self.query}) ORDER BY {', '.join(map(str, names))}")

    sort = orderBy

    def distinct(self):
        return self.derived(f"SELECT DISTINCT * FROM ({self.query})")

    def createOrReplaceTempView(self, name):
        spark.views[name] = self.query

    def cache(self):
        return self

    def printSchema(self):
        print("root")
        for name, kind in self.dtypes:
            print(f" |-- {name}: {kind} (nullable = true)")

    def toPandas(self):
        import pandas

        return pandas.DataFrame([list(r) for r in self.collect()], columns=self.columns)

    def show(self, n=20, truncate=True):
        data = self.fetch()
        width = 20 if truncate is True else int(truncate) or None
        cells = [self.columns] + [["NULL" if v is None else v for v in r] for r in data["rows"][:n]]
        if width:
            cells = [[v if len(v) <= width else v[: width - 3] + "..." for v in r] for r in cells]
        sizes = [max(3, *(len(r[i]) for r in cells)) for i in range(len(self.columns))]
        rule = "+" + "+".join("-" * s for s in sizes) + "+"
        lines = ["|" + "|".join(v.rjust(s) for v, s in zip(r, sizes)) + "|" for r in cells]
        print("\n".join([rule, lines[0], rule, *lines[1:], rule]))
        if len(data["rows"]) > n:
            print(f"only showing top {n} rows")

    def __repr__(self):
        return f"DataFrame[{', '.join(f'{n}: {t}' for n, t in self.dtypes)}]"


class Spark:
    version = "3.5.2"

    def __init__(self):
        self.views = {}

    def sql(self, text, args=None):
        text = text.strip().rstrip(";")
        used = [n for n in self.views if n in text]
        if used and text.split(None, 1)[0].upper() == "SELECT":
            text = "WITH " + ", ".join(f"{n} AS ({self.views[n]})" for n in used) + " " + text
        frame = DataFrame(text, {k: str(v) for k, v in (args or {}).items()})
        frame.fetch()
        return frame

    def table(self, name):
        return self.sql(f"SELECT * FROM {name}")

    def range(self, *bounds):
        return self.sql(f"SELECT id FROM range({', '.join(str(int(b)) for b in bounds)})")

    def createDataFrame(self, data, schema=None):
        rows = [list(r.values()) if isinstance(r, dict) else list(r) for r in data]
        if schema is None and data and isinstance(data[0], dict):
            schema = list(data[0])
        if not rows or schema is None:
            raise ValueError("the sandbox needs rows, and dicts or the names of the columns")
        names = [n.split()[0] for n in (schema.split(",") if isinstance(schema, str) else schema)]
        lines = [
            "SELECT " + ", ".join(f"{literal(v)} AS {quoted(n)}" for v, n in zip(r, names))
            for r in rows
        ]
        return DataFrame(" UNION ALL ".join(lines))

    def __getattr__(self, name):
        raise AttributeError(f"the sandbox's spark has sql, table, range, createDataFrame; no '{name}'")


spark = Spark()

# ---- dbutils ----

FileInfo = collections.namedtuple("FileInfo", "path name size modificationTime")


class Widgets:
    def __init__(self):
        self.values, self.defaults = {}, {}

    def text(self, name, defaultValue="", label=None):
        self.defaults[name] = str(defaultValue)

    def dropdown(self, name, defaultValue, choices, label=None):
        self.text(name, defaultValue)

    combobox = multiselect = dropdown

    def get(self, name):
        if name in self.values:
            return self.values[name]
        if name in self.defaults:
            return self.defaults[name]
        raise Exception(f"InputWidgetNotDefined: No input widget named {name} is defined")

    def getArgument(self, name, default=None):
        return self.values.get(name, self.defaults.get(name, default))

    def getAll(self):
        return {**self.defaults, **self.values}

    def remove(self, name):
        self.defaults.pop(name, None)

    def removeAll(self):
        self.defaults.clear()


class Files:
    """dbutils.fs over the folders that hold DBFS and the volumes."""

    def local(self, path):
        path = path[5:] if path.startswith("dbfs:") else path
        if path.startswith("/Volumes/"):
            top, rest = hello["volumes"], path[len("/Volumes/"):]
        else:
            top, rest = hello["dbfs"], path.lstrip("/")
        found = os.path.realpath(os.path.join(top, rest))
        if os.path.commonpath([found, os.path.realpath(top)]) != os.path.realpath(top):
            raise PermissionError(path)
        return found

    def ls(self, path):
        there, shown = self.local(path), path if ":" in path else "dbfs:" + path
        if not os.path.exists(there):
            raise FileNotFoundError(f"java.io.FileNotFoundException: No such file or directory {path}")
        names = sorted(os.listdir(there)) if os.path.isdir(there) else [""]
        found = []
        for name in names:
            full = os.path.join(there, name) if name else there
            folder = os.path.isdir(full)
            label = (name or os.path.basename(there)) + ("/" if folder else "")
            at = shown.rstrip("/") + ("/" + label if name else "")
            found.append(FileInfo(at, label, 0 if folder else os.path.getsize(full),
                                  int(os.path.getmtime(full) * 1000)))
        return found

    def head(self, path, maxBytes=65536):
        with open(self.local(path), "rb") as file:
            return file.read(maxBytes).decode(errors="replace")

    def put(self, path, contents, overwrite=False):
        there = self.local(path)
        os.makedirs(os.path.dirname(there), exist_ok=True)
        with open(there, "w" if overwrite else "x") as file:
            file.write(contents)
        print(f"Wrote {len(contents.encode())} bytes.")
        return True

    def mkdirs(self, path):
        os.makedirs(self.local(path), exist_ok=True)
        return True

    def rm(self, path, recurse=False):
        there = self.local(path)
        if not os.path.exists(there):
            return False
        if os.path.isdir(there) and recurse:
            shutil.rmtree(there)
        elif os.path.isdir(there):
            os.rmdir(there)
        else:
            os.remove(there)
        return True

    def cp(self, source, target, recurse=False):
        (shutil.copytree if recurse else shutil.copyfile)(self.local(source), self.local(target))
        return True

    def mv(self, source, target, recurse=False):
        shutil.move(self.local(source), self.local(target))
        return True


class Secrets:
    def get(self, scope, key):
        value = channel.ask("secret", scope=scope, key=key)["value"]
        if value:
            secrets.add(value)
        return value


class Notebook:
    def exit(self, value=""):
        raise NotebookExit(str(value))

    def run(self, path, timeout_seconds=0, arguments=None):
        arguments = {k: str(v) for k, v in (arguments or {}).items()}
        return channel.ask("notebook", path=path, timeout=timeout_seconds, arguments=arguments)["value"]


class TaskValues:
    def set(self, key, value):
        channel.ask("task_value_set", key=key, value=json.loads(json.dumps(value)))

    def get(self, taskKey, key, default=None, debugValue=None):
        answer = channel.ask("task_value_get", task=taskKey, key=key)
        if "value" in answer:
            return answer["value"]
        if default is None:
            raise ValueError(f"Task value with key '{key}' of task '{taskKey}' does not exist")
        return default


class Jobs:
    taskValues = TaskValues()


class Dbutils:
    widgets, fs, secrets, notebook, jobs = Widgets(), Files(), Secrets(), Notebook(), Jobs()

    def __getattr__(self, name):
        raise AttributeError(f"the sandbox's dbutils has no '{name}'")


dbutils = Dbutils()


def display(value=None, *_, **__):
    """A table where there is one, else its text."""
    if hasattr(value, "to_dict") and hasattr(value, "columns"):  # a pandas DataFrame
        names = [str(c) for c in value.columns]
        rows = [[None if v is None else str(v) for v in r] for r in value.itertuples(index=False)]
        data = {"columns": [{"name": n, "type_text": "STRING", "type_name": "STRING"} for n in names],
                "rows": rows, "truncated": False}
    elif isinstance(value, DataFrame):
        data = value.fetch()
    elif isinstance(value, (list, tuple)) and value and isinstance(value[0], (Row, FileInfo)):
        names = getattr(value[0], "__fields__", None) or value[0]._fields
        data = {"columns": [{"name": n, "type_text": "STRING", "type_name": "STRING"} for n in names],
                "rows": [[None if v is None else str(v) for v in r] for r in value],
                "truncated": False}
    else:
        print(value)
        return
    rows = [[v if v is None else redact(v) for v in r] for r in data["rows"][:MAX_ROWS]]
    state["table"] = {"columns": data["columns"], "rows": rows,
                      "truncated": data["truncated"] or len(data["rows"]) > MAX_ROWS}


def displayHTML(html):
    state["html"] = redact(str(html))


# ---- running code ----

namespace = {
    "__name__": "__main__", "__builtins__": builtins, "spark": spark, "dbutils": dbutils,
    "display": display, "displayHTML": displayHTML, "getArgument": dbutils.widgets.getArgument,
    "AnalysisException": AnalysisException,
}


def run_code(message):
    """Runs a cell; the value of a last expression is shown as in a notebook."""
    name = message.get("name", "<command>")
    code = message["code"]
    linecache.cache[name] = (len(code), None, code.splitlines(True), name)
    tree = ast.parse(code, name)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr) and not code.rstrip().endswith(";"):
        last = ast.Expression(tree.body.pop().value)
    exec(compile(tree, name, "exec"), namespace)
    if last is not None:
        value = eval(compile(last, name, "eval"), namespace)
        if isinstance(value, DataFrame):
            print(value)
        elif value is not None:
            print(repr(value))


def run_script(message):
    """A python file of a job: __main__ with its own arguments."""
    sys.argv = [message["name"], *message.get("argv", [])]
    namespace["__file__"] = message["name"]
    try:
        exec(compile(message["code"], message["name"], "exec"), namespace)
    except SystemExit as leave:
        if leave.code not in (None, 0):
            raise


def run_shell(message):
    done = subprocess.run(["sh", "-c", message["code"]], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    print(done.stdout.decode(errors="replace"), end="")
    if done.returncode:
        raise RuntimeError(f"the shell command ended with exit code {done.returncode}")


def describe(error):
    """What the notebook shows of an error: without this file's frames, in the usual colours."""
    kind = type(error).__name__
    told = traceback.TracebackException.from_exception(error)
    told.stack = traceback.StackSummary.from_list(f for f in told.stack if f.filename != __file__)
    text = "".join(list(told.format())[:-1]).rstrip()
    head = f"{RED}{RULE}{RESET}\n{RED}{kind}{RESET}{' ' * 10}"
    return {"status": "error", "ename": kind, "evalue": redact(str(error)),
            "trace": redact(head + text + f"\n{RED}{kind}{RESET}: {error}")}


RUNNERS = {"run": run_code, "script": run_script, "shell": run_shell}


def run(message):
    output.clear()
    state.update(table=None, html=None, running=True)
    try:
        RUNNERS[message["op"]](message)
        answer = {"status": "ok"}
    except NotebookExit as leave:
        answer = {"status": "exit", "value": redact(str(leave))}
    except KeyboardInterrupt:
        answer = {"status": "interrupted"}
    except BaseException as error:  # whatever code raises is its own result
        answer = describe(error)
    state["running"] = False
    answer.update(op="done", text=output.text(), truncated=output.truncated)
    for kind in ("table", "html"):
        if state[kind] is not None:
            answer[kind] = state[kind]
    return answer


def on_interrupt(_signal, _frame):
    if state["running"]:
        raise KeyboardInterrupt


def watch():
    """Ends the whole process group when the sandbox is gone, whatever code is doing."""
    poll = select.poll()
    poll.register(3, select.POLLRDHUP | select.POLLHUP)
    while not poll.poll():
        pass
    os.killpg(0, signal.SIGKILL)


def main():
    signal.signal(signal.SIGINT, on_interrupt)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (4 * GIB, 4 * GIB))
    resource.setrlimit(resource.RLIMIT_FSIZE, (GIB, GIB))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    threading.Thread(target=watch, daemon=True).start()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    sys.stdout = sys.stderr = output
    while True:
        message = channel.receive()
        if message["op"] == "hello":
            hello.update(message)
            dbutils.widgets.values.update(message.get("widgets") or {})
        elif message["op"] in RUNNERS:
            channel.send(run(message))


main()
