"""Runs a host under callgrind, and reads what was counted.

What depends on the processor is switched off (the variants of memset and its like in the C library,
the instructions for SHA-256 in OpenSSL), so that the same binaries count the same everywhere.
"""
import collections
import os
import re
import signal

from common import LOG, PATIENCE, ROOT, WORK, Connection, Lines, environment, free_port, host, start, \
    running

SAME_EVERYWHERE = {
    'GLIBC_TUNABLES': 'glibc.cpu.hwcaps=-AVX512F,-AVX2,-AVX2_Usable,-AVX_Fast_Unaligned_Load,'
                      '-ERMS,-FSRM,-BMI2,-SSSE3,-SSE4_1,-SSE4_2:glibc.malloc.arena_max=1',
    'OPENSSL_ia32cap': '0x0:0x0',
    'MALLOC_ARENA_MAX': '1',
}
MEMORY = re.compile(r'^(_int_)?(malloc|free|calloc|realloc|memalign)|^(malloc|unlink_chunk|'
                    r'sysmalloc|tcache|free_check|alloc_perturb|checked_request)')


class Counts:
    """Instructions by function: `own` without what it calls, `whole` with it."""

    def __init__(self):
        self.own, self.whole, self.place = collections.Counter(), collections.Counter(), {}

    @property
    def total(self):
        return sum(self.own.values())

    def minus(self, other, times):
        """What each of `times` more calls cost."""
        rest = Counts()
        rest.place = {**other.place, **self.place}
        for kind in ('own', 'whole'):
            mine, theirs, into = getattr(self, kind), getattr(other, kind), getattr(rest, kind)
            for name in mine.keys() | theirs.keys():
                into[name] = (mine[name] - theirs[name]) / times
        return rest


def place_of(path, library):
    """Where a function stands, as the reader knows it: a folder of the tree, or a library."""
    try:
        return os.path.relpath(os.path.realpath(path), ROOT) if str(ROOT) in path else library
    except ValueError:
        return library


class Reader:
    """Reads the files that callgrind writes (its manual, "Callgrind Format Specification")."""

    def __init__(self):
        self.counts, self.names = Counts(), {}
        self.library = self.path = self.function = None

    def named(self, kind, text):
        """Names are given once as "(7) name", and after that as "(7)"."""
        number, _, name = text.partition(' ')
        if name:
            self.names[kind, number] = name
        return self.names.get((kind, number), text)

    def read(self, path):
        callee = None
        with open(path, encoding='utf-8', errors='replace') as lines:
            for line in lines:
                key, sign, value = line.rstrip('\n').partition('=')
                if not sign:
                    if key[:1] in '+-*0123456789' and key:
                        self.add(int(key.split(' ')[1]), callee)
                        callee = None
                elif key == 'ob':
                    self.library = os.path.basename(self.named('ob', value))
                elif key in ('fl', 'fi', 'fe'):
                    self.path = self.named('fl', value)
                elif key == 'fn':
                    self.function = self.named('fn', value)
                    self.counts.place.setdefault(self.function, place_of(self.path, self.library))
                elif key in ('cfn', 'cob', 'cfi', 'cfl'):
                    name = self.named({'cfi': 'fl', 'cfl': 'fl'}.get(key, key[1:]), value)
                    callee = name if key == 'cfn' else callee
        return self.counts

    def add(self, cost, callee):
        if callee is None:
            self.counts.own[self.function] += cost
        # A function that calls itself counts its calls once.
        if callee != self.function:
            self.counts.whole[self.function] += cost


def stage_of(name, place):
    """The group that a function is shown in: folders of core two deep, libraries, the allocator."""
    if place.startswith('libc.') or place.startswith('libc-'):
        return 'libc: memory' if MEMORY.match(name) else 'libc: the rest'
    parts = place.split('/')
    if len(parts) > 1:
        return '/'.join(parts[:2])
    return re.sub(r'\.so.*$', '', place)


def stages(counts):
    """Instructions by stage, the largest first."""
    sums = collections.Counter()
    for name, cost in counts.own.items():
        sums[stage_of(name, counts.place.get(name, '?'))] += cost
    return sums.most_common()


class Counted:
    """A host under callgrind: `client` asks it, counts() ends it and says what it did."""

    def __init__(self, name, prefix, *settings, http=False, upstream_port=9, **options):
        self.out = WORK / 'callgrind' / (name + '.out')
        self.out.parent.mkdir(parents=True, exist_ok=True)
        self.out.unlink(missing_ok=True)
        port = free_port() if http else None
        command = ['valgrind', '--tool=callgrind', f'--callgrind-out-file={self.out}', '--quiet',
                   *host(prefix, *settings, port=port, **options)]
        env = environment(upstream_port, **SAME_EVERYWHERE)
        if http:
            self.process = start(command, port, env, log=name)
            self.client = Connection(port)
        else:
            self.client = Lines(command, env, log=name)

    def counts(self):
        self.client.end()
        if isinstance(self.client, Connection):
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(PATIENCE)
            running.remove(self.process)
        if not self.out.exists():
            raise RuntimeError(f'callgrind wrote nothing; log in {LOG}')
        return Reader().read(self.out)
