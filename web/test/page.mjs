// Runs cases in a page or worker; called by browser.mjs through page.html and worker.mjs.

import { difference, groups, run } from './harness.mjs';
import page from './cases/page.mjs';

/** Problems of all cases that pass the filter, and how many passed. */
export async function runAll(tf, backend, filter, place) {
  const goldens = await (await fetch('/test/goldens.json')).json();
  if (!(await tf.setBackend(backend))) {
    return { passed: 0, problems: [`the backend ${backend} could not be opened`] };
  }
  const problems = [];
  let passed = 0;
  const all = place === 'page' ? { ...groups, page } : groups;
  for (const [group, cases] of Object.entries(all)) {
    for (const [name, f] of Object.entries(cases)) {
      if (!`${group}: ${name}`.includes(filter)) {
        continue;
      }
      let problem;
      try {
        const got = await run(tf, f, true);
        const wanted = goldens[group]?.[name];
        problem = group === 'page' ? (got === true ? undefined : JSON.stringify(got)) : difference(got, wanted);
      } catch (e) {
        problem = e.message;
      }
      if (problem === undefined) {
        passed++;
      } else {
        problems.push(`${group}: ${name}: ${problem}`);
      }
    }
  }
  return { passed, problems, backend: tf.getBackend() };
}
