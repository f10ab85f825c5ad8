"""Compares the classifier of SQL with a real Spark.

Spark parses each statement. A query that calls none of the listed functions has to be found "read";
a command has to be found something else, unless it only shows. What is found "read" is then run,
and must change no table, file, function, view, setting or property of the Java machine. As a
control, what is found to write is run last: much of it has to be noticed. Works in the current
folder.
"""
import argparse
import hashlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile

from pyspark.sql import SparkSession

# Nodes that change something, though Spark has them as no commands.
COMMANDS = {"Call", "CompoundBody", "ExecuteImmediateQuery", "InsertIntoDir",
            "UnresolvedExecuteImmediate"}
# Commands that show, or end with the statement (USE).
SHOWING = re.compile(r"^(Show\w*|Describe\w*|Explain\w*|List(Files|Jars|Archives)Command"
                     r"|SetCatalogAndNamespace|SetCatalogCommand|SetNamespaceCommand)$")
# Queries that are no "read": they run code, name a function by an expression, or are not what
# Spark reads in the end.
OUTSIDE = re.compile(r"\b(reflect|try_reflect|java_method|from_protobuf|to_protobuf|http_request"
                     r"|remote_query|vector_search|read_kafka|read_kinesis|read_pubsub|read_pulsar"
                     r"|secret|try_secret|(try_)?ai_\w+)`?(\s|/\*.*?\*/)*\(", re.I)
COMPUTED = re.compile(r"identifier\s*\([^()]*\)\s*\(", re.I)
TEXTS = re.compile(r"'(?:\\.|[^'\\])*'|--[^\r\n]*|/\*(?:[^*/]|\*(?!/)|/(?!\*))*\*/", re.S)
REFERENCE = re.compile(r"\$\{\S+?\}", re.A)
SETUP = """
    CREATE TABLE t (a INT, b STRING) USING json; INSERT INTO t VALUES (1, 'x'), (2, 'y');
    CREATE TABLE u (a INT, c STRING) USING json; INSERT INTO u VALUES (1, 'z');
    CREATE DATABASE s; CREATE TABLE s.t (a INT) USING json; CREATE VIEW v AS SELECT 1 AS a;
    CREATE TEMP VIEW tv AS SELECT 1 AS a; CREATE FUNCTION f(x INT) RETURNS INT RETURN x + 1;
    CREATE FUNCTION s.g(x INT) RETURNS INT RETURN x + 1; DECLARE VARIABLE x INT DEFAULT 1
"""


def start():
    here = os.getcwd()
    spark = (SparkSession.builder.master("local[1]")
             .config("spark.ui.enabled", "false")
             .config("spark.sql.warehouse.dir", os.path.join(here, "warehouse"))
             .config("spark.local.dir", os.path.join(here, "local"))
             .config("spark.sql.catalogImplementation", "in-memory")
             .config("spark.sql.scripting.enabled", "true")
             .config("spark.sql.sources.default", "json")  # needs no native library
             .config("spark.sql.shuffle.partitions", "1")
             .getOrCreate())
    spark.sparkContext.setLogLevel("OFF")
    for statement in SETUP.split(";"):
        spark.sql(statement.strip())
    return spark


class Parser:
    def __init__(self, spark):
        self.jvm = spark.sparkContext._jvm
        self.parser = spark._jsparkSession.sessionState().sqlParser()
        base = "org.apache.spark.sql.catalyst.plans.logical."
        loader = self.jvm.java.lang.Thread.currentThread().getContextClassLoader()
        self.commands = [loader.loadClass(base + name) for name in
                         ("Command", "ParsedStatement")]

    def nodes(self, plan):
        yield plan
        children = plan.children()
        for i in range(children.size()):
            yield from self.nodes(children.apply(i))

    def kind(self, sql):
        """("rejected" | "query" | "command", name of the node that says so, text of the plan)"""
        try:
            plan = self.parser.parsePlan(sql)
        except Exception:  # whatever Spark says against it
            return "rejected", "", ""
        for node in self.nodes(plan):
            name = node.getClass().getSimpleName()
            if name in COMMANDS or any(command.isInstance(node) for command in self.commands):
                return "command", name, plan.toString()
        return "query", plan.getClass().getSimpleName(), plan.toString()


