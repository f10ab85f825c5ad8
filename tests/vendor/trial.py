# SPDX-License-Identifier: Apache-2.0
"""lakehost plugin test: our plugins are clean, each fault of a bad plugin is found and repeated by
its seed."""
import json
import re

import rig
from lint import PLUGIN, TOOL, Lint
from rig import VendorTest

CODE = r'''
#include <fcntl.h>
#include <json-c/json.h>
#include <lakehost/call.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile int shared;
static int good(struct mcp_call *call) { return mcp_say(call, "%s", mcp_arg(call, "a")); }
static int crash(struct mcp_call *call)
{
	if (mcp_arg_int(call, "n", 0) == 7)
		*(volatile int *)8 = 1;
	return mcp_say(call, "x");
}
static int ends(struct mcp_call *call)
{
	if (mcp_arg_int(call, "n", 0) == 3)
		_exit(0);
	return mcp_say(call, "x");
}
static int spin(struct mcp_call *call)
{
	while (mcp_arg_int(call, "n", 0) == 9)
		shared = shared;
	return mcp_say(call, "x");
}
static int again(struct mcp_call *call, const void *state, size_t len)
{
	(void)state; (void)len;
	return mcp_again(call, 1, again, NULL, 0);
}
static int forever(struct mcp_call *call) { return mcp_again(call, 1, again, NULL, 0); }
static int arrived(struct mcp_call *call, const void *state, size_t len)
{
	(void)state; (void)len;
	if (mcp_reply(call, 0)->body.len == 0)
		return 0; /* neither writes nor fails */
	return mcp_say(call, "%zu", mcp_reply(call, 0)->body.len);
}
static int silent(struct mcp_call *call)
{
	struct mcp_http request = mcp_get_request("/a", NULL);
	return mcp_suspend(call, &request, 1, 0, arrived, NULL, 0);
}
static int races(struct mcp_call *call)
{
	static pthread_t first; /* stands for any state of a thread that outlives a call */
	if (shared == 0)
		first = pthread_self();
	shared = 1;
	return mcp_say(call, "%d", pthread_equal(first, pthread_self()));
}
static int leaks(struct mcp_call *call)
{
	volatile char *volatile copy = malloc(100);
	copy[5] = 1;
	return mcp_say(call, "%d", copy[5]);
}
static int leaks_tree(struct mcp_call *call)
{
	struct json_object *tree = json_object_new_object();
	return mcp_say(call, "%p", tree != NULL ? "x" : "y");
}
static int leaks_file(struct mcp_call *call)
{
	return mcp_say(call, "%d", open("/dev/null", O_RDONLY) >= 0);
}
static int careful(struct mcp_call *call)
{
	char *copy = malloc(100);
	if (copy == NULL)
		return mcp_fail(call, MCP_E_INTERNAL, "No memory.", NULL, NULL);
	strcpy(copy, "x");
	mcp_say(call, "%s", copy);
	free(copy);
	return 0;
}
#define ROW(fn) { .name = #fn, .handler = fn }
static const struct mcp_row tools[] = { ROW(good), ROW(careful), ROW(crash), ROW(ends), ROW(spin),
	ROW(forever), ROW(silent), ROW(races), ROW(leaks), ROW(leaks_tree), ROW(leaks_file) };
const struct mcp_plugin mcp_plugin = { MCP_PLUGIN_HEAD, .name = "bad", .version = "1.0.0",
	.tools = MCP_ROWS(tools) };
'''
# What must be found, by tool: (code, phase of the seed).
EXPECTED = {
    'good': set(), 'careful': set(),
    'crash': {('crash', 'arguments')},
    'ends': {('crash', 'arguments')},
    'spin': {('hang', 'arguments')},
    'forever': {('after-cancel', 'arguments')},
    'silent': {('mistake', 'arguments')},
    'races': {('differs', 'overlap')},
    'leaks': {('leak', 'leak'), ('crash', 'memory')},
    'leaks_tree': {('leak', 'leak')},
    'leaks_file': {('open-files', 'leak')},
}
SCHEMA = {'type': 'object', 'additionalProperties': False, 'required': ['n'], 'properties': {
    'a': {'type': 'string', 'description': 'A text.'},
    'n': {'type': 'integer', 'minimum': 0, 'maximum': 12, 'description': 'A number.'}}}


