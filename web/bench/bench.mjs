// This package beside TensorFlow.js in one page of Chromium. `node bench/bench.mjs [--json] [--rounds N] [WORK]`; needs `npm ci` in web/bench.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { withPages } from '../test/chromium.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' }, rounds: { type: 'string', default: '5' } } });
const file = (name, part) => readFileSync(new URL(`../../tests/goldens/tfjs/${name}/${part}`, import.meta.url));
const model = (name) => ({ json: JSON.parse(file(name, 'model.json')), weights: file(name, 'group1-shard1of1.bin').toString('base64') });

await withPages(async (context, origin) => {
  const page = await context.newPage();
  await page.goto(`${origin}/blank.html`);
  const files = { graph: model('g_mobilenet'), layers: model('k2_mobilenet') };
  const run = async (args) => (await import('/bench/page.mjs')).measure(...args);
  const { lines, adapter } = await page.evaluate(run, [files, Number(values.rounds), positionals[0] ?? '']);
  if (values.json) {
    lines.forEach((l) => console.log(JSON.stringify(l)));
    return;
  }
  console.log(`adapter: ${adapter}`);
  console.table(Object.fromEntries(lines.map(({ work, unit, ours, peer, ratio }) => [work, { unit, ours: +ours.toFixed(1), peer: +peer.toFixed(1), ratio: +ratio.toFixed(2) }])));
});
