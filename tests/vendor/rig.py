# SPDX-License-Identifier: Apache-2.0
"""What the tests of vendors share: an installed prefix, folders, and programs that are run in them."""
import os
import pathlib
import resource
import shutil
import subprocess
import tempfile
import unittest

PATIENCE = 300  # seconds until a test gives up; nothing is timed
PREFIX = BUILD = COMPILER = None
FLAGS = ''


def start(prefix, build, compiler, flags):
    global PREFIX, BUILD, COMPILER, FLAGS
    PREFIX, BUILD, COMPILER = pathlib.Path(prefix), pathlib.Path(build), compiler
    FLAGS = flags


def environment(**more):
    env = {key: value for key, value in os.environ.items()
           if not key.startswith(('DATABRICKS_', 'LAKEHOST_', 'XDG_'))}
    env['PATH'] = f'{PREFIX}/bin:{env["PATH"]}'
    env['CC'] = COMPILER
    env['CFLAGS'] = f'-Werror {FLAGS}'
    env.update(more)
    return env


class VendorTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix='lakehost-vendor-'))
        self.addCleanup(shutil.rmtree, self.home)

    def run_in(self, folder, *command, status=0, env=None, small_files=0):
        """Runs a command; returns its output, with that of errors. With small_files no file can
        grow beyond so many bytes; a program then gets an error, since Python ignores SIGXFSZ."""
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (small_files, small_files))

        more = dict(env or {})
        if small_files:  # counters of coverage that are cut would spoil those of all other tests
            more['GCOV_PREFIX'] = tempfile.mkdtemp(prefix='lakehost-counters-')
            self.addCleanup(shutil.rmtree, more['GCOV_PREFIX'])
        done = subprocess.run([str(word) for word in command], cwd=folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=PATIENCE, stdin=subprocess.DEVNULL,
                              env=environment(HOME=str(self.home), **more),
                              preexec_fn=limit if small_files else None,
                              restore_signals=not small_files)
        if status is not None:
            self.assertEqual(done.returncode, status, f'{command}\n{done.stdout}')
        return done.stdout

    def lakehost(self, *words, status=0, folder=None, **more):
        return self.run_in(folder or self.home, 'lakehost', *words, status=status, **more)