def only_shows(name, text):
    return SHOWING.match(name) or (name == "SetCommand" and
                                   re.match(r"SetCommand( \(.*,None\)| None)?\s*$", text, re.S))


def without_texts(sql):
    return TEXTS.sub(lambda match: "''" if match[0][0] == "'" else " ", sql)


def is_plain_query(sql, text):
    words = without_texts(without_texts(sql))  # comments nest
    return not (OUTSIDE.search(words) or COMPUTED.search(words) or REFERENCE.search(sql)
                or "ScriptTransformation" in text)


def files_below(folder):
    found = {}
    for path, _, names in os.walk(folder):
        for name in names:
            file = os.path.join(path, name)
            with open(file, "rb") as opened:
                found[file] = hashlib.sha256(opened.read()).hexdigest()
    return found


class World:
    """What a statement could change."""

    def __init__(self, spark):
        self.spark = spark
        self.session = spark._jsparkSession
        self.properties = spark.sparkContext._jvm.java.lang.System.getProperties
        self.now = self.look()

    def rows(self, sql):
        return sorted(str(row) for row in self.spark.sql(sql).collect())

    def look(self):
        databases = [row[0] for row in self.spark.sql("SHOW DATABASES").collect()]
        state = {"databases": databases, "settings": self.rows("SET"),
                 "functions": self.rows("SHOW USER FUNCTIONS"), "jars": self.rows("LIST JARS"),
                 "files": self.rows("LIST FILES"), "warehouse": files_below("warehouse"),
                 "properties": self.properties().toString(),
                 "uncached": self.session.sharedState().cacheManager().isEmpty()}
        for name in databases:
            state["tables of " + name] = self.rows("SHOW TABLES IN " + name)
            for row in self.spark.sql("SHOW TABLES IN " + name).collect():
                if not row.isTemporary:
                    table = f"{name}.{row.tableName}"
                    state[table] = [line for line in self.rows(f"DESCRIBE EXTENDED {table}")
                                    if "Last Access" not in line]
        return state

    def run(self, sql):
        """Whether it ran, and what it changed."""
        before, ran = self.now, True
        try:
            self.spark.sql(sql).collect()
        except Exception:
            ran = False
        self.session.catalog().setCurrentCatalog("spark_catalog")
        self.session.catalog().setCurrentDatabase("default")
        self.now = after = self.look()
        return ran, [key for key in {*before, *after} if before.get(key) != after.get(key)]


class Count:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, right, what, sql):
        if right:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAIL {what}: {sql!r}"[:300])


def judged(judge, lines):
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", dir=".") as file:
        for line in lines:
            file.write(json.dumps(line) + "\n")
        file.flush()
        answer = subprocess.run([judge, "--print", file.name], stdout=subprocess.PIPE, check=True)
    return [json.loads(line)["class"] for line in answer.stdout.splitlines()]


def compare(parser, lines, classes, count):
    """Counts {(what Spark says, what we say): n}."""
    table = {}
    for line, ours in zip(lines, classes):
        sql = line["sql"]
        kind, name, text = parser.kind(sql)
        if kind == "query":
            says = "query" if is_plain_query(sql, text) else "query that runs or reaches more"
            count.check((ours == "read") == (says == "query"), f"{says}, ours {ours}", sql)
        elif kind == "command":
            says = "shows" if only_shows(name, text) else "command"
            right = ours == "read" if says == "shows" else ours != "read"
            count.check(right or says == "shows" and is_stricter(line, name, text),
                        f"{says} {name}, ours {ours}", sql)
        else:
            says = "rejected"
        key = says, "read" if ours == "read" else "not read"
        table[key] = table.get(key, 0) + 1
    return table


def is_stricter(line, name, text):
    """May we refuse what only shows? It is LIST or SET, behind which Spark takes any text; it looks
    at a query that is refused; or it is EXPLAIN of what is neither a query nor changes rows or
    objects."""
    sql = line["sql"]
    if name == "SetCommand":
        return not re.match(r"\s*set(\s+(-v|`?\w[\w.]*`?))?[\s;]*$", without_texts(sql), re.I)
    return (name.startswith("List") or not is_plain_query(sql, text)
            or re.match(r"\s*explain\s+((logical|formatted|extended|codegen|cost)\s+)?(call|execute"
                        r"|explain|set|reset|add|cache|refresh|analyze|uncache|clear|begin)\b",
                        sql, re.I))


