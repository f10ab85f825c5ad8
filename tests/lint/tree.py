"""The files of the source tree that the checks in this folder look at."""
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PRUNED = {".git", "build", "node_modules", "__pycache__", ".cache"}


def files(*suffixes, below=""):
    """Paths relative to the top, sorted; all files when no suffix is named."""
    found = []
    for folder, folders, names in os.walk(os.path.join(ROOT, below)):
        folders[:] = [name for name in folders if name not in PRUNED]
        for name in names:
            path = os.path.join(folder, name)
            if name.endswith(suffixes or "") and not os.path.islink(path):
                found.append(os.path.relpath(path, ROOT))
    return sorted(found)


def lines(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", newline="") as file:
        return file.read().split("\n")


class Findings:
    """Collects what is wrong; says it as file:line: message and ends the program with 0 or 1."""

    def __init__(self):
        self.count = 0

    def add(self, path, line, message):
        self.count += 1
        print(f"{path}:{line}: {message}")

    def end(self, looked_at):
        if looked_at == 0:
            print("nothing to look at: is this the source tree?")
        sys.exit(1 if self.count or looked_at == 0 else 0)
