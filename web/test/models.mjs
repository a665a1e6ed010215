// Models that TensorFlow.js' converter and TensorFlow.js wrote (tests/goldens/tfjs): the same outputs as the library that made them.

import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../../tests/goldens/tfjs/', import.meta.url);

/** Arrays of a safetensors file, as tensors. */
function arrays(tf, bytes) {
  const size = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + size)));
  const out = {};
  for (const [name, { dtype, shape, data_offsets: [from, to] }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const part = bytes.slice(8 + size + from, 8 + size + to);
    const read = { F32: Float32Array, F64: Float64Array, I32: Int32Array, I64: BigInt64Array, BOOL: Uint8Array, U8: Uint8Array }[dtype];
    const values = Array.from(new read(part.buffer, 0, part.byteLength / read.BYTES_PER_ELEMENT), Number);
    const kind = { F32: 'float32', F64: 'float32', I32: 'int32', I64: 'int32', BOOL: 'bool', U8: 'int32' }[dtype];
    out[name] = tf.tensor(values, shape, kind);
  }
  return out;
}

/** A handler of the files of a model. */
function files(tf, name) {
  const read = (file) => readFileSync(new URL(`${name}/${file}`, folder));
  return {
    load: () => tf.io.getModelArtifactsForJSON(JSON.parse(read('model.json').toString()), async (manifest) => {
      const all = manifest.flatMap((g) => g.paths).map((p) => read(p));
      const bytes = Buffer.concat(all);
      return [tf.io.getWeightSpecs(manifest), bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)];
    }),
  };
}

function difference(got, wanted) {
  if (`${got.shape}` !== `${wanted.shape}`) {
    return `shape [${got.shape}], wanted [${wanted.shape}]`;
  }
  const [a, b] = [got.dataSync(), wanted.dataSync()];
  const at = a.findIndex((v, i) => !(Math.abs(v - b[i]) <= 1e-5 + 1e-4 * Math.abs(b[i])) && !(Number.isNaN(v) && Number.isNaN(b[i])) && v !== b[i]);
  return at < 0 ? undefined : `element ${at}: ${a[at]}, wanted ${b[at]}`;
}

/** Tensors called by a letter and a number, in order. */
const numbered = (all, kind) => Array.from({ length: Object.keys(all).length }, (_, i) => all[kind + i]).filter((t) => t !== undefined);

async function layers(tf, name, expected) {
  const model = await tf.loadLayersModel(files(tf, name));
  const x = numbered(expected, 'x');
  const y = [model.predict(x.length === 1 ? x[0] : x)].flat();
  const wrong = numbered(expected, 'y').map((w, i) => difference(y[i], w)).find((d) => d !== undefined);
  let saved;
  await model.save(tf.io.withSaveHandler(async (a) => ((saved = a), { modelArtifactsInfo: {} })));
  const again = await tf.loadLayersModel(tf.io.fromMemory(saved));
  const z = [again.predict(x.length === 1 ? x[0] : x)].flat();
  return wrong ?? z.map((t, i) => difference(t, y[i])).find((d) => d !== undefined);
}

async function graph(tf, name, expected) {
  const model = await tf.loadGraphModel(files(tf, name));
  const calls = new Map();
  for (const [key, tensor] of Object.entries(expected)) {
    const at = key.indexOf(':');
    const [place, node] = [key.slice(0, at), key.slice(at + 1)];
    const call = calls.get(place.slice(1)) ?? { x: {}, y: {} };
    calls.set(place.slice(1), call);
    call[place[0]][node] = tensor;
  }
  for (const { x, y } of calls.values()) {
    const names = Object.keys(y);
    for (const run of [(...a) => model.execute(...a), (...a) => model.executeAsync(...a)]) {
      const got = [await run(x, names)].flat();
      const wrong = names.map((n, i) => [n, difference(got[i], y[n])]).find(([, d]) => d !== undefined);
      if (wrong !== undefined) return wrong.join(': ');
    }
  }
  model.dispose();
  return undefined;
}

/** Problems, one a line, and how many models are right. */
export async function checkModels(tf, filter = '') {
  const problems = [];
  let passed = 0;
  for (const name of readdirSync(folder).filter((n) => n.includes(filter))) {
    try {
      const expected = arrays(tf, new Uint8Array(readFileSync(new URL(`${name}/expected.safetensors`, folder))));
      const wrong = await (name.startsWith('g_') ? graph : layers)(tf, name, expected);
      if (wrong === undefined) passed++;
      else problems.push(`models: ${name}: ${wrong}`);
    } catch (e) {
      problems.push(`models: ${name}: ${e.message}`);
    }
  }
  return { passed, problems };
}