def run_reads(world, lines, classes, count):
    ran = 0
    for line, ours in zip(lines, classes):
        if ours == "read":
            done, changed = world.run(line["sql"])
            ran += done
            count.check(not changed, f"read, but changes {changed}", line["sql"])
    print(f"run as read: {ran} of {classes.count('read')} "
          "(the others name what is not there), none may change anything")


def run_control(world, lines, classes, count):
    """The world notices changes: most of what creates, changes or removes something is seen."""
    noticed = ran = 0
    for line, ours in zip(lines, classes):
        if ours in ("dml", "ddl", "admin") and not OUTSIDE.search(line["sql"]):
            done, changed = world.run(line["sql"])
            ran += done
            noticed += bool(changed)
    print(f"control: of {ran} that ran and are not read, {noticed} changed something")
    count.check(noticed >= 30, "the control notices too little", str(noticed))


PIECES = re.compile(r"""\w+|'(?:\\.|[^'\\])*'|`[^`]*`|/\*\+?|\*/|--|\s+|.""", re.S)
EXTRA = ["/*+", "*/", "/*", "--", "\n", "\r", "\\\n", "\\", "'", '"', "`", "r'", "(", ")", ",", ";",
         "$$", "INSERT INTO t ", "OVERWRITE ", "DELETE FROM t ", "WITH a AS (SELECT 1) ", "FROM t ",
         "USING 'x' ", "SELECT ", "MAP ", "TRANSFORM(a) ", "reflect(", "IDENTIFIER(", "|> ",
         "EXPLAIN ", "SET ", "\u0131", "\u017f", "\u00a0", "\u2028", "AS ", "RECURSIVE ",
         "VALUES (1) ", "TABLE t ", "DROP TABLE t", "h('*/') "]


def mutated(statements, n):
    """Statements made of pieces of others, the same ones every time."""
    chance = random.Random(7)
    pieces = [PIECES.findall(sql) for sql in statements if sql]
    for _ in range(n):
        made = list(chance.choice(pieces))
        for _ in range(chance.randint(1, 4)):
            at = chance.randint(0, len(made))
            act = chance.randrange(4)
            if act == 0:
                made[at:at] = [chance.choice(EXTRA)]
            elif act == 1:
                del made[at:at + chance.randint(1, 3)]
            elif act == 2:
                other = chance.choice(pieces)
                start = chance.randint(0, len(other))
                made[at:at] = other[start:start + chance.randint(1, 12)]
            else:
                made[at:] = chance.choice(pieces)
        yield "".join(made)


def show(title, table):
    print(title)
    for (says, ours), n in sorted(table.items()):
        print(f"  Spark: {says:32} ours: {ours:9} {n:5}")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("judge")
    arguments.add_argument("corpus", nargs="+")
    arguments.add_argument("--parse-only", action="store_true", help="run nothing")
    arguments.add_argument("--extra", help="a JSON list of statements that are only parsed")
    arguments.add_argument("--random", type=int, default=0, metavar="N",
                           help="parse N statements that are made of pieces of the corpus")
    options = arguments.parse_args()
    lines = []
    for path in options.corpus:
        with open(path, encoding="utf-8") as file:
            lines += [json.loads(line) for line in file]
    lines = [line for line in lines if line["judge"] == "spark"]
    classes = judged(options.judge, lines)
    spark = start()
    parser, count = Parser(spark), Count()
    print(f"Spark {spark.version}, {len(lines)} statements")
    show("corpus", compare(parser, lines, classes, count))
    if not options.parse_only:
        world = World(spark)
        run_reads(world, lines, classes, count)
        run_control(world, lines, classes, count)
    if options.extra:
        with open(options.extra, encoding="utf-8") as file:
            extra = [{"sql": sql} for sql in json.load(file)]
        show("extra", compare(parser, extra, judged(options.judge, extra), count))
    if options.random:
        made = [{"sql": sql} for sql in mutated([line["sql"] for line in lines], options.random)]
        show("random", compare(parser, made, judged(options.judge, made), count))
    print(f"{count.passed} passed, {count.failed} failed")
    sys.stdout.flush()
    os._exit(0 if count.failed == 0 and count.passed > 0 else 1)


main()
