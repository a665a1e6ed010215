// Runs all cases in Node on the CPU device, the test of names, and compiles a program in TypeScript. `node test/run.mjs [FILTER]`.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as tf from '../dist/wgflow.js';
import { report, runCases } from './cases.mjs';
import { checkModels } from './models.mjs';
import { missingNames } from './names.mjs';

const filter = process.argv[2] ?? '';
const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const goldens = JSON.parse(readFileSync(here('./goldens.json'), 'utf8'));
await tf.setBackend('cpu');
const result = await runCases(tf, goldens, filter);
if (filter === '' || filter.startsWith('models')) {
  const models = await checkModels(tf, filter.slice('models: '.length));
  result.passed += models.passed;
  result.problems.push(...models.problems);
}
if (filter === '') {
  result.problems.push(...missingNames(tf).map((p) => `names: ${p}`));
  try {
    execFileSync(process.execPath, [here('../node_modules/typescript/bin/tsc'), '-p', here('.')], { stdio: 'pipe' });
  } catch (e) {
    result.problems.push(`types: ${e.stdout}`);
  }
}
process.exitCode = report('Node', result) === 0 ? 0 : 1;
