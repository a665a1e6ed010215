// Layers and models beyond TensorFlow.js, and what must hold whatever the numbers. Each case gives true.

const near = (a, b, by = 1e-5) => {
  const [x, y] = [a, b].map((t) => Array.from(t.dataSync ? t.dataSync() : t));
  return x.length === y.length && x.every((v, i) => Math.abs(v - y[i]) <= by * Math.max(1, Math.abs(y[i])));
};
const check = (facts) => {
  const wrong = Object.entries(facts).filter(([, v]) => v !== true).map(([k, v]) => `${k}: ${JSON.stringify(v)}`);
  if (wrong.length > 0) throw new Error(wrong.join('; '));
  return true;
};
const series = (tf) => tf.linspace(-1, 1, 30).reshape([2, 5, 3]);

export default {
  'attention of several heads': (tf) => {
    const l = tf.layers.multiHeadAttention({ numHeads: 2, keyDim: 4 });
    const x = series(tf);
    const y = l.apply([x, x]);
    const causal = l.apply([x, x], { useCausalMask: true });
    // The first step sees itself alone: its output does not depend on the others.
    const other = tf.concat([x.slice([0, 0], [2, 1]), tf.zeros([2, 4, 3])], 1);
    const again = l.apply([other, other], { useCausalMask: true });
    return check({ shape: `${y.shape}` === '2,5,3', count: l.countParams() === 3 * (3 * 8 + 8) + 8 * 3 + 3, causal: near(causal.slice([0, 0], [2, 1]), again.slice([0, 0], [2, 1])) });
  },
  'attention layers in models': (tf) => {
    const x = tf.input({ shape: [5, 3] });
    const a = tf.layers.attention().apply([x, x]);
    const b = tf.layers.additiveAttention().apply([x, x]);
    const m = tf.model({ inputs: x, outputs: tf.layers.layerNormalization().apply(tf.layers.add().apply([a, b])) });
    return check({ shape: `${m.predict(series(tf)).shape}` === '2,5,3' });
  },
  'gru with the reset after': (tf) => {
    const l = tf.layers.gru({ units: 4, resetAfter: true });
    const y = l.apply(series(tf));
    return check({ shape: `${y.shape}` === '2,4', bias: l.weights.some((w) => `${w.shape}` === '2,12') });
  },
  lambda: async (tf) => {
    const m = tf.sequential({ layers: [tf.layers.lambda({ function: (x) => x.mul(2).add(1), inputShape: [3] }), tf.layers.dense({ units: 1 })] });
    m.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const h = await m.fit(tf.ones([4, 3]), tf.ones([4, 1]), { epochs: 3, verbose: 0 });
    const y = tf.layers.lambda({ function: (x) => x.square() }).apply(tf.tensor1d([1, 2, 3]).reshape([3, 1]));
    return check({ values: near(y, [1, 4, 9]), learns: h.history.loss[2] < h.history.loss[0] });
  },
  'all other layers': (tf) => {
    const image = tf.ones([1, 4, 4, 2]);
    const shapes = {
      conv1dTranspose: [tf.layers.conv1dTranspose({ filters: 2, kernelSize: 2, strides: 2 }).apply(series(tf)), '2,10,2'],
      cropping1D: [tf.layers.cropping1D({ cropping: 1 }).apply(series(tf)), '2,3,3'],
      depthwiseConv1d: [tf.layers.depthwiseConv1d({ kernelSize: 2 }).apply(series(tf)), '2,4,3'],
      einsumDense: [tf.layers.einsumDense({ equation: 'abc,cd->abd', outputShape: [null, 7], biasAxes: 'd' }).apply(series(tf)), '2,5,7'],
      groupQueryAttention: [tf.layers.groupQueryAttention({ headDim: 4, numQueryHeads: 2, numKeyValueHeads: 1 }).apply([series(tf), series(tf)]), '2,5,3'],
      identity: [tf.layers.identity().apply(series(tf)), '2,5,3'],
      rmsNormalization: [tf.layers.rmsNormalization().apply(series(tf)), '2,5,3'],
      separableConv1d: [tf.layers.separableConv1d({ filters: 4, kernelSize: 2 }).apply(series(tf)), '2,4,4'],
      spatialDropout2d: [tf.layers.spatialDropout2d({ rate: 0.5 }).apply(image), '1,4,4,2'],
      subtract: [tf.layers.subtract().apply([image, image]), '1,4,4,2'],
      unitNormalization: [tf.layers.unitNormalization().apply(series(tf)), '2,5,3'],
      upSampling1d: [tf.layers.upSampling1d({ size: 2 }).apply(series(tf)), '2,10,3'],
      zeroPadding1d: [tf.layers.zeroPadding1d({ padding: 1 }).apply(series(tf)), '2,7,3'],
      globalAveragePooling3d: [tf.layers.globalAveragePooling3d().apply(tf.ones([1, 2, 2, 2, 3])), '1,3'],
    };
    return check(Object.fromEntries(Object.entries(shapes).map(([k, [t, s]]) => [k, `${t.shape}` === s || t.shape])));
  },
  'a cell of the program': (tf) => {
    class Cell extends tf.layers.RNNCell {
      constructor() {
        super({});
        this.stateSize = 2;
      }
      build(inputShape) {
        this.kernel = this.addWeight('kernel', [inputShape[inputShape.length - 1], 2], 'float32', tf.initializers.ones());
        this.built = true;
      }
      call(inputs) {
        const [x, h] = inputs;
        const y = x.matMul(this.kernel.read()).add(h);
        return [y, y];
      }
      static get className() {
        return 'Cell';
      }
    }
    const x = series(tf);
    const y = tf.layers.rnn({ cell: new Cell() }).apply(x);
    return check({ sums: near(y.slice([0, 0], [2, 1]), x.sum([1, 2])) });
  },
  'a layer of the program that holds others': async (tf) => {
    class Block extends tf.layers.Layer {
      constructor() {
        super({});
        this.first = tf.layers.dense({ units: 4, activation: 'tanh' });
        this.second = tf.layers.dense({ units: 1 });
      }
      computeOutputShape(shape) {
        return [shape[0], 1];
      }
      call(inputs) {
        const x = Array.isArray(inputs) ? inputs[0] : inputs;
        return this.second.apply(this.first.apply(x));
      }
      static get className() {
        return 'Block';
      }
    }
    const x = tf.input({ shape: [3] });
    const block = new Block();
    const m = tf.model({ inputs: x, outputs: block.apply(x) });
    m.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
    const before = block.first.getWeights()[0].clone();
    await m.fit(tf.ones([4, 3]), tf.ones([4, 1]), { epochs: 2, verbose: 0 });
    return check({ weights: m.trainableWeights.length === 4 || m.trainableWeights.length, moved: !near(before, block.first.getWeights()[0]) });
  },
  'weights of samples and of losses': async (tf) => {
    const m = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1], kernelInitializer: 'zeros' })] });
    m.compile({ optimizer: tf.train.sgd(0), loss: 'meanSquaredError' });
    const h = await m.fit(tf.ones([4, 1]), tf.tensor2d([1, 2, 3, 4], [4, 1]), { epochs: 1, verbose: 0, sampleWeight: tf.tensor1d([1, 0, 0, 1]) });
    return check({ loss: near(h.history.loss, [(1 + 16) / 4]) || h.history.loss });
  },
  'seeds give the same weights and order': async (tf) => {
    const run = async () => {
      tf.setRandomSeed(3);
      const m = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [2] }), tf.layers.dense({ units: 1 })] });
      m.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      await m.fit(tf.linspace(0, 1, 20).reshape([10, 2]), tf.linspace(1, 0, 10).reshape([10, 1]), { epochs: 2, batchSize: 3, verbose: 0 });
      return tf.concat(m.getWeights().map((w) => w.flatten()));
    };
    return check({ same: near(await run(), await run(), 0) });
  },
  'fit leaves nothing behind': async (tf) => {
    const m = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [2] }), tf.layers.dense({ units: 1 })] });
    m.compile({ optimizer: 'adam', loss: 'meanSquaredError', metrics: ['mae'] });
    const [x, y] = [tf.ones([64, 2]), tf.ones([64, 1])];
    const data = () => [tf.memory().numTensors, tf.memory().device.handles];
    await m.fit(x, y, { epochs: 2, batchSize: 8, verbose: 0, validationSplit: 0.5 });
    m.predict(x).dispose();
    const before = data();
    await m.fit(x, y, { epochs: 20, batchSize: 8, verbose: 0, validationSplit: 0.5 });
    for (let i = 0; i < 50; i++) {
      m.predict(x).dispose();
      tf.dispose(m.evaluate(x, y));
    }
    const after = data();
    const r = check({ tensors: after[0] <= before[0] || [before[0], after[0]], handles: after[1] <= before[1] || [before[1], after[1]] });
    m.dispose();
    tf.dispose([x, y]);
    return r;
  },
  'dispose lets weights go': (tf) => {
    const before = tf.memory().numTensors;
    const m = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [2] }), tf.layers.dense({ units: 1 })] });
    const { numDisposedVariables } = m.dispose();
    let refused = false;
    try {
      m.dispose();
    } catch {
      refused = true;
    }
    return check({ count: numDisposedVariables === 4 || numDisposedVariables, left: tf.memory().numTensors === before || tf.memory().numTensors - before, refused });
  },
  'the same layer is the same object': (tf) => {
    const d = tf.layers.dense({ units: 2, inputShape: [2], name: 'same' });
    const m = tf.sequential({ layers: [d] });
    return check({ layer: m.getLayer('same') === d, symbol: m.outputs[0] === d.output, source: m.outputs[0].sourceLayer === d, input: m.inputs[0] === d.input });
  },
  'a layer says its shapes': (tf) => {
    const x = tf.input({ shape: [4] });
    const d = tf.layers.dense({ units: 2 });
    const y = d.apply(x);
    const twice = tf.layers.dense({ units: 4 });
    twice.apply(x);
    const z = twice.apply(x);
    let refused = false;
    try {
      void twice.output;
    } catch (e) {
      refused = /multiple inbound nodes/.test(e.message);
    }
    return check({ output: `${d.outputShape}` === ',2', same: d.output === y, at: twice.getOutputAt(1) === z, refused });
  },
  summary: (tf) => {
    const lines = [];
    tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3], name: 'only' })] }).summary(undefined, undefined, (l) => lines.push(l));
    return check({ layer: lines.some((l) => l.includes('only')), count: lines.some((l) => /Total params: 8/.test(l)) || lines });
  },
  'optimizer state is saved and loaded': async (tf) => {
    const make = () => {
      const m = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2], kernelInitializer: 'ones' })] });
      m.compile({ optimizer: tf.train.momentum(0.1, 0.9), loss: 'meanSquaredError', metrics: ['mae', 'accuracy'] });
      return m;
    };
    const [x, y] = [tf.linspace(0, 1, 8).reshape([4, 2]), tf.ones([4, 1])];
    const m = make();
    await m.fit(x, y, { epochs: 3, verbose: 0, shuffle: false });
    let saved;
    await m.save(tf.io.withSaveHandler(async (a) => ((saved = a), { modelArtifactsInfo: {} })), { includeOptimizer: true });
    const again = await tf.loadLayersModel(tf.io.fromMemory(saved));
    const a = await m.fit(x, y, { epochs: 2, verbose: 0, shuffle: false });
    const b = await again.fit(x, y, { epochs: 2, verbose: 0, shuffle: false });
    return check({ config: saved.trainingConfig !== undefined, loss: near(a.history.loss, b.history.loss) || [a.history, b.history], names: `${Object.keys(b.history)}` === 'loss,meanAbsoluteError,acc' || Object.keys(b.history) });
  },
  'user metadata is kept': async (tf) => {
    const m = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
    m.setUserDefinedMetadata({ classes: ['a', 'b'] });
    let saved;
    await m.save(tf.io.withSaveHandler(async (a) => ((saved = a), { modelArtifactsInfo: {} })));
    const again = await tf.loadLayersModel(tf.io.fromMemory(saved));
    return check({ same: JSON.stringify(again.getUserDefinedMetadata()) === '{"classes":["a","b"]}' });
  },
  'files that are cut short are refused': async (tf) => {
    const m = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
    let saved;
    await m.save(tf.io.withSaveHandler(async (a) => ((saved = a), { modelArtifactsInfo: {} })));
    const cut = await tf.loadLayersModel(tf.io.fromMemory({ ...saved, weightData: saved.weightData.slice(0, 4) })).then(() => 'loaded', (e) => e.message);
    const other = await tf.loadGraphModel(tf.io.fromMemory(saved)).then(() => 'loaded', (e) => e.message);
    return check({ cut: cut !== 'loaded', other: /graph-model/.test(other) || other });
  },
  'learning rates may change': async (tf) => {
    const m = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1], kernelInitializer: 'zeros' })] });
    const optimizer = tf.train.sgd(0.1);
    m.compile({ optimizer, loss: 'meanSquaredError' });
    const [x, y] = [tf.ones([2, 1]), tf.ones([2, 1])];
    await m.fit(x, y, { epochs: 1, verbose: 0 });
    optimizer.setLearningRate(0);
    const before = m.getWeights()[0].dataSync()[0];
    await m.fit(x, y, { epochs: 1, verbose: 0 });
    return check({ still: m.getWeights()[0].dataSync()[0] === before, moved: before !== 0, steps: optimizer.iterations === 2 || optimizer.iterations });
  },
};
