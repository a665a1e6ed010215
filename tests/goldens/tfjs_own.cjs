// Layers models that TensorFlow.js itself wrote, with its outputs, and what it makes of them in one more step of training.
//
// Called as `node tfjs_own.cjs` with @tensorflow/tfjs 4.22 installed where node finds it; writes folders j_* into tests/goldens/tfjs:
// model.json, weights.bin, expected.safetensors (x0 inputs, y0 outputs, t0 labels, n0.. weights after a step of training on them).
const fs = require('fs');
const path = require('path');
const tf = require('@tensorflow/tfjs');
const L = tf.layers;

const HERE = path.join(__dirname, 'tfjs');
let seed = 1;

/** Numbers between -1 and 1, the same in every run. */
function numbers(shape) {
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
    seed = (seed * 48271) % 2147483647;
    return (seed / 2147483647) * 2 - 1;
  });
  return tf.tensor(values, shape);
}

function safetensors(arrays) {
  const header = {};
  const parts = [];
  let at = 0;
  for (const [name, t] of Object.entries(arrays)) {
    const bytes = Buffer.from(Float32Array.from(t.dataSync()).buffer);
    header[name] = { dtype: 'F32', shape: t.shape, data_offsets: [at, at + bytes.length] };
    parts.push(bytes);
    at += bytes.length;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, ...parts]);
}

async function write(name, model, x, t) {
  const folder = path.join(HERE, name);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  if (t) {
    await model.fit(x, t, { epochs: 2, batchSize: x.shape[0], shuffle: false, verbose: 0 });
  }
  await model.save(tf.io.withSaveHandler(async (a) => {
    const { weightData, weightSpecs, ...json } = a;
    json.weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
    fs.writeFileSync(path.join(folder, 'model.json'), JSON.stringify(json));
    fs.writeFileSync(path.join(folder, 'weights.bin'), Buffer.from(weightData));
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
  }), { includeOptimizer: Boolean(t) });
  const arrays = { x0: x, y0: model.predict(x) };
  if (t) {
    arrays.t0 = t;
    await model.fit(x, t, { epochs: 1, batchSize: x.shape[0], shuffle: false, verbose: 0 });
    model.getWeights().forEach((w, i) => { arrays[`n${i}`] = w; });
  }
  fs.writeFileSync(path.join(folder, 'expected.safetensors'), safetensors(arrays));
}

function fill(model) {
  model.setWeights(model.getWeights().map((w) => numbers(w.shape).mul(0.5)));
  return model;
}

async function main() {
  const optimizers = {
    adam: tf.train.adam(0.05), momentum: tf.train.momentum(0.05, 0.9), rmsprop: tf.train.rmsprop(0.05, 0.9, 0.5), adagrad: tf.train.adagrad(0.05), sgd: tf.train.sgd(0.1),
  };
  for (const [name, optimizer] of Object.entries(optimizers)) {
    const model = fill(tf.sequential({ layers: [L.dense({ units: 4, activation: 'tanh', inputShape: [3] }), L.dense({ units: 2, kernelRegularizer: 'l1l2' })] }));
    model.compile({ optimizer, loss: 'meanSquaredError', metrics: ['mse'] });
    await write(`j_${name}`, model, numbers([6, 3]), numbers([6, 2]));
  }
  const words = tf.tensor([[1, 2, 3, 0], [4, 1, 0, 0]], [2, 4]);
  await write('j_recurrent', fill(tf.sequential({ layers: [
    L.embedding({ inputDim: 5, outputDim: 3, inputLength: 4 }), L.lstm({ units: 4, returnSequences: true }),
    L.bidirectional({ layer: L.gru({ units: 3, returnSequences: true }), mergeMode: 'concat' }), L.timeDistributed({ layer: L.dense({ units: 3 }) }),
    L.rnn({ cell: [L.gruCell({ units: 3 }), L.lstmCell({ units: 2 })] }), L.dense({ units: 2 })] })), words);
  const [a, b] = [tf.input({ shape: [4] }), tf.input({ shape: [4] })];
  const shared = L.dense({ units: 3, activation: 'selu' });
  const within = tf.input({ shape: [3] });
  const inner = tf.model({ inputs: within, outputs: L.dense({ units: 3, activation: 'swish' }).apply(within) });
  const sum = L.add().apply([inner.apply(shared.apply(a)), inner.apply(shared.apply(b))]);
  const graph = fill(tf.model({ inputs: [a, b], outputs: L.batchNormalization().apply(sum) }));
  const folder = path.join(HERE, 'j_graph');
  const [x0, x1] = [numbers([2, 4]), numbers([2, 4])];
  graph.setWeights(graph.getWeights().map((w, i, all) => (i === all.length - 1 ? w.abs().add(0.5) : w)));
  const predict = graph.predict.bind(graph);
  graph.predict = () => predict([x0, x1]);
  await write('j_graph', graph, x0);
  fs.writeFileSync(path.join(folder, 'expected.safetensors'), safetensors({ x0, x1, y0: graph.predict() }));
}

main();
