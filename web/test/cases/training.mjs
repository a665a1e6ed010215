// Compiling, training, evaluating; layers, losses, metrics and callbacks of the program; saving and loading.

const wave = (shape, f = 0.7, by = 0.5) => Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.round(Math.sin(i * f + 0.3) * by * 1000) / 1000);
const input = (tf, shape, f, by = 1) => tf.tensor(wave(shape, f, by), shape);
const classes = (tf, n, k) => tf.oneHot(tf.tensor1d(Array.from({ length: n }, (_, i) => (i * 7 + (i % 3)) % k), 'int32'), k).cast('float32');

function set(tf, layer) {
  layer.setWeights(layer.getWeights().map((w, i) => tf.tensor(wave(w.shape, 0.7 + 0.2 * i), w.shape)));
  return layer;
}
const mlp = (tf, last = { units: 3, activation: 'softmax' }) =>
  set(tf, tf.sequential({ layers: [tf.layers.dense({ units: 5, inputShape: [4], activation: 'tanh' }), tf.layers.dense(last)] }));

const trained = (optimizer, loss = 'categoricalCrossentropy') => async (tf) => {
  const m = mlp(tf);
  m.compile({ optimizer: optimizer(tf), loss, metrics: ['accuracy'] });
  const h = await m.fit(input(tf, [20, 4]), classes(tf, 20, 3), { epochs: 4, batchSize: 8, shuffle: false, verbose: 0 });
  return [h.history, h.epoch, m.getWeights()];
};

/** A layer of the program. */
function scale(tf) {
  return class Scale extends tf.layers.Layer {
    constructor(config = {}) {
      super(config);
      this.power = config.power ?? 1;
    }
    build(inputShape) {
      this.by = this.addWeight('by', [inputShape[inputShape.length - 1]], 'float32', tf.initializers.constant({ value: 0.5 }));
      super.build(inputShape);
    }
    computeOutputShape(inputShape) {
      return inputShape;
    }
    call(inputs, kwargs) {
      return tf.tidy(() => {
        this.invokeCallHook(inputs, kwargs);
        const x = Array.isArray(inputs) ? inputs[0] : inputs;
        return x.mul(this.by.read()).pow(this.power);
      });
    }
    getConfig() {
      return { ...super.getConfig(), power: this.power };
    }
    static get className() {
      return 'Scale';
    }
  };
}

