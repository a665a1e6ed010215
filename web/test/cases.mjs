// Runs all cases against goldens; in Node by run.mjs, in Chromium by page.mjs.

import beyond from './cases/beyond.mjs';
import own from './cases/own.mjs';
import { difference, groups, run } from './harness.mjs';

/** Problems of all cases that pass the filter, one a line, and how many passed. `more` are groups whose cases give true. */
export async function runCases(tf, goldens, filter, more = {}) {
  const problems = [];
  let passed = 0;
  const alone = { own, beyond, ...more };
  for (const [group, cases] of Object.entries({ ...groups, ...alone })) {
    for (const [name, f] of Object.entries(cases)) {
      const full = `${group}: ${name}`;
      if (!full.includes(filter)) {
        continue;
      }
      let problem;
      try {
        const got = await run(tf, f, true);
        const known = group in alone || name in goldens[group];
        problem = known ? difference(got, group in alone ? true : goldens[group][name]) : 'there is no golden';
      } catch (e) {
        problem = e.message ?? String(e);
      }
      if (problem === undefined) {
        passed++;
      } else {
        problems.push(`${full}: ${problem}`);
      }
    }
  }
  return { passed, problems, backend: tf.getBackend() };
}

/** One result in words. */
export function report(where, { passed, problems, backend }) {
  problems.forEach((p) => console.log(`FAILED ${where}: ${p}`));
  console.log(`${where} (${backend ?? 'no backend'}): ${passed} passed, ${problems.length} failed`);
  return problems.length;
}
