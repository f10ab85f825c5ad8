#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a vendor does with an installed Lakehost.

    tests/vendor/vendor.py PREFIX BUILD COMPILER FLAGS [unittest options]
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

import rig
from abi import Abi  # noqa: F401
from approval import Approval  # noqa: F401
from lint import Lint  # noqa: F401
from rig import VendorTest
from trial import OurPlugins, Trial  # noqa: F401


def three_commands(project):
    """The first block of the README of a new project, as it stands there."""
    text = (project / 'README.md').read_text()
    return re.search(r'```sh\n(.*?)```', text, re.DOTALL)[1].splitlines()


class NewPlugin(VendorTest):
    def make(self, name, folder):
        self.lakehost('plugin', 'new', name, folder)
        return self.home / folder

    def test_three_commands(self):
        project = self.make('my-notes', 'notes')
        commands = three_commands(project)
        self.assertEqual(len(commands), 3)
        outputs = [self.run_in(project, 'sh', '-c', command) for command in commands]
        self.addCleanup(os.remove, next(rig.PREFIX.glob('lib/**/my-notes.so')))
        self.assertIn('100% tests passed', outputs[0])
        self.assertIn('The plan of week 5', outputs[2])
        call = ['python3', 'try/service.py', 'lakehost', '--config', 'try/lakehost.conf']
        self.assertIn('complete: 5 items', self.run_in(project, *call, 'call', 'export_my_notes',
                                                       'folder=out'))
        self.assertIn('Monday: item 2', self.run_in(project, *call, 'read', 'my-notes://items/item-2'))
        self.assertIn('probe: ok', self.run_in(project, *call, 'doctor'))

    def test_other_compiler(self):
        other = 'clang' if 'clang' not in os.path.basename(rig.COMPILER) else 'gcc'
        if shutil.which(other) is None or rig.FLAGS:
            self.skipTest(f'{other} cannot be used here')
        project = self.make('n_1', 'n')
        self.run_in(project, 'cmake', '--workflow', '--preset', 'default', env={'CC': other})

    def test_package(self):
        if shutil.which('dh') is None or shutil.which('fakeroot') is None or rig.FLAGS:
            self.skipTest('debhelper and fakeroot are needed')
        project = self.make('my_notes', 'notes')
        self.run_in(project, 'dpkg-buildpackage', '-us', '-uc', '-b', '-d')
        package = next(self.home.glob('lakehost-plugin-my-notes_*.deb'))
        self.assertIn('lakehost/plugins/my_notes.so',
                      self.run_in(self.home, 'dpkg-deb', '--contents', package))

    def test_names(self):
        for name, why in [('9lives', 'begin with a letter'), ('Notes', 'a-z, 0-9'), ('', 'a-z, 0-9'),
                          ('a/b', 'a-z, 0-9'), ('a' * 21, 'longer than 20'), ('a\nb', 'a-z, 0-9')]:
            with self.subTest(name):
                self.assertIn(why, self.lakehost('plugin', 'new', name, 'x', status=2))
        self.assertEqual(list(self.home.iterdir()), [])
        self.make('a' * 20, 'long')
        self.run_in(self.home / 'long', 'cmake', '-B', 'build')
        self.run_in(self.home / 'long', 'cmake', '--build', 'build')

    def test_folders(self):
        (self.home / 'there').mkdir()
        (self.home / 'link').symlink_to('nowhere')
        (self.home / 'file').touch()
        before = sorted(self.home.iterdir())
        for folder in ['there', 'there/', 'link', 'file']:
            self.assertIn('exists already', self.lakehost('plugin', 'new', 'a', folder, status=1))
        self.assertIn('above it does not exist', self.lakehost('plugin', 'new', 'a', 'no/a', status=1))
        self.assertIn('Not a directory', self.lakehost('plugin', 'new', 'a', 'file/a', status=1))
        self.assertIn('Usage', self.lakehost('plugin', 'new', 'a', status=2))
        self.assertEqual(sorted(self.home.iterdir()), before)

    def test_full_disk(self):
        for size in [1, 600, 3000]:
            output = self.lakehost('plugin', 'new', 'a', 'x', status=1, small_files=size)
            self.assertIn('File too large', output)
            self.assertIn('x was not created', output)
            self.assertEqual(list(self.home.iterdir()), [])

    def test_full_file_system(self):
        script = ('mount -t tmpfs -o size=16k none . && cd "$PWD" && '
                  '! lakehost plugin new a x && echo "left: $(ls -A | wc -l)"')
        if subprocess.run(['unshare', '-rm', 'true'], stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest('no user namespaces here')
        output = self.run_in(self.home, 'unshare', '-rm', 'sh', '-c', script, status=None)
        self.assertIn('No space left on device', output)
        self.assertIn('x was not created', output)
        self.assertIn('left: 0', output)


class Story(VendorTest):
    """A vendor makes a plugin, an operator approves and uses it. With LAKEHOST_TRANSCRIPT=FILE the
    commands and their output are written to this file."""

    def say(self, text):
        if 'LAKEHOST_TRANSCRIPT' in os.environ:
            with open(os.environ['LAKEHOST_TRANSCRIPT'], 'a', encoding='utf-8') as file:
                file.write(text)

    def do(self, command, expect='', status=0):
        output = self.run_in(self.folder, 'sh', '-c', command, status=status,
                             env={'XDG_CONFIG_HOME': str(self.home / 'config')})
        self.say(f'$ {command}\n{output}')
        self.assertIn(expect, output)
        return output

    def test_story(self):
        if rig.FLAGS:
            self.skipTest('the steps are tested one by one with sanitizers')
        self.folder = self.home
        self.do('lakehost plugin new weather weather', 'cmake --workflow')
        self.folder = self.home / 'weather'
        self.do('cmake --workflow --preset default', '100% tests passed')
        self.do('lakehost plugin lint build/weather.so', 'Errors: 0. Warnings: 0.')
        self.do('lakehost plugin test build/weather.so --count 300', 'Errors: 0. Warnings: 0.')
        self.do('openssl genpkey -algorithm ed25519 -out ../vendor.key && chmod 600 ../vendor.key')
        self.do('openssl pkey -in ../vendor.key -pubout -out ../vendor.pem')
        self.do('lakehost plugin sign build/weather.so --key ../vendor.key', 'was written')
        self.do('cmake --install build', 'weather.so')
        installed = next(rig.PREFIX.glob('lib/**/weather.so'))
        self.addCleanup(installed.unlink)
        shutil.copy(self.folder / 'build/weather.so.sig', installed.parent)
        self.addCleanup((installed.parent / 'weather.so.sig').unlink)
        self.operate()

    def operate(self):
        (self.home / 'config/lakehost').mkdir(parents=True)
        self.conf = self.home / 'config/lakehost/lakehost.conf'
        conf = (self.folder / 'try/lakehost.conf').read_text()
        conf = re.sub(r'plugins = .*', 'plugins = { enabled = [ ]; require_approval = true; require_signature = '
                      f'true; keys = {{ example = "{self.home}/vendor.pem"; }}; }};', conf)
        self.conf.write_text(conf)
        host = 'python3 try/service.py lakehost'
        self.do(f'{host} plugin enable weather')
        self.do(f'{host} call search_weather text=plan', 'plugin approve weather', status=1)
        self.do(f'{host} plugin approve weather', '+ tools export_weather (write)', status=1)
        self.do(f'{host} plugin approve weather --yes', 'signature: example')
        self.do(f'{host} call search_weather text=plan', 'The plan of week 5')
        self.do(f'{host} call export_weather folder=out', 'complete: 5 items')
        self.do(f'{host} doctor', 'probe: ok')
        self.do(f'{host} plugin disable weather')
        self.do(f'{host} call search_weather text=plan', status=1)


if __name__ == '__main__':
    rig.start(*sys.argv[1:5])
    unittest.main(argv=[sys.argv[0], *sys.argv[5:]], verbosity=2)
