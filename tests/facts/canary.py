"""Replies of the workspace in which every field holds a value that can be recognised in an answer."""
import datetime
import fnmatch
import re
import typing

from replies import bare, decide, hints, inner_class, is_enum, level, load, name_of, wire_names

DROP = object()    # the field is absent
DAY_MS = 86400000
NESTED_MOST = 2    # a class within itself: a task that repeats a task


class Leaf:
    """A scalar of a reply: where it is, how it may look in an answer, when it must be there."""

    def __init__(self, root, path, value, forms, hidden):
        self.root, self.path, self.value, self.level = root, path, value, hidden
        self.place = '.'.join('*' if part.isdigit() else part for part in path)
        self.forms = forms

    @property
    def is_switch(self):
        return isinstance(self.value, bool)

    def is_in(self, text):
        # "12" is not seen in "112", nor in "12.5"
        return any(form in text and re.search(rf'(?<!\w)(?<!\d\.){re.escape(form)}(?!\w|\.\d)', text)
                   for form in self.forms)


def iso(ms):
    return datetime.datetime.fromtimestamp(ms // 1000, datetime.UTC).strftime('%Y-%m-%dT%H:%M:%SZ')


def duration(ms):
    """As mcp_duration() tells it."""
    s = ms // 1000
    if s < 60:
        return f'{s} s'
    if s < 3600:
        return f'{s // 60} min {s % 60} s'
    return f'{s // 3600} h {s % 3600 // 60} min' if s < 172800 else f'{s // 86400} d'


class Filler:
    """Fills classes for one scene. `fixed`: {pattern of a path: value, DROP, or (value, forms)}."""

    def __init__(self, table, now_ms):
        self.table, self.now_ms, self.n, self.leaves = table, now_ms, 0, []
        self.durations = 0    # no two look alike: they are a minute apart
        self.filled = set()    # (class, field) of what is looked for

    def fill(self, root, fixed):
        self.root = root
        self.fixed = [(re.compile(fnmatch.translate(pattern)), value)
                      for pattern, value in fixed.items()]
        return self.object(load(root), [], [], 0)

    def fixed_at(self, path):
        whole = '.'.join(path)
        return next((value for pattern, value in self.fixed if pattern.match(whole)), None)

    def object(self, kind, path, above, hidden):
        filled, name, names = {}, name_of(kind), wire_names(kind)
        for field, hint in hints(kind).items():
            decision = level(decide(self.table, above, name, field))
            count = len(self.leaves)
            value = self.value(hint, path + [names[field]], above + [name], max(hidden, decision))
            if value is not DROP:
                filled[names[field]] = value
            if len(self.leaves) > count or value in ({}, [{}, {}]):
                self.filled.add((name, field))
        return filled

    def value(self, hint, path, above, hidden):
        fixed = self.fixed_at(path)
        if fixed is not None:
            return self.fixed_value(fixed, path, hidden)
        hint = bare(hint)
        if typing.get_origin(hint) is list:
            items = [self.value(typing.get_args(hint)[0], path + [str(i)], above, hidden)
                     for i in range(2)]
            return [item for item in items if item is not DROP]
        if typing.get_origin(hint) is dict:
            key = self.word()
            self.leaf(path + ['KEY'], key, [key], hidden)
            return {key: self.value(typing.get_args(hint)[1], path + ['VALUE'], above, hidden)}
        kind = inner_class(hint)
        if kind is not None:
            return DROP if above.count(name_of(kind)) >= NESTED_MOST \
                else self.object(kind, path, above, hidden)
        return self.scalar(hint, path, hidden)

    def fixed_value(self, fixed, path, hidden):
        """(value, forms) is looked for, other values are not."""
        if isinstance(fixed, tuple):
            self.leaf(path, fixed[0], fixed[1], hidden)
            return fixed[0]
        return fixed

    def leaf(self, path, value, forms, hidden):
        self.leaves.append(Leaf(self.root, path, value, forms, hidden))
        return value

    def word(self):
        self.n += 1
        return f'canary{self.n:05d}'

    def scalar(self, hint, path, hidden):
        if hint is bool:
            return self.leaf(path, True, ['True'], hidden)
        if hint in (int, float):
            value, forms = self.number(path[-1])
        elif getattr(hint, '__name__', '') == 'Timestamp':
            value = iso(self.time())
            forms = [value]
        elif getattr(hint, '__name__', '') == 'Duration':
            value, forms = self.number('duration_seconds')
            value, forms = f'{value}s', forms + [f'{value}s']
        else:
            value = self.word()
            forms = [value]
            if re.search(r'(url|link|uri)$', path[-1]) and not is_enum(hint):
                value = f'https://{value}.example.com/'
        return self.leaf(path, value, forms, hidden)

    def time(self):
        """A day of the past that no other time of the scene has."""
        self.n += 1
        return self.now_ms - (3 + self.n) * DAY_MS - 3600000

    def number(self, name):
        self.n += 1
        if re.search(r'(_time|_at|_ms|timestamp|expiration|modified|updated|attempted)$', name):
            value = self.time()
            return value, [str(value), iso(value), f'{(self.now_ms - value) // DAY_MS} d ago']
        if re.search(r'(size|bytes|space|length)', name):
            value = 100000 + 1100 * self.n
            return value, [str(value), f'{value / 1000:.1f} kB']
        self.durations += 1
        if re.search(r'(seconds|minutes|mins)', name):
            value = 90000 + 61 * self.durations
            return value, [str(value), duration(1000 * value), f'{value} min']
        if re.search(r'(duration|millis)', name):
            value = 1000003 + 61000 * self.durations
            return value, [str(value), duration(value)]
        value = 1000003 + 7919 * self.n
        return value, [str(value), f'{value:,}']
