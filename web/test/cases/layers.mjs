// Layers, models, training.

const wave = (shape, f = 0.7, by = 0.5) => Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.round(Math.sin(i * f + 0.3) * by * 1000) / 1000);
const input = (tf, shape, f, by = 1) => tf.tensor(wave(shape, f, by), shape);

/** Gives a layer or model weights that do not depend on chance. */
function set(tf, layer) {
  layer.setWeights(layer.getWeights().map((w, i) => tf.tensor(wave(w.shape, 0.7 + 0.2 * i).map((v) => (v === 0 ? 0.1 : v)), w.shape)));
  return layer;
}

/** What a layer gives, with such weights, and how many numbers they are. */
const layer = (make, shape, f) => (tf) => {
  const l = make(tf);
  const x = input(tf, shape, f);
  l.apply(x);
  if (l.getWeights().length > 0) set(tf, l);
  return [l.apply(x), l.countParams(), l.weights.map((w) => w.shape)];
};

const image = [2, 6, 6, 3];
const series = [2, 5, 3];
const cases = {
  dense: layer((tf) => tf.layers.dense({ units: 3, activation: 'tanh' }), [2, 4]),
  'dense of more dimensions': layer((tf) => tf.layers.dense({ units: 3, useBias: false }), [2, 3, 4]),
  conv1d: layer((tf) => tf.layers.conv1d({ filters: 2, kernelSize: 2, activation: 'relu' }), series),
  conv2d: layer((tf) => tf.layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same', activation: 'elu' }), image),
  'conv2d dilated': layer((tf) => tf.layers.conv2d({ filters: 2, kernelSize: [2, 3], dilationRate: 2 }), image),
  'conv2d channels first': layer((tf) => tf.layers.conv2d({ filters: 2, kernelSize: 2, dataFormat: 'channelsFirst' }), [2, 3, 4, 4]),
  conv2dTranspose: layer((tf) => tf.layers.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, padding: 'same' }), image),
  conv3d: layer((tf) => tf.layers.conv3d({ filters: 2, kernelSize: 2 }), [1, 3, 3, 3, 2]),
  conv3dTranspose: layer((tf) => tf.layers.conv3dTranspose({ filters: 2, kernelSize: 2, strides: 2 }), [1, 2, 2, 2, 2]),
  separableConv2d: layer((tf) => tf.layers.separableConv2d({ filters: 4, kernelSize: 3, depthMultiplier: 2 }), image),
  depthwiseConv2d: layer((tf) => tf.layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: 'same' }), image),
  cropping2D: layer((tf) => tf.layers.cropping2D({ cropping: [[1, 2], [0, 1]] }), image),
  upSampling2d: layer((tf) => tf.layers.upSampling2d({ size: [2, 3] }), [1, 2, 2, 1]),
  zeroPadding2d: layer((tf) => tf.layers.zeroPadding2d({ padding: [[1, 0], [2, 1]] }), [1, 2, 2, 1]),
  maxPooling1d: layer((tf) => tf.layers.maxPooling1d({ poolSize: 2 }), series),
  maxPooling2d: layer((tf) => tf.layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }), image),
  maxPooling3d: layer((tf) => tf.layers.maxPooling3d({}), [1, 4, 4, 4, 1]),
  averagePooling1d: layer((tf) => tf.layers.averagePooling1d({ poolSize: 2, strides: 1 }), series),
  averagePooling2d: layer((tf) => tf.layers.avgPool2d({ poolSize: [2, 2], padding: 'same', strides: [1, 1] }), image),
  averagePooling3d: layer((tf) => tf.layers.averagePooling3d({}), [1, 4, 4, 4, 1]),
  globalAveragePooling1d: layer((tf) => tf.layers.globalAveragePooling1d(), series),
  globalAveragePooling2d: layer((tf) => tf.layers.globalAveragePooling2d({}), image),
  globalMaxPooling1d: layer((tf) => tf.layers.globalMaxPool1d(), series),
  globalMaxPooling2d: layer((tf) => tf.layers.globalMaxPooling2d({}), image),
  batchNormalization: layer((tf) => tf.layers.batchNormalization(), [2, 4]),
  layerNormalization: layer((tf) => tf.layers.layerNormalization(), [2, 4]),
  elu: layer((tf) => tf.layers.elu(), [2, 4]),
  reLU: layer((tf) => tf.layers.reLU({ maxValue: 0.5 }), [2, 4]),
  leakyReLU: layer((tf) => tf.layers.leakyReLU(), [2, 4]),
  prelu: layer((tf) => tf.layers.prelu({}), [2, 4]),
  softmax: layer((tf) => tf.layers.softmax(), [2, 4]),
  thresholdedReLU: layer((tf) => tf.layers.thresholdedReLU({ theta: 0.4 }), [2, 4]),
  activations: (tf) =>
    'elu relu relu6 selu sigmoid hardSigmoid softplus softsign tanh softmax logSoftmax swish mish linear'
      .split(' ')
      .map((activation) => tf.layers.activation({ activation }).apply(input(tf, [2, 4], 1.1, 3))),
  flatten: layer((tf) => tf.layers.flatten(), image),
  reshape: layer((tf) => tf.layers.reshape({ targetShape: [9, -1] }), image),
  permute: layer((tf) => tf.layers.permute({ dims: [2, 1] }), series),
  repeatVector: layer((tf) => tf.layers.repeatVector({ n: 3 }), [2, 4]),
  masking: layer((tf) => tf.layers.masking({ maskValue: 0 }), series),
  rescaling: layer((tf) => tf.layers.rescaling({ scale: 0.5, offset: 1 }), image),
  embedding: (tf) => set(tf, tf.layers.embedding({ inputDim: 5, outputDim: 3, inputLength: 2 })) && 0,
  simpleRNN: layer((tf) => tf.layers.simpleRNN({ units: 4, returnSequences: true }), series),
  lstm: layer((tf) => tf.layers.lstm({ units: 4 }), series),
  gru: layer((tf) => tf.layers.gru({ units: 4 }), series),
  bidirectional: layer((tf) => tf.layers.bidirectional({ layer: tf.layers.lstm({ units: 2, returnSequences: true }), mergeMode: 'concat' }), series),
  timeDistributed: layer((tf) => tf.layers.timeDistributed({ layer: tf.layers.dense({ units: 2 }) }), series),
  rnn: layer((tf) => tf.layers.rnn({ cell: tf.layers.gruCell({ units: 3 }) }), series),
  stackedRNNCells: layer((tf) => tf.layers.rnn({ cell: tf.layers.stackedRNNCells({ cells: [tf.layers.simpleRNNCell({ units: 3 }), tf.layers.lstmCell({ units: 2 })] }) }), series),
  convLstm2d: layer((tf) => tf.layers.convLstm2d({ filters: 2, kernelSize: 2 }), [1, 3, 4, 4, 2]),
  convLstm2dCell: (tf) => {
    const l = tf.layers.convLstm2dCell({ filters: 2, kernelSize: 2, padding: 'same' });
    return l.getClassName();
  },
  'states of lstm': (tf) => {
    const l = tf.layers.lstm({ units: 2, returnState: true });
    const x = input(tf, series);
    l.apply(x);
    set(tf, l);
    return [l.apply(x), l.apply(x, { initialState: [tf.ones([2, 2]), tf.zeros([2, 2])] })];
  },
  merging: (tf) => {
    const [a, b] = [input(tf, [2, 3]), input(tf, [2, 3], 1.1)];
    return ['add', 'average', 'maximum', 'minimum', 'multiply', 'concatenate'].map((n) => tf.layers[n]().apply([a, b]));
  },
  dot: (tf) => tf.layers.dot({ axes: 1, normalize: true }).apply([input(tf, [2, 3]), input(tf, [2, 3], 1.1)]),
  'noise only while training': (tf) => {
    const x = input(tf, [2, 3]);
    return [tf.layers.dropout({ rate: 0.5 }), tf.layers.gaussianNoise({ stddev: 1 }), tf.layers.gaussianDropout({ rate: 0.5 }), tf.layers.alphaDropout({ rate: 0.5 }), tf.layers.spatialDropout1d({ rate: 0.3 })].slice(0, 4).map((l) => l.apply(x));
  },
  'resizing and encoding': (tf) => [
    tf.layers.resizing({ height: 3, width: 4 }).apply(input(tf, image)),
    tf.layers.categoryEncoding({ numTokens: 4, outputMode: 'count' }).apply(tf.tensor2d([[0, 1, 1], [3, 2, 3]], [2, 3], 'int32')),
    tf.layers.centerCrop({ height: 2, width: 2 }).apply(input(tf, image)).shape,
    tf.layers.randomWidth({ factor: [0, 0] }).apply(input(tf, image)).shape,
  ],
  'computeOutputShape': (tf) => [
    tf.layers.conv2d({ filters: 4, kernelSize: 3 }).computeOutputShape([null, 8, 8, 3]),
    tf.layers.dense({ units: 3 }).computeOutputShape([null, 7]),
    tf.layers.flatten().computeOutputShape([null, 2, 3]),
  ],
  'weights of dense by constraint and name': (tf) => {
    const l = tf.layers.dense({ units: 2, name: 'out', kernelInitializer: 'ones', biasInitializer: tf.initializers.constant({ value: 3 }), inputShape: [2] });
    l.build([null, 2]);
    return [l.name, l.weights.map((w) => w.originalName.split('/').pop()), l.getWeights(), l.trainableWeights.length, l.built];
  },
  'frozen weights': (tf) => {
    const l = tf.layers.batchNormalization({ trainable: false });
    l.build([null, 2]);
    return [l.trainableWeights.length, l.nonTrainableWeights.length, l.countParams()];
  },
  'setWeights refuses other shapes': (tf, t) => {
    const l = tf.layers.dense({ units: 2 });
    l.build([null, 2]);
    return [t.throws(() => l.setWeights([tf.ones([2, 2])]), /weight list of length 1, but the layer was expecting 2/), t.throws(() => l.setWeights([tf.ones([3, 2]), tf.ones([2])]), /shape/)];
  },

  // Objects.
  initializers: (tf) => [
    tf.initializers.zeros().apply([2]), tf.initializers.ones().apply([2]), tf.initializers.constant({ value: 2 }).apply([2]), tf.initializers.identity({ gain: 2 }).apply([2, 2]),
    ...['glorotNormal', 'glorotUniform', 'heNormal', 'heUniform', 'leCunNormal', 'leCunUniform', 'orthogonal', 'randomNormal', 'randomUniform', 'truncatedNormal', 'varianceScaling'].map((n) => tf.initializers[n]({ seed: 1 }).apply([3, 4]).shape),
  ],
  regularizers: (tf) => [tf.regularizers.l1({ l1: 0.1 }), tf.regularizers.l2({ l2: 0.1 }), tf.regularizers.l1l2({ l1: 0.1, l2: 0.2 }), tf.regularizers.l2()].map((r) => r.apply(input(tf, [2, 3])).reshape([])),
  constraints: (tf) => [tf.constraints.maxNorm({ maxValue: 0.5 }), tf.constraints.unitNorm({}), tf.constraints.nonNeg(), tf.constraints.minMaxNorm({ minValue: 0.2, maxValue: 0.4 })].map((c) => c.apply(input(tf, [3, 2]))),
  metrics: (tf) => {
    const [t, p] = [tf.tensor2d([[0, 1, 0], [1, 0, 0]]), tf.tensor2d([[0.1, 0.8, 0.1], [0.3, 0.6, 0.1]])];
    const names = ['binaryAccuracy', 'binaryCrossentropy', 'categoricalAccuracy', 'categoricalCrossentropy', 'cosineProximity', 'meanAbsoluteError', 'meanAbsolutePercentageError', 'meanSquaredError', 'mape', 'MSE', 'precision', 'recall', 'r2Score'];
    const own = names.filter((n) => n !== 'meanAbsolutePercentageError' && n !== 'mape').map((n) => tf.metrics[n](t, p));
    return [...own, tf.metrics.mape(tf.tensor2d([[1, 2]]), tf.tensor2d([[1.5, 2]])), tf.metrics.sparseCategoricalAccuracy(tf.tensor1d([1, 1]), p)];
  },
  'config of layers': (tf) => {
    const { units, activation, useBias, name } = tf.layers.dense({ units: 3, activation: 'hardSigmoid', name: 'd' }).getConfig();
    const conv = tf.layers.conv2d({ filters: 2, kernelSize: 3, name: 'c', padding: 'same' }).getConfig();
    return [units, activation, useBias, name, conv.filters, conv.kernelSize, conv.padding, conv.dataFormat];
  },
  'embedding looks up': (tf) => {
    const m = tf.sequential({ layers: [tf.layers.embedding({ inputDim: 5, outputDim: 3, inputLength: 2 }), tf.layers.flatten(), tf.layers.dense({ units: 2 })] });
    return [set(tf, m).predict(tf.tensor2d([[1, 4], [0, 2]])), m.countParams()];
  },
  'masked embedding and lstm': (tf) => {
    const m = tf.sequential({ layers: [tf.layers.embedding({ inputDim: 5, outputDim: 3, inputLength: 3, maskZero: true }), tf.layers.lstm({ units: 2 })] });
    return set(tf, m).predict(tf.tensor2d([[1, 4, 0], [3, 2, 1]]));
  },

  // Models.
  sequential: (tf) => {
    const m = tf.sequential();
    m.add(tf.layers.conv2d({ inputShape: [6, 6, 3], filters: 4, kernelSize: 3, activation: 'relu' }));
    m.add(tf.layers.maxPooling2d({ poolSize: 2 }));
    m.add(tf.layers.flatten());
    m.add(tf.layers.dense({ units: 3, activation: 'softmax' }));
    set(tf, m);
    return [m.predict(input(tf, image)), m.countParams(), m.layers.length, m.outputs[0].shape, m.inputs[0].shape, m.getLayer(null, 3).getWeights().map((w) => w.shape), m.weights.map((w) => w.shape)];
  },
  'sequential without a shape is refused': (tf, t) => t.throws(() => tf.sequential().add(tf.layers.dense({ units: 1 })), /first layer in a Sequential model must get an `inputShape`/),
  pop: (tf) => {
    const m = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [2] }), tf.layers.dense({ units: 4 })] });
    m.pop();
    return [m.outputs[0].shape, m.layers.length];
  },
  'functional with two inputs and outputs': (tf) => {
    const [a, b] = [tf.input({ shape: [3], name: 'a' }), tf.input({ shape: [2], name: 'b' })];
    const both = tf.layers.concatenate().apply([tf.layers.dense({ units: 2, name: 'left' }).apply(a), b]);
    const shared = tf.layers.dense({ units: 4, activation: 'tanh', name: 'shared' });
    const y = tf.layers.dense({ units: 1, name: 'y' }).apply(shared.apply(both));
    const z = tf.layers.dense({ units: 2, name: 'z' }).apply(shared.apply(both));
    const m = tf.model({ inputs: [a, b], outputs: [y, z], name: 'two' });
    for (const l of ['left', 'shared', 'y', 'z']) set(tf, m.getLayer(l));
    return [m.predict([input(tf, [2, 3]), input(tf, [2, 2])]), m.name, m.inputNames, m.outputNames, m.countParams(), m.layers.length];
  },
  'a part of a model': (tf) => {
    const m = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [2], name: 'first' }), tf.layers.dense({ units: 4, name: 'second' })] });
    set(tf, m);
    const part = tf.model({ inputs: m.inputs, outputs: m.getLayer('first').output });
    const longer = tf.model({ inputs: m.inputs, outputs: set(tf, (() => { const d = tf.layers.dense({ units: 1, name: 'third' }); d.build([null, 4]); return d; })()).apply(m.output) });
    return [part.predict(input(tf, [2, 2])), longer.predict(input(tf, [2, 2]))];
  },
  'a model in a model': (tf) => {
    const inner = set(tf, tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [2] }), tf.layers.dense({ units: 2 })] }));
    const outer = tf.sequential({ layers: [inner, set1(tf)] });
    return [outer.predict(input(tf, [2, 2])), outer.countParams(), outer.trainableWeights.length];
  },
  'predict in batches': (tf) => {
    const m = set(tf, tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [2] })] }));
    return [m.predict(input(tf, [7, 2]), { batchSize: 3 }), m.predictOnBatch(input(tf, [2, 2])), m.apply(input(tf, [2, 2])), m.call(input(tf, [2, 2]))];
  },
  'predict refuses another shape': (tf, t) => {
    const m = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [2] })] });
    return [t.throws(() => m.predict(tf.ones([2, 3])), /Error when checking/), t.throws(() => m.predict(tf.ones([2, 2, 2])), /dimension/), t.throws(() => m.predict([tf.ones([2, 2]), tf.ones([2, 2])]), /Expected to see 1 Tensor/)];
  },
};

function set1(tf) {
  const d = tf.layers.dense({ units: 1 });
  d.build([null, 2]);
  return set(tf, d);
}

delete cases.embedding;
export default cases;
