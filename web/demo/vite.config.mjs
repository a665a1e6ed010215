import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = path.dirname(fileURLToPath(import.meta.url));

export default defineConfig({
  root: here,
  base: './',
  resolve: { alias: { wgflow: path.join(here, '../dist/wgflow.js') } },
  build: { outDir: path.join(here, 'dist'), emptyOutDir: true, target: 'es2022' },
});
