// Runs cases in a page or worker; called by browser.mjs and worker.mjs.

import { runCases } from './cases.mjs';
import page from './cases/page.mjs';

/** As `runCases`, on a backend; in a page with what only pages have. */
export async function runAll(tf, backend, filter, place) {
  const goldens = await (await fetch('/test/goldens.json')).json();
  if (!(await tf.setBackend(backend))) {
    return { passed: 0, problems: [`the backend ${backend} could not be opened`] };
  }
  return runCases(tf, goldens, filter, place === 'page' ? { page } : {});
}
