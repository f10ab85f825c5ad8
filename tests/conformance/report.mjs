// Reads every checks.json that the official suite wrote for one revision and demands that no check
// failed, the ones that the suite itself does not score included.
//
//   node report.mjs REVISION DIR
//
// Exit 0 only when every listed scenario left checks, some check passed and none failed. The last
// line is "REVISION: N passed, N failed".
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';

const [revision, dir] = process.argv.slice(2);

// Every server scenario that the suite's own list names for this revision, scored or not.
function listed() {
  const suite = createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json');
  const list = parse(readFileSync(join(dirname(suite), 'requirements', `${revision}.yaml`), 'utf8'));
  const unscored = list.not_scored.filter((entry) => entry.leg === 'server');
  return [...list.server, ...unscored.map((entry) => entry.scenario)];
}

// The checks of one scenario, or an empty list when it left none. The suite names a folder
// server-SCENARIO-TIME.
function readChecks(scenario) {
  const own = (name) => /^-\d{4}-\d\d-\d\dT[\d-]+Z$/.test(name.slice(`server-${scenario}`.length));
  const folder = readdirSync(dir).find((name) => name.startsWith(`server-${scenario}-`) && own(name));
  const file = folder && join(dir, folder, 'checks.json');
  return file && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
}

const scenarios = listed();
let passed = 0;
let failed = 0;

function fail(text) {
  failed += 1;
  console.log(`  FAILED: ${text}`);
}

for (const scenario of scenarios) {
  const checks = readChecks(scenario);
  if (checks.length === 0) fail(`${scenario}: left no checks`);
  for (const { id, status, errorMessage } of checks) {
    if (status === 'SUCCESS') passed += 1;
    else if (status === 'FAILURE') fail(`${scenario} ${id}: ${errorMessage ?? 'no message'}`);
    else console.log(`  ${status.toLowerCase()}: ${scenario} ${id}: ${errorMessage ?? ''}`);
  }
}
if (passed === 0) fail('no check passed at all');

console.log(`${revision}: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
