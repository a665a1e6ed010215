// The works of bench.mjs, in the page: each by this package and by TensorFlow.js on its webgpu backend, in turns, on the same adapter.

import * as ours from '/dist/wgflow.js';

const PEERS = ['tfjs/dist/tf.min.js', 'tfjs-backend-webgpu/dist/tf-backend-webgpu.min.js'];

function script(src) {
  return new Promise((resolve, reject) => {
    const element = document.createElement('script');
    Object.assign(element, { src, onload: resolve, onerror: () => reject(new Error(`${src} cannot be loaded`)) });
    document.head.append(element);
  });
}

const batch = 32;
const read = async (t) => {
  await t.data();
  t.dispose();
};

/** Layers models with what their steps take. */
const models = {
  cnn(tf) {
    const { layers } = tf;
    const model = tf.sequential({
      layers: [
        layers.conv2d({ filters: 32, kernelSize: 3, activation: 'relu', inputShape: [28, 28, 1] }),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.conv2d({ filters: 64, kernelSize: 3, activation: 'relu' }),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.flatten(),
        layers.dense({ units: 10, activation: 'softmax' }),
      ],
    });
    model.compile({ optimizer: tf.train.adam(1e-3), loss: 'categoricalCrossentropy' });
    const labels = tf.oneHot(tf.tensor1d(Array.from({ length: batch }, (_, i) => i % 10), 'int32'), 10).toFloat();
    return { model, x: tf.randomNormal([batch, 28, 28, 1]), y: labels };
  },
  lstm(tf) {
    const model = tf.sequential({ layers: [tf.layers.lstm({ units: 32, inputShape: [20, 16] }), tf.layers.dense({ units: 1 })] });
    model.compile({ optimizer: tf.train.adam(1e-3), loss: 'meanSquaredError' });
    return { model, x: tf.randomNormal([batch, 20, 16]), y: tf.randomNormal([batch, 1]) };
  },
};

const predicts = (make) => async (tf) => {
  const { model, x } = await make(tf);
  return () => read(model.predict(x));
};
const trains = (make) => async (tf) => {
  const { model, x, y } = await make(tf);
  return () => model.trainOnBatch(x, y);
};

/** A stored model; the peer gets the same bytes. */
const stored = (files, kind) => async (tf) => {
  const { json, weights } = files[kind];
  const weightData = Uint8Array.from(atob(weights), (c) => c.charCodeAt(0)).buffer;
  const weightSpecs = json.weightsManifest.flatMap((g) => g.weights);
  const parts = { ...json, weightSpecs, weightData };
  const handler = tf.io.fromMemory(parts);
  const model = kind === 'graph' ? await tf.loadGraphModel(handler) : await tf.loadLayersModel(handler);
  return { model, x: tf.randomNormal([1, 96, 96, 3]) };
};

const works = (files) => ({
  'matMul 1024': async (tf) => {
    const a = tf.randomNormal([1024, 1024]);
    return () => read(tf.matMul(a, a));
  },
  'conv2d 3x3 64 to 64 at 56x56': async (tf) => {
    const [x, k] = [tf.randomNormal([1, 56, 56, 64]), tf.randomNormal([3, 3, 64, 64])];
    return () => read(tf.conv2d(x, k, 1, 'same'));
  },
  'MobileNetV2 0.35@96 graph predict': predicts(stored(files, 'graph')),
  'MobileNetV2 0.35@96 layers predict': predicts(stored(files, 'layers')),
  'CNN predict, batch 32': predicts(models.cnn),
  'CNN Adam step, batch 32': trains(models.cnn),
  'LSTM(32) T=20 predict': predicts(models.lstm),
  'LSTM(32) T=20 Adam step': trains(models.lstm),
});

const median = (all) => all.sort((a, b) => a - b)[all.length >> 1];

/** Launches of kernels in this page, whoever makes them. */
let dispatches = 0;
const { dispatchWorkgroups } = GPUComputePassEncoder.prototype;
GPUComputePassEncoder.prototype.dispatchWorkgroups = function count(...args) {
  dispatches++;
  return dispatchWorkgroups.apply(this, args);
};

/** Times of every work: the first call, and the median of those after two calls of warm-up. */
export async function measure(files, rounds, wanted) {
  for (const file of PEERS) await script(`/bench/node_modules/@tensorflow/${file}`);
  const peer = globalThis.tf;
  await peer.setBackend('webgpu');
  await Promise.all([peer.ready(), ours.ready()]);
  const lines = [];
  for (const [work, make] of Object.entries(works(files)).filter(([name]) => name.includes(wanted))) {
    const [times, first, launches] = [[[], []], [0, 0], [0, 0]];
    const runs = [await make(ours), await make(peer)];
    for (let round = 0; round < rounds + 2; round++) {
      for (const k of [0, 1]) {
        const before = dispatches;
        const start = performance.now();
        await runs[k]();
        const taken = performance.now() - start;
        launches[k] = dispatches - before;
        if (round === 0) first[k] = taken;
        if (round > 1) times[k].push(taken);
      }
    }
    const line = (name, unit, [a, b]) => lines.push({ work: name, unit, ours: a, peer: b, peer_name: '@tensorflow/tfjs 4.22.0 webgpu', ratio: b / a });
    line(work, 'ms', times.map(median));
    if (/predict|step/.test(work)) {
      line(`${work}, first`, 'ms', first);
      line(`${work}, launches`, 'dispatches', launches);
    }
  }
  return { lines, adapter: (await navigator.gpu.requestAdapter()).info.architecture };
}
