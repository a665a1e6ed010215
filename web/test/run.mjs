// Runs all cases in Node and compares with goldens.json. `node test/run.mjs [FILTER]`.

import { readFileSync } from 'node:fs';
import { difference, groups, run } from './harness.mjs';
import { missingNames } from './names.mjs';
import * as tf from '../dist/wgflow.js';

const filter = process.argv[2] ?? '';
const goldens = JSON.parse(readFileSync(new URL('./goldens.json', import.meta.url), 'utf8'));
await tf.setBackend('cpu');
let [passed, failed] = [0, 0];
for (const [group, cases] of Object.entries(groups)) {
  for (const [name, f] of Object.entries(cases)) {
    if (!`${group}: ${name}`.includes(filter)) {
      continue;
    }
    let problem;
    try {
      const got = await run(tf, f, true);
      problem = name in goldens[group] ? difference(got, goldens[group][name]) : 'no golden';
    } catch (e) {
      problem = e.stack ?? e.message;
    }
    if (problem === undefined) {
      passed++;
    } else {
      failed++;
      console.log(`FAILED ${group}: ${name}: ${problem}`);
    }
  }
}
if (filter === '') {
  for (const problem of missingNames(tf)) {
    failed++;
    console.log(`FAILED names: ${problem}`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
