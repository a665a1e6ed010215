// Clicks through the demo page in Chromium: a digit is drawn and recognised, a model is trained and judged. Screenshots go to the folder
// that is named. `node test/demo.mjs [FOLDER]`.

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { withPages } from './chromium.mjs';

const folder = process.argv[2];
if (folder) mkdirSync(folder, { recursive: true });
let [passed, failed] = [0, 0];
const check = (what, truth) => {
  truth ? passed++ : failed++;
  if (!truth) console.log(`FAILED demo: ${what}`);
};

await withPages(async (context, origin) => {
  const page = await context.newPage();
  const problems = [];
  page.on('pageerror', (e) => problems.push(e.message));
  const picture = (name) => (folder ? page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true }) : undefined);
  await page.setViewportSize({ width: 1200, height: 900 });
  await page.goto(`${origin}/demo/dist/index.html`);
  await page.waitForFunction(() => /recognised/.test(document.getElementById('score').textContent), null, { timeout: 120_000 });
  check('the adapter is named', /^WebGPU: ./.test(await page.textContent('#adapter')));
  const score = parseFloat(await page.textContent('#score'));
  check(`the model that came along knows 97 % of the images, received ${score}`, score > 97);

  // A one: a stroke from top to bottom.
  const pad = await page.locator('#pad').boundingBox();
  const at = (x, y) => [pad.x + x * pad.width, pad.y + y * pad.height];
  await page.mouse.move(...at(0.52, 0.12));
  await page.mouse.down();
  await page.mouse.move(...at(0.5, 0.88), { steps: 12 });
  await page.mouse.up();
  await page.waitForFunction(() => document.getElementById('digit').textContent !== '–', null, { timeout: 30_000 });
  await page.waitForTimeout(500);
  check(`a stroke is a 1, received ${await page.textContent('#digit')}`, (await page.textContent('#digit')) === '1');
  await picture('drawn');

  await page.fill('#epochs', '3');
  await page.click('#train');
  await page.waitForFunction(() => /you trained/.test(document.getElementById('whose').textContent), null, { timeout: 300_000 });
  const own = parseFloat(await page.textContent('#score'));
  check(`three epochs teach 85 % of the images, received ${own}`, own > 85);
  check('the curves have points', (await page.locator('#loss canvas').count()) === 1);
  await picture('trained');
  await page.setViewportSize({ width: 390, height: 844 });
  await page.waitForTimeout(300);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  check(`nothing sticks out of a phone's screen, the page is ${wide} wide`, wide <= 390);
  await picture('phone');
  check(`no error in the page: ${problems.join('; ')}`, problems.length === 0);
  check('no message of a problem', await page.locator('#problem').isHidden());
  if (failed) console.log(await page.textContent('#problem'));
});
console.log(`demo: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
