// Chromium with WebGPU on its software adapter, and a server of the package's files.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('..', import.meta.url));
const TYPES = { '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.json': 'application/json' };
const PAGES = {
  '/blank.html': '<p>',
  '/module.html': "<script type=module>import * as tf from '/dist/wgflow.js'; window.api = tf;</script>",
  '/classic.html': '<script src=/dist/wgflow.iife.js></script><script>window.api = tf;</script>',
};

/** Runs `f` with a browser and the address of a server; both end with it. CHROMIUM names another program. */
export async function withPages(f) {
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
  const profile = mkdtempSync(path.join(os.tmpdir(), 'wgflow-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    permissions: ['camera', 'microphone'],
    args: ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--use-angle=swiftshader', '--enable-features=Vulkan', '--use-vulkan=swiftshader', '--ignore-gpu-blocklist', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required'],
  });
  try {
    return await f(context, `http://localhost:${server.address().port}`);
  } finally {
    await context.close();
    server.close();
    rmSync(profile, { recursive: true, force: true });
  }
}
