# SPDX-License-Identifier: Apache-2.0
"""lakehost plugin lint: our plugins are clean, and each fault of the table is found by its code."""
import copy
import json
import shutil

import rig
from rig import VendorTest

CODE = '''
#include <lakehost/call.h>
static int tool(struct mcp_call *call) { return mcp_say(call, "x"); }
static const struct mcp_row tools[] = { { .name = "bad_tool", .handler = tool } };
'''
DESCRIPTOR = '''
const struct mcp_plugin mcp_plugin = { MCP_PLUGIN_HEAD, .name = "bad", .version = "1.0.0",
	.tools = MCP_ROWS(tools) };
'''
TOOL = {
    'name': 'bad_tool', 'description': 'Does something, for a test.',
    'annotations': {'readOnlyHint': True},
    'inputSchema': {'type': 'object', 'properties': {}, 'additionalProperties': False},
    'lakehost': {'access': 'read'},
}
PLUGIN = {'name': 'bad', 'version': '1.0.0', 'vendor': 'Test', 'summary': 'For a test',
          'abi': '1.0', 'permissions': [], 'default': False, 'in_all': True,
          'options': {'type': 'object', 'properties': {}, 'additionalProperties': False}}
SHARED = ['-Wl,-z,relro,-z,now', '-Wl,--as-needed', '-fvisibility=hidden']


def fault(code, level='warning', **how):
    return code, level, how


# The code of the finding, its level, and what is done to a good plugin:
#   tool, plugin   members that replace those of its tool and of its manifest
#   link           options of the linker
#   source         C code before its own; `descriptor` replaces the end of its own
#   file           another name of the file
FAULTS = [
    fault('file-name', 'error', file='other.so'),
    fault('file-mode', mode=0o666),
    fault('no-symbol', 'error', link=['-Wl,--version-script=none.map']),
    fault('no-symbol', 'error', descriptor='__attribute__((visibility("default"))) int '
          'f(void) __asm__("mcp_plugin"); int f(void) { return tools[0].name != 0; }'),
    fault('text-relocations', 'error', link=['-Wl,-z,notext'],
          source='__attribute__((section(".rodata.x,\\"a\\",@progbits#"), used)) '
                 'static void *const where = (void *)&where;'),
    fault('exports', source='__attribute__((visibility("default"))) int more; '
                            '__attribute__((visibility("default"))) int even_more;'),
    fault('undefined', 'error', source='int no_such_function(void); '
                                       'int use(void) { return no_such_function(); }'),
    fault('library', 'error', library=True),
    fault('rpath', 'error', link=['-Wl,-rpath,/tmp/mine']),
    fault('rpath', 'error', link=['-Wl,-rpath,$ORIGIN', '-Wl,--enable-new-dtags']),
    fault('executable-stack', 'error', link=['-Wl,-z,execstack']),
    fault('writable-code', 'error', source='__attribute__((section(".both,\\"awx\\",@progbits#"))) '
                                           'int both(void); int both(void) { return 1; }'),
    fault('relro', link=['-Wl,-z,norelro']),
    fault('relro', link=['-Wl,-z,lazy']),
    fault('constructors', 'note', source='__attribute__((constructor)) static void f(void) { }'),
    fault('process', source='#include <stdlib.h>\nint use(void) { return system("true"); }'),
    fault('network', source='#include <sys/socket.h>\n'
                            'int use(void) { return socket(AF_INET, SOCK_STREAM, 0); }'),
    fault('row', 'error', tool={'lakehost': {'access': 'write'}}),
    fault('row', 'error', tool={'inputSchema': {
        'type': 'object', 'patternProperties': {}, 'additionalProperties': False}}),
    fault('row', 'error', tool={'name': 'Bad Tool'}),
    fault('options', 'error', plugin={'options': {'type': 'object', 'additionalProperties': False,
                                                  'properties': {'a': {'type': 'strange'}}}}),
    fault('permission', 'error', plugin={'permissions': ['FETCH /a']}),
    fault('permission-wide', plugin={'permissions': ['POST /*']}),
    *[fault('hidden-characters', 'error', tool={'description': f'Does some{c}thing good.'})
      for c in '\u202e\u200b\u2066\ufeff\U000e0041\x1b\x85'],
    fault('hidden-characters', 'error', tool={'inputSchema': {
        'type': 'object', 'properties': {'a': {'enum': ['a\u202eb'], 'description': 'b'}},
        'additionalProperties': False}}),
    fault('hidden-characters', 'error', plugin={'summary': 'For a \u2069test'}),
    fault('description', tool={'description': 'Does it'}),
    fault('argument-description', 'note', tool={'inputSchema': {
        'type': 'object', 'properties': {'a': {'type': 'string'}}, 'additionalProperties': False}}),
    fault('open-schema', tool={'inputSchema': {'type': 'object', 'properties': {}}}),
    fault('access-method', plugin={'permissions': ['DELETE /a']},
          tool={'lakehost': {'access': 'read', 'requests': ['DELETE /a']}}),
    fault('tokens', tool={'description': 'Does something. ' * 400}),
]


