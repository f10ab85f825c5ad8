# SPDX-License-Identifier: Apache-2.0
"""The ABI guard: plugins of every past minor version work, and a change of the contract is noticed."""
import pathlib
import platform
import shutil

import rig
from rig import VendorTest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Call and a part of its answer.
CALLS = [
    (['test_simple_text'], 'This is a simple text response'),
    (['echo', 'text=hello'], 'hello'),
    (['test_error_handling'], 'error'),
    (['test_tool_with_progress'], ''),
    (['test_multiple_content_types'], '[image image/png]'),
    (['many', 'rows=3'], '3 rows'),
]


class Abi(VendorTest):
    def past(self):
        for path in sorted((ROOT / 'tests/abi').glob(f'*/{platform.machine()}/*.so')):
            yield path.relative_to(ROOT).parts[2], path

    def test_past_minors(self):
        past = list(self.past())
        if not past or rig.FLAGS:
            self.skipTest(f'there are no fixtures for {platform.machine()}, '
                          'or a sanitizer is used, which wants all code instrumented')
        kept = sorted(p.stem for p in (ROOT / 'sdk/abi').glob('*.header'))
        self.assertEqual(sorted({version for version, _ in past}), kept)
        for version, path in past:
            folder = self.home / version
            folder.mkdir(mode=0o755)
            shutil.copy(path, folder / path.name)
            self.assertIn(f'abi          {version}', self.lakehost('plugin', 'inspect', path))
            for isolation in ('none', 'process'):
                for words, part in CALLS:
                    with self.subTest(version, isolation=isolation, call=words):
                        self.assertIn(part, self.call(folder, path.stem, isolation, words))

    def call(self, folder, name, isolation, words):
        settings = [f'plugins.directories={folder}', f'plugins.enabled={name}',
                    f'plugins.isolation={isolation}', 'plugins.name_length=64']
        status = 1 if words[0] == 'test_error_handling' else 0
        return self.lakehost(*[word for s in settings for word in ('--set', s)], 'call', *words,
                             status=status)

    def tree(self):
        tree = self.home / 'tree'
        shutil.rmtree(tree, ignore_errors=True)
        shutil.copytree(ROOT / 'sdk/include', tree / 'sdk/include')
        shutil.copytree(ROOT / 'sdk/abi', tree / 'sdk/abi')
        shutil.copy(ROOT / 'CHANGELOG.md', tree)
        return tree

    def change(self, tree, before, after, file='sdk/include/lakehost/plugin.h'):
        text = (tree / file).read_text()
        self.assertIn(before, text)
        (tree / file).write_text(text.replace(before, after, 1))

    def lint(self, *words, status):
        return self.run_in(self.home, ROOT / 'tests/lint/abi', *words, status=status)

    def test_changes_are_noticed(self):
        if shutil.which('abidiff') is None or platform.machine() != 'x86_64':
            self.skipTest('abidiff on amd64 is needed')
        self.lint(self.tree(), status=0)
        for before, after in [
                ('MCP_E_INTERNAL = -13,', 'MCP_E_INTERNAL = -13, MCP_E_NEW = -14,'),
                ('bool missed;', 'bool missed; int64_t more;'),
                ('MCP_NUM_WAIT_MS,', 'MCP_NUM_WAIT_MS, MCP_NUM_MORE,'),
                ('int64_t link_size;', 'int32_t link_size;'),
                ('void (*updated)(struct mcp_call *call, const char *uri);',
                 'void (*updated)(struct mcp_call *call, const char *uri);\n'
                 'void (*more)(struct mcp_call *call);'),
                ('mcp_handler_fn start, poll, cancel, answer;',
                 'mcp_handler_fn start, cancel, poll, answer;')]:
            with self.subTest(after):
                tree = self.tree()
                self.change(tree, before, after)
                self.assertIn('raise MCP_ABI_MINOR', self.lint(tree, status=1))

    def test_new_minor(self):
        if shutil.which('abidiff') is None or platform.machine() != 'x86_64':
            self.skipTest('abidiff on amd64 is needed')
        tree = self.tree()
        self.change(tree, 'bool missed;', 'bool missed; int64_t more;')
        self.change(tree, '#define MCP_ABI_MINOR 0', '#define MCP_ABI_MINOR 1')
        self.assertIn('no line about ABI 1.1', self.lint(tree, status=1))
        self.change(tree, '# Changes', '# Changes\n\nABI 1.1', 'CHANGELOG.md')
        self.assertIn('is not kept', self.lint(tree, status=1))
        self.lint('--keep', tree, status=0)
        self.lint(tree, status=0)

    def since(self, *words, status=0):
        return self.run_in(self.home, ROOT / 'tests/lint/since', *words, status=status)

    def whole_tree(self):
        tree = self.tree()
        for name in ('core/registry', 'core/module', 'sdk/testing/lakehost', 'sdk/doc'):
            shutil.copytree(ROOT / name, tree / name)
        shutil.copy(ROOT / 'CMakeLists.txt', tree)
        return tree

    def test_since(self):
        tree = self.whole_tree()
        self.since(tree)
        self.change(tree, 'bool missed;', 'int64_t more;\n\tbool missed;')
        self.assertIn('member mcp_failure.more is new: raise', self.since(tree, status=1))
        self.change(tree, '#define MCP_ABI_MINOR 0', '#define MCP_ABI_MINOR 1')
        output = self.since('--keep', tree, status=1)
        self.assertEqual(output, 'member mcp_failure.more exists since ABI 1.1, and not since ABI 1.0: '
                                 'its comment must say "Since ABI 1.1"\n')
        self.change(tree, 'int64_t more;', '/* Since ABI 1.1. */\n\tint64_t more;')
        self.since(tree)

    def test_since_of_helpers_and_members(self):
        tree = self.whole_tree()
        call = 'sdk/include/lakehost/call.h'
        self.change(tree, '/* Writes a line of the operator',
                    '/* New. */\nint mcp_new(struct mcp_call *call);\n/* Writes a line of the operator', call)
        self.assertIn('function mcp_new is new: raise the version (SDK 0.1)', self.since(tree, status=1))
        self.change(tree, 'VERSION 0.1.0', 'VERSION 0.2.0', 'CMakeLists.txt')
        self.assertIn('must say "Since SDK 0.2"', self.since('--keep', tree, status=1))
        self.change(tree, '/* New. */', '/* New. Since SDK 0.2. */', call)
        self.since(tree)
        self.change(tree, '"access"', '"access", "newest"', 'core/registry/row_tool.c')
        self.assertIn('newest is new: raise the version (ABI 1.0)', self.since(tree, status=1))
        self.change(tree, '#define MCP_ABI_MINOR 0', '#define MCP_ABI_MINOR 1')
        self.since('--keep', tree, status=1)
        self.change(tree, '| member | type | meaning |',
                    '| member | type | meaning |\n| `newest` | text | Since ABI 1.1 |', 'sdk/doc/manifest.md')
        self.since(tree)
