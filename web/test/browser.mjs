// Runs the cases in Chromium: in a page by the ES module, by the classic script, and in a worker.
// `node test/browser.mjs [FILTER]`. BACKEND=cpu|webgpu (default webgpu), CHROMIUM=path of the program.

import { report } from './cases.mjs';
import { withPages } from './chromium.mjs';

const [filter, backend] = [process.argv[2] ?? '', process.env.BACKEND ?? 'webgpu'];
let failed = 0;
await withPages(async (context, origin) => {
  for (const where of ['module', 'classic']) {
    const page = await context.newPage();
    page.on('pageerror', (e) => console.log(`${where}: ${e.message}`));
    await page.goto(`${origin}/${where}.html`);
    await page.waitForFunction('window.api !== undefined');
    failed += report(where, await page.evaluate(async ([b, f]) => (await import('/test/page.mjs')).runAll(window.api, b, f, 'page'), [backend, filter]));
    await page.close();
  }
  const page = await context.newPage();
  await page.goto(`${origin}/module.html`);
  const result = await page.evaluate(
    ([b, f]) =>
      new Promise((resolve, reject) => {
        const worker = new Worker('/test/worker.mjs', { type: 'module' });
        worker.onmessage = (e) => resolve(e.data);
        worker.onerror = (e) => reject(new Error(e.message));
        worker.postMessage({ backend: b, filter: f });
      }),
    [backend, filter],
  );
  failed += report('worker', result);
});
process.exitCode = failed === 0 ? 0 : 1;
