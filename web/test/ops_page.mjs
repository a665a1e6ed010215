// The part of ops.mjs that runs in the page.

import * as wgflow from '/pkg/wgflow_web.js';

const unhex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (b) => parseInt(b, 16));
const make = (t) =>
  t.strings ? wgflow.tensorStrings(t.strings, Uint32Array.from(t.shape)) : wgflow.tensorNew(unhex(t.hex), Uint32Array.from(t.shape), t.dtype);

/** Elements of a dtype as numbers. */
function numbers(bytes, dtype) {
  const { buffer } = bytes.slice();
  const half = (bits) => {
    const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
    if (exponent === 31) return fraction ? NaN : sign * Infinity;
    return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
  };
  const halves = () => Array.from(new Uint16Array(buffer));
  switch (dtype) {
    case 'float16': return halves().map(half);
    case 'bfloat16': return Array.from(new Float32Array(Uint32Array.from(halves(), (h) => h << 16).buffer));
    case 'float32': case 'float64': case 'complex64': return Array.from(new Float32Array(buffer));
    case 'int8': return Array.from(new Int8Array(buffer));
    case 'uint8': case 'bool': return Array.from(bytes);
    case 'uint32': case 'uint16': case 'uint64': return Array.from(new Uint32Array(buffer));
    default: return Array.from(new Int32Array(buffer));
  }
}

async function difference(h, wanted, listed) {
  const [dtype, shape] = [wgflow.tensorDtype(h), Array.from(wgflow.tensorShape(h))];
  if (dtype !== wanted.dtype || String(shape) !== String(wanted.shape)) {
    return `wanted ${wanted.dtype} [${wanted.shape}], received ${dtype} [${shape}]`;
  }
  if (wanted.strings) {
    const got = wgflow.tensorStringsOf(h);
    return String(got) === String(wanted.strings) ? undefined : `wanted ${wanted.strings}, received ${got}`;
  }
  const got = numbers(await wgflow.tensorData(h), dtype);
  const want = (listed ?? wanted.values).map(Number);
  const largest = Math.min(10, Math.max(0.1, ...want.filter(Number.isFinite).map(Math.abs)));
  const tiny = dtype === 'float16' ? 6.2e-5 : 1.2e-38;
  const near = (g, w) => Object.is(g, w) || g === w || (Number.isNaN(g) && Number.isNaN(w))
    || Math.abs(g - w) <= wanted.abs * largest + tiny + wanted.rel * Math.abs(w);
  const at = want.findIndex((w, i) => !near(got[i], w));
  return at < 0 ? undefined : `element ${at} of ${want.length}: wanted ${want[at]}, received ${got[at]}`;
}

async function check(c, made) {
  const keep = (h) => { made.push(h); return h; };
  const inputs = c.inputs.map((t) => keep(make(t)));
  const attrs = Object.fromEntries(Object.entries(c.attrs).map(([name, value]) => {
    if (value?.shape !== undefined) return [name, { tensor: keep(make(value)) }];
    return [name, ['NaN', 'Infinity', '-Infinity'].includes(value) ? Number(value) : value];
  }));
  const tape = keep(wgflow.tapeNew(true));
  const differentiable = (t) => ['float16', 'bfloat16', 'float32', 'float64', 'complex64'].includes(t.dtype);
  inputs.forEach((h, i) => differentiable(c.inputs[i]) && wgflow.tapeWatch(tape, h));
  let outputs;
  try {
    outputs = Array.from(wgflow.call(c.op, Uint32Array.from(inputs), attrs), keep);
  } finally {
    wgflow.tapeStop(tape);
  }
  if (outputs.length !== c.outputs.length) return `wanted ${c.outputs.length} results, received ${outputs.length}`;
  for (const [i, h] of outputs.entries()) {
    const problem = await difference(h, c.outputs[i], c.deviation?.[i]);
    if (problem) return `result ${i}: ${problem}`;
  }
  if (!c.gradients) return undefined;
  // Gradients of several results are those of each, added up.
  const sums = c.inputs.map(() => 0);
  for (const [i, seed] of c.seeds.entries()) {
    if (!seed) continue;
    const found = wgflow.tapeGradient(tape, outputs[i], Uint32Array.from(inputs), keep(make(seed)));
    found.forEach((h, k) => {
      if (h) sums[k] = sums[k] ? keep(wgflow.call('AddV2', Uint32Array.from([sums[k], keep(h)]), {})[0]) : keep(h);
    });
  }
  for (const [k, wanted] of c.gradients.entries()) {
    if (!wanted !== !sums[k]) return `input ${k}: wanted ${wanted ? '' : 'un'}connected`;
    const problem = wanted && await difference(sums[k], wanted);
    if (problem) return `gradient in input ${k}: ${problem}`;
  }
  return undefined;
}

/** Runs cases; gives what is wrong with them. */
export async function runAll(cases, device) {
  await wgflow.default({ module_or_path: '/pkg/wgflow_web_bg.wasm' });
  await wgflow.init({ device });
  const problems = [];
  for (const c of cases) {
    const made = [];
    let problem;
    try {
      problem = await check(c, made);
    } catch (e) {
      problem = e.message;
    }
    made.forEach((h) => wgflow.tensorFree(h));
    if (problem) problems.push(`${c.op} [${c.case}]: ${problem}`);
  }
  return problems;
}
