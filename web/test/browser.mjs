// Runs the cases in Chromium: in a page by the ES module, by the classic script, and in a worker.
// `node test/browser.mjs [FILTER]`. BACKEND=cpu|webgpu (default webgpu), CHROMIUM=path of the program.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('..', import.meta.url));
const TYPES = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.json': 'application/json' };
const PAGES = {
  '/module.html': "<script type=module>import * as tf from '/dist/wgflow.js'; window.api = tf;</script>",
  '/classic.html': '<script src=/dist/wgflow.iife.js></script><script>window.api = tf;</script>',
};

const server = http.createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  if (PAGES[pathname]) {
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><meta charset=utf-8><title>test</title>${PAGES[pathname]}`);
    return;
  }
  const file = path.join(root, path.normalize(pathname));
  if (!existsSync(file)) {
    response.statusCode = 404;
    response.end();
    return;
  }
  response.setHeader('content-type', TYPES[path.extname(file)] ?? 'application/octet-stream');
  response.end(readFileSync(file));
});
await new Promise((resolve) => server.listen(0, resolve));
const origin = `http://localhost:${server.address().port}`;
const [filter, backend] = [process.argv[2] ?? '', process.env.BACKEND ?? 'webgpu'];
const profile = mkdtempSync(path.join(os.tmpdir(), 'wgflow-'));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  permissions: ['camera', 'microphone'],
  args: ['--no-sandbox', '--enable-unsafe-webgpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required'],
});
let failed = 0;
const report = (where, { passed, problems, backend: used }) => {
  failed += problems.length;
  problems.forEach((p) => console.log(`FAILED ${where}: ${p}`));
  console.log(`${where} (${used ?? 'no backend'}): ${passed} passed, ${problems.length} failed`);
};
try {
  for (const where of ['module', 'classic']) {
    const page = await context.newPage();
    page.on('pageerror', (e) => console.log(`${where}: ${e.message}`));
    await page.goto(`${origin}/${where}.html`);
    await page.waitForFunction('window.api !== undefined');
    report(where, await page.evaluate(async ([b, f]) => (await import('/test/page.mjs')).runAll(window.api, b, f, 'page'), [backend, filter]));
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
  report('worker', result);
} finally {
  await context.close();
  server.close();
  rmSync(profile, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;
