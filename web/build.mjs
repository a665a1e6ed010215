// Builds the package's files into dist: the ES module, the classic script with the global `tf`, type declarations and the wasm file.
// `node build.mjs [FOLDER]`, where FOLDER holds what wgflow-bindgen wrote (default: pkg).
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const here = path.dirname(fileURLToPath(import.meta.url));
const glueFolder = path.resolve(process.argv[2] ?? path.join(here, 'pkg'));
const dist = path.join(here, 'dist');
const glue = path.join(glueFolder, 'wgflow_web.js');
if (!existsSync(glue)) {
  throw new Error(`${glue} does not exist: \`cargo xtask web\` makes it`);
}

/** The glue looks for its file by itself, which this package does; bundlers would take the file into the script. */
const plugin = {
  name: 'wgflow-glue',
  enforce: 'pre',
  transform(code, id) {
    if (path.resolve(id) === glue) {
      return code.replace(/new URL\('wgflow_web_bg\.wasm', import\.meta\.url\)/, 'undefined');
    }
    if (id.endsWith('js/src/wasm.ts')) {
      // Written back below: this build must leave the URL as it is.
      return code.replace("new URL('./wgflow_web_bg.wasm', import.meta.url)", 'new URL(__WASM_URL__, import.meta.url)');
    }
    return undefined;
  },
};

async function bundle(format, fileName) {
  await build({
    root: here,
    configFile: false,
    logLevel: 'warn',
    plugins: [plugin],
    resolve: { alias: { '#glue': glue } },
    define: { CLASSIC: JSON.stringify(format === 'iife') },
    build: {
      target: 'es2022',
      outDir: dist,
      emptyOutDir: false,
      minify: 'oxc',
      rolldownOptions: { output: { minify: true } },
      lib: { entry: path.join(here, 'js/src/index.ts'), name: 'tf', formats: [format], fileName: () => fileName },
    },
  });
  const file = path.join(dist, fileName);
  writeFileSync(file, readFileSync(file, 'utf8').replace(/__WASM_URL__/g, '"./wgflow_web_bg.wasm"'));
}

rmSync(dist, { recursive: true, force: true });
await bundle('es', 'wgflow.js');
await bundle('iife', 'wgflow.iife.js');
copyFileSync(path.join(glueFolder, 'wgflow_web_bg.wasm'), path.join(dist, 'wgflow_web_bg.wasm'));
execFileSync(process.execPath, [path.join(here, 'node_modules/typescript/bin/tsc'), '-p', here], { stdio: 'inherit' });

let total = 0;
for (const name of readdirSync(dist).filter((n) => n !== 'types')) {
  const bytes = readFileSync(path.join(dist, name));
  const zipped = gzipSync(bytes, { level: 9 }).length;
  console.log(`${name}: ${(bytes.length / 1024).toFixed(1)} KB, ${(zipped / 1024).toFixed(1)} KB gzipped`);
  if (name !== 'wgflow.iife.js') {
    total += zipped;
  }
}
console.log(`module and wasm: ${(total / 1024).toFixed(1)} KB gzipped`);