class Lint(VendorTest):
    def note(self, manifest, name):
        """The assembler source of a note with this manifest, which nothing has checked."""
        text = json.dumps(manifest, ensure_ascii=False, separators=(',', ':'))
        (self.home / f'{name}.json').write_text(text)
        template = next(rig.PREFIX.glob('lib/**/lakehost-sdk/note.S.in')).read_text()
        (self.home / f'{name}.S').write_text(
            template.replace('@manifest@', str(self.home / f'{name}.json')))
        return self.home / f'{name}.S'

    def build(self, number, how):
        name = f'plugin-{number}'
        folder = self.home / name
        folder.mkdir()
        tool = {**copy.deepcopy(TOOL), **how.get('tool', {})}
        manifest = {'plugin': {**PLUGIN, **how.get('plugin', {})}, 'tools': [tool], 'resources': [],
                    'templates': [], 'prompts': [], 'completions': []}
        source = self.home / f'{name}.c'
        source.write_text(how.get('source', '') + CODE + how.get('descriptor', DESCRIPTOR))
        path = folder / how.get('file', 'bad.so')
        libs = next(rig.PREFIX.glob('lib/**/liblakehost-sdk.a'))
        self.run_in(self.home, rig.COMPILER, '-shared', '-fPIC', *SHARED, *rig.FLAGS.split(), '-I',
                    rig.PREFIX / 'include', source, self.note(manifest, name), '-o', path,
                    *how.get('link', []), '-Wl,--exclude-libs,ALL', libs, '-ljson-c',
                    *(['-L.', '-Wl,--no-as-needed', '-lmine'] if how.get('library') else []))
        path.chmod(how.get('mode', 0o644))
        return path

    def lint(self, path, status):
        return json.loads(self.lakehost('plugin', 'lint', path, '--json', status=status))

    def test_faults(self):
        self.run_in(self.home, rig.COMPILER, '-shared', '-x', 'c', '/dev/null', '-o', 'libmine.so')
        (self.home / 'none.map').write_text('{ local: *; };')
        for number, (code, level, how) in enumerate(FAULTS):
            with self.subTest(code, **how):
                report = self.lint(self.build(number, how), status=None)
                found = {f['code']: f for f in report['findings']}
                self.assertIn(code, found, report)
                self.assertEqual(found[code]['level'], level)
                self.assertTrue(found[code]['text'].endswith('.') and found[code]['do'])
                self.assertLessEqual(set(found), {code, *how.get('also', [])}, report)

    def test_good(self):
        path = self.build('good', {})
        report = self.lint(path, status=0)
        self.assertEqual(report['findings'], [])
        self.assertEqual((report['name'], report['abi'], report['bytes']),
                         ('bad', '1.0', path.stat().st_size))
        self.assertEqual(report['sha256'], self.run_in(self.home, 'sha256sum', path).split()[0])
        listed = {k: v for k, v in TOOL.items() if k != 'lakehost'}
        size = len(json.dumps(listed, separators=(',', ':')))
        self.assertEqual(report['tools'], [{'name': 'bad_tool', 'tokens': (size + 3) // 4}])
        self.assertIn('Errors: 0. Warnings: 0. Notes: 0.', self.lakehost('plugin', 'lint', path))

    def test_exit_status(self):
        path = self.build('mode', {'mode': 0o666})
        self.assertIn('warning file-mode', self.lakehost('plugin', 'lint', path, status=1))
        self.assertIn('No such file', self.lakehost('plugin', 'lint', 'none.so', status=1))
        self.assertIn('not a regular file', self.lakehost('plugin', 'lint', self.home, status=1))

    def test_files_that_are_no_plugins(self):
        good = next(rig.PREFIX.glob('lib/**/plugins/data.so'))
        (self.home / 'data.so').write_bytes(good.read_bytes()[:9000])
        (self.home / 'text.so').write_text('hello')
        shutil.copy(next((rig.BUILD / 'tests/plugins').rglob('bad_note.so')), self.home)
        for name, why in [('data.so', 'truncated'), ('text.so', 'not an ELF'),
                          ('bad_note.so', 'without a manifest')]:
            report = self.lint(name, status=1)
            self.assertEqual([f['code'] for f in report['findings']], ['file'])
            self.assertIn(why, report['findings'][0]['text'])

    def test_our_plugins(self):
        plugins = sorted(rig.PREFIX.glob('lib/**/lakehost/plugins/*.so'))
        self.assertGreaterEqual(len(plugins), 9)
        for path in plugins:
            report = self.lint(path, status=0 if not rig.FLAGS else None)
            found = [f for f in report['findings'] if f['level'] != 'note']
            self.assertTrue(found == [] or rig.FLAGS, found)
