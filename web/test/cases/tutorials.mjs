// Programs of the kind that TensorFlow.js's tutorials show, with layers: the same numbers under both imports.

import { digits } from '../digits.mjs';

const wave = (shape, f, by) => Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * f + 0.3) * by);

/** First weights that do not depend on chance. */
function start(tf, model) {
  for (const layer of model.layers) {
    const fan = (w) => w.shape.slice(0, -1).reduce((a, b) => a * b, 1);
    layer.setWeights(layer.getWeights().map((w, i) => (w.rank === 1 ? tf.zeros(w.shape) : tf.tensor(wave(w.shape, 1.3 + 0.1 * i, Math.sqrt(3 / fan(w))), w.shape))));
  }
  return model;
}

export default {
  'a line is fitted': async (tf) => {
    const model = tf.sequential();
    model.add(tf.layers.dense({ units: 1, inputShape: [1] }));
    model.setWeights([tf.tensor2d([[0.5]]), tf.tensor1d([0])]);
    model.compile({ loss: 'meanSquaredError', optimizer: 'sgd' });
    const xs = tf.tensor2d([-1, 0, 1, 2, 3, 4], [6, 1]);
    const ys = tf.tensor2d([-3, -1, 1, 3, 5, 7], [6, 1]);
    const h = await model.fit(xs, ys, { epochs: 50, shuffle: false, verbose: 0 });
    return [h.history.loss, model.predict(tf.tensor2d([20], [1, 1]))];
  },
  'horsepower and miles: a hidden layer, Adam, batches of 32': async (tf) => {
    const inputs = tf.tensor2d(Array.from({ length: 100 }, (_, i) => i / 99), [100, 1]);
    const labels = inputs.mul(-0.7).add(0.8).add(inputs.square().mul(0.3)).add(tf.tensor2d(wave([100, 1], 9, 0.03), [100, 1]));
    const model = tf.sequential();
    model.add(tf.layers.dense({ inputShape: [1], units: 6, activation: 'sigmoid', useBias: true }));
    model.add(tf.layers.dense({ units: 1, useBias: true }));
    start(tf, model);
    model.compile({ optimizer: tf.train.adam(), loss: tf.losses.meanSquaredError, metrics: ['mse'] });
    const seen = [];
    await model.fit(inputs, labels, { batchSize: 32, epochs: 10, shuffle: false, verbose: 0, callbacks: { onEpochEnd: (epoch, logs) => void seen.push([epoch, logs.loss, logs.mse]) } });
    return [seen, model.predict(tf.linspace(0, 1, 5).reshape([5, 1]))];
  },
  'digits are recognised by a network of convolutions': async (tf) => {
    const { images, labels } = digits();
    const xs = tf.tensor4d(images, [240, 8, 8, 1]);
    const ys = tf.oneHot(tf.tensor1d(labels, 'int32'), 10).cast('float32');
    const model = tf.sequential();
    model.add(tf.layers.conv2d({ inputShape: [8, 8, 1], kernelSize: 3, filters: 8, strides: 1, activation: 'relu', kernelInitializer: 'varianceScaling' }));
    model.add(tf.layers.maxPooling2d({ poolSize: [2, 2], strides: [2, 2] }));
    model.add(tf.layers.flatten());
    model.add(tf.layers.dense({ units: 10, kernelInitializer: 'varianceScaling', activation: 'softmax' }));
    start(tf, model);
    model.compile({ optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
    const h = await model.fit(xs.slice([0], [200]), ys.slice([0], [200]), { batchSize: 50, epochs: 5, shuffle: false, verbose: 0, validationData: [xs.slice([200], [40]), ys.slice([200], [40])] });
    const [loss, accuracy] = model.evaluate(xs.slice([200], [40]), ys.slice([200], [40]));
    const guesses = model.predict(xs.slice([200], [10])).argMax(-1);
    return [h.history, loss, accuracy, guesses];
  },
  'transfer: a new head on features of a model that is loaded': async (tf) => {
    const { images, labels } = digits();
    const xs = tf.tensor4d(images, [240, 8, 8, 1]);
    const whole = start(tf, tf.sequential({ layers: [
      tf.layers.conv2d({ inputShape: [8, 8, 1], kernelSize: 3, filters: 6, activation: 'relu', name: 'features' }),
      tf.layers.flatten({ name: 'flat' }), tf.layers.dense({ units: 10, activation: 'softmax', name: 'head' })] }));
    let saved;
    await whole.save(tf.io.withSaveHandler(async (artifacts) => ((saved = artifacts), { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } })));
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(saved));
    const truncated = tf.model({ inputs: loaded.inputs, outputs: loaded.getLayer('flat').output });
    for (const layer of truncated.layers) layer.trainable = false;
    const features = truncated.predict(xs);
    const head = start(tf, tf.sequential({ layers: [tf.layers.dense({ inputShape: [216], units: 12, activation: 'relu' }), tf.layers.dense({ units: 2, activation: 'softmax' })] }));
    head.compile({ optimizer: tf.train.sgd(0.05), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
    const even = tf.oneHot(tf.tensor1d(labels.map((l) => l % 2), 'int32'), 2).cast('float32');
    const h = await head.fit(features, even, { epochs: 4, batchSize: 24, shuffle: false, verbose: 0 });
    return [features.shape, h.history, head.predict(truncated.predict(xs.slice([0], [3]))), truncated.trainableWeights.length];
  },
};
