// Writes goldens.json: what TensorFlow.js 4.22.0 gives for each case, on its cpu backend.
// `node test/goldens.mjs FOLDER`, where FOLDER has node_modules/@tensorflow/tfjs (npm i @tensorflow/tfjs@4.22.0).

import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { groups, run } from './harness.mjs';

const require = createRequire(path.resolve(process.argv[2] ?? '.', 'index.js'));
const tf = require('@tensorflow/tfjs');
await tf.setBackend('cpu');
const all = { 'TensorFlow.js': tf.version.tfjs };
let failed = 0;
for (const [group, cases] of Object.entries(groups)) {
  all[group] = {};
  for (const [name, f] of Object.entries(cases)) {
    try {
      all[group][name] = await run(tf, f, false);
    } catch (e) {
      failed++;
      console.error(`${group}: ${name}: ${e.message}`);
    }
  }
}
const lines = Object.entries(all).map(([group, cases]) => {
  const inner = typeof cases === 'string' ? JSON.stringify(cases) : `{\n${Object.entries(cases).map(([n, v]) => `${JSON.stringify(n)}:${JSON.stringify(v)}`).join(',\n')}\n}`;
  return `${JSON.stringify(group)}:${inner}`;
});
writeFileSync(new URL('./goldens.json', import.meta.url), `{\n${lines.join(',\n')}\n}\n`);
console.log(`${failed} cases that TensorFlow.js cannot run`);
