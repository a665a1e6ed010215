// Every op of the registry on WebGPU in Chromium, against golden values of TensorFlow, through the module's own face.
// `node test/ops.mjs FILE [FILTER]`, where FILE is what `cargo xtask test --web` wrote: target/web/goldens.json. DEVICE=gpu|cpu (default gpu).

import { readFileSync } from 'node:fs';
import { withPages } from './chromium.mjs';

/** Cases of one browser: compiled kernels stay in its memory. */
const PART = 300;

const [file, filter = ''] = process.argv.slice(2);
const all = JSON.parse(readFileSync(file, 'utf8')).filter((c) => c.op.includes(filter));
const device = process.env.DEVICE ?? 'gpu';
let [passed, failed] = [0, 0];
for (let at = 0; at < all.length; at += PART) {
  const part = all.slice(at, at + PART);
  await withPages(async (context, origin) => {
    const page = await context.newPage();
    await page.goto(`${origin}/blank.html`);
    const run = async ([cases, wanted]) => (await import('/test/ops_page.mjs')).runAll(cases, wanted);
    const problems = await page.evaluate(run, [part, device]);
    failed += problems.length;
    passed += part.length - problems.length;
    problems.forEach((p) => console.log(`FAILED ${p}`));
  });
}
console.log(`ops on ${device}: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
