"""The reply types of the official Python SDK, and the table of tests/facts/fields that decides for
each of their fields whether an answer shows it."""
import dataclasses
import enum
import functools
import importlib
import inspect
import json
import pathlib
import re
import typing

LEFT_OUT = 'left out: '
LEVELS = {'concise': 0, 'full': 1}
HIDDEN = 2


@functools.cache
def load(name):
    """The class "jobs.Run" of the SDK; None when there is none."""
    module, _, kind = name.partition('.')
    try:
        return getattr(importlib.import_module('databricks.sdk.service.' + module), kind, None)
    except ModuleNotFoundError:
        return None


def name_of(kind):
    return kind.__module__.rsplit('.', 1)[1] + '.' + kind.__name__


@functools.cache
def wire_names(kind):
    """{field: its name in JSON} of a class."""
    return dict(re.findall(r'if self\.(\w+)(?: is not None)?:\s+body\["([^"]+)"\]',
                           inspect.getsource(kind.as_dict)))


@functools.cache
def hints(kind):
    """{field: type} of a class, in its order."""
    module = importlib.import_module(kind.__module__)
    return typing.get_type_hints(kind, vars(module), {})


def bare(hint):
    """X of Optional[X]."""
    inner = [part for part in typing.get_args(hint) if part is not type(None)]
    return inner[0] if typing.get_origin(hint) is typing.Union and len(inner) == 1 else hint


def inner_class(hint):
    """The class of the SDK in Optional[X], List[X], Dict[str, X]; else None."""
    hint = bare(hint)
    if dataclasses.is_dataclass(hint) and 'databricks.sdk.service' in hint.__module__:
        return hint
    if typing.get_origin(hint) in (list, dict):
        return inner_class(typing.get_args(hint)[-1])
    return None


def is_enum(hint):
    return isinstance(hint, type) and issubclass(hint, enum.Enum)


def read_table(folder):
    """{class: {field: decision}}, and faults. "B in A" stands for B where it is below a field of A."""
    table, faults = {}, []
    for file in sorted(pathlib.Path(folder).glob('*.json')):
        for kind, fields in json.loads(file.read_text()).items():
            if table.get(kind, fields) != fields:
                faults.append(f'{file.name}: {kind} is decided otherwise in another file')
            table[kind] = fields
            faults += [f'{kind}.{field}: "{decision}" is no decision' for field, decision
                       in fields.items() if not is_decision(decision)]
    return table, faults


def is_decision(decision):
    """A reason has some words."""
    return decision in LEVELS or (decision.startswith(LEFT_OUT)
                                  and len(decision[len(LEFT_OUT):].split()) >= 3)


def decide(table, above, kind, field):
    """The decision on a field of a class below the classes `above`, the nearest of which counts."""
    for outer in reversed(above):
        special = table.get(f'{kind} in {outer}', {})
        if field in special or '*' in special:
            return special.get(field, special.get('*'))
    return table.get(kind, {}).get(field)


def level(decision):
    return LEVELS.get(decision, HIDDEN)


def check_table(table, roots):
    """Each field of each class that is read is decided, and nothing else. Faults and a count."""
    faults, reached, decided = [], set(), 0

    def walk(kind, hidden):
        name = name_of(kind)
        if (name, hidden) in reached:
            return
        reached.add((name, hidden))
        if name not in table and not hidden:
            faults.append(f'{name} is read, and not in the table')
        for field, hint in hints(kind).items():
            inner = inner_class(hint)
            if inner is not None:
                walk(inner, hidden or level(table.get(name, {}).get(field)) == HIDDEN)

    for root in roots:
        if load(root) is None:
            faults.append(f'{root} is no class of the SDK')
        else:
            walk(load(root), False)
    known = {name for name, _ in reached}
    for entry, fields in table.items():
        name, _, outer = entry.partition(' in ')
        kind = load(name)
        if kind is None or (outer and load(outer) is None):
            faults.append(f'{entry} is no class of the SDK')
            continue
        if name not in known:
            faults.append(f'{name} is in the table, and no tool reads it')
        names = set(hints(kind))
        given = set(fields) - {'*'}
        faults += [f'{entry}.{field} is no field of the SDK' for field in sorted(given - names)]
        if not outer:
            faults += [f'{name}.{field} is not decided' for field in sorted(names - given)]
            decided += len(names & given)
    return faults, decided
