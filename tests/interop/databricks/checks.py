# SPDX-License-Identifier: Apache-2.0
"""What the check_*.py modules are written with: a decorator, a client, a few assertions."""
import traceback

from databricks.sdk import WorkspaceClient

client = WorkspaceClient()
found = []


def check(function):
    """Makes a function one named check; it fails by raising."""
    found.append(function)
    return function


def equal(actual, wanted):
    if actual != wanted:
        raise AssertionError(f"{actual!r} should be {wanted!r}")


def refused(error, call, *arguments, **named):
    """Calls and demands this exception; returns it."""
    try:
        result = call(*arguments, **named)
    except error as caught:
        return caught
    raise AssertionError(f"no {error.__name__} but {result!r}")


def run_all():
    failed = 0
    for function in found:
        name = f"{function.__module__.removeprefix('check_')}: {function.__name__.replace('_', ' ')}"
        try:
            function()
            print(f"ok      {name}", flush=True)
        except Exception:
            failed += 1
            traceback.print_exc()
            print(f"FAILED  {name}", flush=True)
    print(f"{len(found) - failed} passed, {failed} failed")
    return 1 if failed or not found else 0
