// Counts checks and says which failed, so that one run shows every fault.
import assert from 'node:assert/strict';

const LIMIT_MS = 60000;
export const counts = { passed: 0, failed: 0 };

function withinLimit(promise) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${LIMIT_MS / 1000} s`)), LIMIT_MS);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

export async function check(label, work) {
  try {
    const value = await withinLimit(work());
    counts.passed += 1;
    return value;
  } catch (error) {
    const [first] = String(error?.message ?? error).split('\n\n');
    const told = error instanceof assert.AssertionError || error?.code !== undefined;
    const where = told ? '' : `\n${error?.stack ?? ''}`;
    counts.failed += 1;
    console.log(`FAILED  ${label}: ${first}${where}`);
    return undefined;
  }
}

// Every item is checked; the label names it.
export async function checkEach(label, items, work) {
  for (const item of items) await check(`${label}: ${item.name ?? item}`, () => work(item));
}

export function summary() {
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  return counts.failed === 0 && counts.passed > 0 ? 0 : 1;
}