export default {
  'fit sgd': trained((tf) => tf.train.sgd(0.3)),
  'fit sgd by name': trained(() => 'sgd'),
  'fit momentum': trained((tf) => tf.train.momentum(0.1, 0.9)),
  'fit nesterov': trained((tf) => tf.train.momentum(0.1, 0.9, true)),
  'fit adam': trained((tf) => tf.train.adam(0.05)),
  'fit adam by name': trained(() => 'adam'),
  'fit rmsprop': trained((tf) => tf.train.rmsprop(0.02)),
  'fit rmsprop with momentum': trained((tf) => tf.train.rmsprop(0.02, 0.8, 0.5, 1e-6)),
  'fit adagrad': trained((tf) => tf.train.adagrad(0.1)),
  'fit adadelta': trained((tf) => tf.train.adadelta(1)),
  'fit adamax': trained((tf) => tf.train.adamax(0.05)),
  'fit with each loss': async (tf) => {
    const out = {};
    for (const loss of ['meanSquaredError', 'meanAbsoluteError', 'meanAbsolutePercentageError', 'meanSquaredLogarithmicError', 'squaredHinge', 'categoricalHinge', 'logcosh', 'binaryCrossentropy', 'kullbackLeiblerDivergence', 'poisson', 'cosineProximity']) {
      const m = mlp(tf, { units: 3, activation: 'sigmoid' });
      m.compile({ optimizer: 'sgd', loss });
      const y = loss === 'squaredHinge' ? classes(tf, 10, 3).mul(2).sub(1) : loss === 'meanAbsolutePercentageError' ? classes(tf, 10, 3).add(0.5) : classes(tf, 10, 3);
      out[loss] = (await m.fit(input(tf, [10, 4]), y, { epochs: 2, batchSize: 5, shuffle: false, verbose: 0 })).history.loss;
    }
    return out;
  },
  'sparse labels': async (tf) => {
    const m = mlp(tf);
    m.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy', metrics: ['acc'] });
    const y = tf.tensor1d([0, 1, 2, 0, 1, 2]);
    return [(await m.fit(input(tf, [6, 4]), y, { epochs: 2, shuffle: false, verbose: 0 })).history, m.evaluate(input(tf, [6, 4]), y)];
  },
  'binary labels with metrics': async (tf) => {
    const m = mlp(tf, { units: 1, activation: 'sigmoid' });
    m.compile({ optimizer: tf.train.sgd(0.5), loss: 'binaryCrossentropy', metrics: ['accuracy', 'mse', tf.metrics.meanAbsoluteError] });
    const y = tf.tensor2d([0, 1, 1, 0, 1, 0, 0, 1], [8, 1]);
    const h = await m.fit(input(tf, [8, 4]), y, { epochs: 3, batchSize: 4, shuffle: false, verbose: 0 });
    return [h.history, m.metricsNames];
  },
  'validation data and split': async (tf) => {
    const m = mlp(tf);
    m.compile({ optimizer: tf.train.sgd(0.3), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
    const [x, y] = [input(tf, [20, 4]), classes(tf, 20, 3)];
    const a = await m.fit(x, y, { epochs: 2, batchSize: 8, shuffle: false, verbose: 0, validationSplit: 0.25 });
    const b = await m.fit(x, y, { epochs: 1, batchSize: 8, shuffle: false, verbose: 0, validationData: [input(tf, [6, 4], 0.9), classes(tf, 6, 3)] });
    return [a.history, b.history];
  },
  'class weights': async (tf) => {
    const m = mlp(tf);
    m.compile({ optimizer: tf.train.sgd(0.3), loss: 'categoricalCrossentropy' });
    const h = await m.fit(input(tf, [12, 4]), classes(tf, 12, 3), { epochs: 2, batchSize: 6, shuffle: false, verbose: 0, classWeight: { 0: 1, 1: 2, 2: 0.5 } });
    return h.history;
  },
  'two outputs': async (tf) => {
    const x = tf.input({ shape: [4], name: 'x' });
    const h = tf.layers.dense({ units: 4, activation: 'tanh', name: 'h' }).apply(x);
    const m = tf.model({ inputs: x, outputs: [tf.layers.dense({ units: 1, name: 'a' }).apply(h), tf.layers.dense({ units: 3, activation: 'softmax', name: 'b' }).apply(h)] });
    for (const n of ['h', 'a', 'b']) set(tf, m.getLayer(n));
    m.compile({ optimizer: tf.train.sgd(0.1), loss: ['meanSquaredError', 'categoricalCrossentropy'], metrics: { b: 'accuracy' } });
    const data = [input(tf, [8, 4]), [input(tf, [8, 1], 0.4), classes(tf, 8, 3)]];
    const r = await m.fit(...data, { epochs: 2, batchSize: 4, shuffle: false, verbose: 0 });
    const named = await m.fit({ x: data[0] }, { a: data[1][0], b: data[1][1] }, { epochs: 1, shuffle: false, verbose: 0 });
    return [m.metricsNames, r.history, named.history];
  },
  'regularizers count': async (tf) => {
    const m = set(tf, tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [4], kernelRegularizer: 'l1l2', biasRegularizer: tf.regularizers.l2({ l2: 0.3 }) })] }));
    m.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
    return [(await m.fit(input(tf, [8, 4]), input(tf, [8, 2], 0.3), { epochs: 2, batchSize: 8, shuffle: false, verbose: 0 })).history, m.getWeights()];
  },
  'constraints hold': (tf, t) => t.mine(async () => {
    const m = set(tf, tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [4], kernelConstraint: 'nonNeg', useBias: false })] }));
    m.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
    await m.fit(input(tf, [8, 4]), input(tf, [8, 2], 0.3), { epochs: 2, shuffle: false, verbose: 0 });
    return m.getWeights()[0].min().dataSync()[0] >= 0 ? 'refused' : 'below 0';
  }),
  'frozen layers stay': async (tf) => {
    const m = mlp(tf);
    m.layers[0].trainable = false;
    m.compile({ optimizer: tf.train.sgd(0.3), loss: 'categoricalCrossentropy' });
    await m.fit(input(tf, [8, 4]), classes(tf, 8, 3), { epochs: 2, shuffle: false, verbose: 0 });
    return [m.trainableWeights.length, m.layers[0].getWeights(), m.layers[1].getWeights()];
  },
  'batch normalization learns': async (tf) => {
    const m = tf.sequential({ layers: [tf.layers.batchNormalization({ inputShape: [4], momentum: 0.8 }), tf.layers.dense({ units: 1 })] });
    set(tf, m.layers[1]);
    m.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
    const h = await m.fit(input(tf, [8, 4]), input(tf, [8, 1], 0.3), { epochs: 3, batchSize: 4, shuffle: false, verbose: 0 });
    return [h.history, m.layers[0].getWeights(), m.predict(input(tf, [2, 4]))];
  },
  'cnn with adam': async (tf) => {
    const m = set(tf, tf.sequential({ layers: [
      tf.layers.conv2d({ inputShape: [8, 8, 1], filters: 4, kernelSize: 3, activation: 'relu' }),
      tf.layers.maxPooling2d({ poolSize: 2 }), tf.layers.flatten(), tf.layers.dense({ units: 3, activation: 'softmax' })] }));
    m.compile({ optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
    const h = await m.fit(input(tf, [12, 8, 8, 1]), classes(tf, 12, 3), { epochs: 3, batchSize: 4, shuffle: false, verbose: 0 });
    return [h.history, m.predict(input(tf, [2, 8, 8, 1]))];
  },
  'lstm with rmsprop': async (tf) => {
    const m = set(tf, tf.sequential({ layers: [tf.layers.lstm({ units: 4, inputShape: [5, 3] }), tf.layers.dense({ units: 1 })] }));
    m.compile({ optimizer: 'rmsprop', loss: 'meanSquaredError' });
    return [(await m.fit(input(tf, [6, 5, 3]), input(tf, [6, 1], 0.4), { epochs: 3, batchSize: 3, shuffle: false, verbose: 0 })).history, m.predict(input(tf, [2, 5, 3]))];
  },
  'trainOnBatch': async (tf) => {
    const m = mlp(tf);
    m.compile({ optimizer: tf.train.sgd(0.3), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
    const [x, y] = [input(tf, [8, 4]), classes(tf, 8, 3)];
    return [await m.trainOnBatch(x, y), await m.trainOnBatch(x, y)];
  },
  evaluate: (tf) => {
    const m = mlp(tf);
    m.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
    return m.evaluate(input(tf, [11, 4]), classes(tf, 11, 3), { batchSize: 4 });
  },
  'own loss and metric': async (tf) => {
    const m = mlp(tf);
    const cubed = (t, p) => t.sub(p).abs().pow(3).mean();
    const top = (t, p) => p.max(-1);
    m.compile({ optimizer: tf.train.sgd(0.3), loss: cubed, metrics: [top] });
    return (await m.fit(input(tf, [8, 4]), classes(tf, 8, 3), { epochs: 3, batchSize: 4, shuffle: false, verbose: 0 })).history;
  },
  'tf.losses as loss': async (tf) => {
    const m = mlp(tf);
    m.compile({ optimizer: tf.train.sgd(0.3), loss: tf.losses.meanSquaredError, metrics: ['mse'] });
    return (await m.fit(input(tf, [8, 4]), classes(tf, 8, 3), { epochs: 2, shuffle: false, verbose: 0 })).history;
  },
  'own layer': async (tf) => {
    const Scale = scale(tf);
    const l = new Scale({ power: 1, name: 'scale' });
    const m = tf.sequential({ layers: [set(tf, denseOf(tf)), l, set(tf, denseOf(tf, 1))] });
    m.compile({ optimizer: tf.train.sgd(0.2), loss: 'meanSquaredError' });
    const h = await m.fit(input(tf, [8, 3]), input(tf, [8, 1], 0.4), { epochs: 3, batchSize: 4, shuffle: false, verbose: 0 });
    return [h.history, l.getWeights(), l.weights.map((w) => w.originalName), m.predict(input(tf, [2, 3])), l.getConfig().power, l.getClassName(), m.countParams()];
  },
  'own layer on tensors': (tf) => {
    const Scale = scale(tf);
    const l = new Scale({ power: 2 });
    return [l.apply(input(tf, [2, 3])), l.by.read(), l.computeOutputShape([2, 3]), l.countParams()];
  },
  callbacks: async (tf) => {
    const m = mlp(tf);
    m.compile({ optimizer: tf.train.sgd(0.3), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
    const told = [];
    const note = (name) => async (at, logs) => void told.push([name, at, logs]);
    await m.fit(input(tf, [8, 4]), classes(tf, 8, 3), {
      epochs: 2, batchSize: 4, shuffle: false, verbose: 0,
      callbacks: { onTrainBegin: () => told.push('begin'), onEpochBegin: (e) => told.push(['epoch', e]), onBatchEnd: note('batch'), onEpochEnd: note('end'), onTrainEnd: () => told.push('done') },
    });
    return told;
  },
  'early stopping and stopTraining': async (tf) => {
    const m = mlp(tf);
    m.compile({ optimizer: tf.train.sgd(0), loss: 'categoricalCrossentropy' });
    const data = [input(tf, [8, 4]), classes(tf, 8, 3)];
    const a = await m.fit(...data, { epochs: 20, verbose: 0, shuffle: false, callbacks: tf.callbacks.earlyStopping({ monitor: 'loss', patience: 2 }) });
    const b = await m.fit(...data, { epochs: 20, verbose: 0, shuffle: false, callbacks: { onEpochEnd: (e) => { if (e === 1) m.stopTraining = true; } } });
    return [a.epoch, b.epoch];
  },
  fitDataset: async (tf) => {
    const m = mlp(tf);
    m.compile({ optimizer: tf.train.sgd(0.3), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
    const [xs, ys] = [wave([12, 4], 0.7, 1), Array.from(classes(tf, 12, 3).dataSync())];
    const rows = Array.from({ length: 12 }, (_, i) => ({ xs: xs.slice(i * 4, i * 4 + 4), ys: ys.slice(i * 3, i * 3 + 3) }));
    const data = tf.data.array(rows).batch(4);
    const h = await m.fitDataset(data, { epochs: 2, verbose: 0, validationData: data });
    return [h.history, await m.evaluateDataset(data)];
  },
  'training by minimize': (tf) => {
    const m = mlp(tf);
    const optimizer = tf.train.sgd(0.3);
    const [x, y] = [input(tf, [8, 4]), classes(tf, 8, 3)];
    const losses = [];
    for (let i = 0; i < 3; i++) {
      const cost = optimizer.minimize(() => tf.losses.softmaxCrossEntropy(y, m.predict(x)), true, m.trainableWeights.map((w) => w.read()));
      losses.push(cost.dataSync()[0]);
    }
    return [losses, m.getWeights()];
  },
  'gradients of models': (tf) => {
    const m = mlp(tf);
    const g = tf.variableGrads(() => m.apply(input(tf, [8, 4])).square().mean(), m.trainableWeights.map((w) => w.val ?? w.read()));
    return [g.value, Object.values(g.grads)];
  },
  'fit refuses': async (tf, t) => {
    const m = mlp(tf);
    const [x, y] = [input(tf, [8, 4]), classes(tf, 8, 3)];
    const before = await t.rejects(m.fit(x, y, { verbose: 0 }), /must compile a model/);
    m.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
    return [
      before,
      await t.rejects(m.fit(x, classes(tf, 7, 3), { verbose: 0 }), /same number of samples/),
      await t.rejects(m.fit(x, y, { batchSize: 0, verbose: 0 }), /batchSize is required to be a positive integer/),
      await t.rejects(m.fit(input(tf, [8, 5]), y, { verbose: 0 }), /Error when checking/),
      t.throws(() => m.compile({ optimizer: 'sgd', loss: 'nothing' }), /Unknown loss nothing/),
      t.throws(() => m.compile({ optimizer: 'nothing', loss: 'meanSquaredError' }), /Unknown Optimizer nothing/),
      t.throws(() => m.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: ['nothing'] }), /nothing/),
    ];
  },
  'saved and loaded': async (tf) => {
    const m = mlp(tf);
    let saved;
    const result = await m.save(tf.io.withSaveHandler(async (a) => ((saved = a), { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } })));
    const again = await tf.loadLayersModel(tf.io.fromMemory(saved));
    return [again.predict(input(tf, [2, 4])), saved.format, saved.weightSpecs.map((s) => [s.shape, s.dtype]), saved.weightData.byteLength, result.modelArtifactsInfo.modelTopologyType, again.layers.length];
  },
  'own layers are loaded': async (tf) => {
    const Scale = scale(tf);
    tf.serialization.registerClass(Scale);
    const x = tf.input({ shape: [3] });
    const m = tf.model({ inputs: x, outputs: new Scale({ power: 2 }).apply(tf.layers.dense({ units: 3 }).apply(x)) });
    set(tf, m);
    let saved;
    await m.save(tf.io.withSaveHandler(async (a) => ((saved = a), { modelArtifactsInfo: {} })));
    const again = await tf.loadLayersModel(tf.io.fromMemory(saved));
    return [again.predict(input(tf, [2, 3])), again.layers[2].power];
  },
  modelFromJSON: async (tf) => {
    const again = await tf.models.modelFromJSON(JSON.parse(mlp(tf).toJSON()));
    return [set(tf, again).predict(input(tf, [2, 4])), again.countParams()];
  },
};

function denseOf(tf, units = 3) {
  const d = tf.layers.dense({ units, inputShape: [3] });
  d.build([null, 3]);
  return d;
}