class Tried(VendorTest):
    def trial(self, *words, status):
        return json.loads(self.lakehost('plugin', 'test', *words, '--json', status=status))


class Trial(Tried):
    note = Lint.note

    def build(self):
        tools = [{**TOOL, 'name': name, 'inputSchema': SCHEMA} for name in EXPECTED]
        manifest = {'plugin': {**PLUGIN, 'permissions': ['GET /a']}, 'tools': tools,
                    'resources': [], 'templates': [], 'prompts': [], 'completions': []}
        (self.home / 'bad.c').write_text(CODE)
        libs = next(rig.PREFIX.glob('lib/**/liblakehost-sdk.a'))
        self.run_in(self.home, rig.COMPILER, '-O1', '-shared', '-fPIC', '-fvisibility=hidden', '-I',
                    rig.PREFIX / 'include', 'bad.c', self.note(manifest, 'bad'), '-o', 'bad.so',
                    '-Wl,--exclude-libs,ALL', libs, '-ljson-c')

    def found(self, report):
        found = {}
        for finding in report['findings']:
            name, _, rest = finding['text'].partition(':')
            phase = re.search(r'--seed (\w+):', rest)[1]
            found.setdefault(name, set()).add((finding['code'], phase))
        return found

    def test_faults(self):
        if rig.FLAGS:
            self.skipTest('sanitizers find these faults by themselves')
        self.build()
        report = self.trial('bad.so', '--count', '1500', status=1)
        found = self.found(report)
        for name, expected in EXPECTED.items():
            with self.subTest(name):
                self.assertLessEqual(expected, found.get(name, set()))
        self.assertNotIn('good', found)
        self.assertNotIn('careful', found)
        self.assertTrue(report['memory_tested'])
        self.assertGreater(report['failed_allocations'], 5)
        for finding in report['findings']:
            if finding['code'] in ('hang', 'differs'):
                continue
            seed = re.search(r'--seed (\S+)\.$', finding['text'])[1]
            again = self.trial('bad.so', '--seed', seed, status=1)
            self.assertIn(finding['code'], [f['code'] for f in again['findings']])

    def test_refused(self):
        bad = sorted((rig.BUILD / 'tests/plugins/bad').glob('bad_*.so'))
        self.assertGreaterEqual(len(bad), 15)
        for path in bad:
            with self.subTest(path.name):
                if path.name == 'bad_note.so':
                    self.assertIn('without a manifest',
                                  self.lakehost('plugin', 'test', path, status=1))
                    continue
                report = self.trial(path, '--count', '10', status=1)
                self.assertEqual([f['code'] for f in report['findings']], ['refused'])

    def test_options(self):
        for words in [['--seed', 'x'], ['--seed', 'arguments:1'], ['--seed', 'none:1:2'],
                      ['--count', '0'], ['--count', '1x'], ['--count', '-5']]:
            self.assertRegex(self.lakehost('plugin', 'test', 'x.so', *words, status=2), 'must be')
        self.assertIn('No such file', self.lakehost('plugin', 'test', 'x.so', status=1))
        self.assertIn('does not take', self.lakehost('check', '--seed', '1', status=2))


class OurPlugins(Tried):
    def test_our_plugins(self):
        # other tests install plugins of vendors beside ours, and remove them again
        ours = {path.name for path in rig.BUILD.glob('lib/lakehost/plugins/*.so')}
        plugins = sorted(path for path in rig.PREFIX.glob('lib/**/lakehost/plugins/*.so')
                         if path.name in ours)
        self.assertGreaterEqual(len(plugins), 9)
        for path in plugins:
            with self.subTest(path.name):
                report = self.trial(path, '--count', '300', status=0)
                self.assertEqual(report['findings'], [])
                self.assertGreater(report['valid'], 100)
