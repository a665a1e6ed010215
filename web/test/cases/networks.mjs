// Products, convolutions, pools, normalisation, losses, images, linear algebra, signals.

const wave = (n, shape, f = 0.7) => (tf) => tf.tensor(Array.from({ length: n }, (_, i) => Math.round(Math.sin(i * f) * 1000) / 1000), shape);
const picture = wave(32, [1, 4, 4, 2]);
const kernel = wave(24, [2, 2, 2, 3], 1.3);

const cases = {
  matMul: (tf) => [tf.matMul([[1, 2], [3, 4]], [[5, 6], [7, 8]]), tf.matMul([[1, 2, 3]], [[4, 5, 6]], false, true), tf.matMul(wave(12, [2, 2, 3])(tf), wave(12, [2, 3, 2])(tf)), tf.matMul(wave(12, [2, 2, 3])(tf), wave(6, [3, 2])(tf))],
  'matMul refuses what does not fit': (tf, t) => t.throws(() => tf.matMul([[1, 2]], [[1, 2]]), /inner (shapes|dimensions)/i),
  dot: (tf) => [tf.dot([1, 2], [3, 4]), tf.dot([[1, 2], [3, 4]], [5, 6]), tf.dot([5, 6], [[1, 2], [3, 4]]), tf.dot([[1, 2]], [[3], [4]])],
  outerProduct: (tf) => tf.outerProduct([1, 2, 3], [4, 5]),
  einsum: (tf) => [tf.einsum('ij,jk->ik', tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[1, 0], [0, 2]])), tf.einsum('ij->ji', tf.tensor2d([[1, 2], [3, 4]])), tf.einsum('i,i->', tf.tensor1d([1, 2]), tf.tensor1d([3, 4]))],
  basicLSTMCell: (tf) => tf.basicLSTMCell(tf.scalar(1), wave(32, [4, 8])(tf), wave(8, [8])(tf), wave(2, [1, 2])(tf), wave(2, [1, 2])(tf), wave(2, [1, 2], 2)(tf)),
  multiRNNCell: (tf) => {
    const cell = (d, c, h) => tf.basicLSTMCell(tf.scalar(1), wave(32, [4, 8])(tf), wave(8, [8])(tf), d, c, h);
    const [c, h] = tf.multiRNNCell([cell, cell], wave(2, [1, 2])(tf), [tf.zeros([1, 2]), tf.zeros([1, 2])], [tf.zeros([1, 2]), tf.ones([1, 2])]);
    return [...c, ...h];
  },
  conv2d: (tf) => [tf.conv2d(picture(tf), kernel(tf), 1, 'valid'), tf.conv2d(picture(tf), kernel(tf), 2, 'same'), tf.conv2d(picture(tf), kernel(tf), 1, 1), tf.conv2d(picture(tf), kernel(tf), [1, 1], 'same', 'NHWC', [2, 2]), tf.conv2d(wave(32, [4, 4, 2])(tf), kernel(tf), 1, 'valid'), tf.conv2d(picture(tf), kernel(tf), 2, 1, 'NHWC', 1, 'ceil'), tf.conv2d(picture(tf), kernel(tf), 1, [[0, 0], [1, 0], [0, 2], [0, 0]])],
  'conv2d refuses other channels': (tf, t) => t.throws(() => tf.conv2d(tf.zeros([1, 4, 4, 3]), kernel(tf), 1, 'same'), /depth of input \(3\) must match input depth for filter 2/),
  'conv2d refuses strides with dilations': (tf, t) => t.throws(() => tf.conv2d(picture(tf), kernel(tf), 2, 'same', 'NHWC', 2), /Either strides or dilations must be 1/),
  'conv2d refuses rounding without numbers': (tf, t) => t.throws(() => tf.conv2d(picture(tf), kernel(tf), 1, 'same', 'NHWC', 1, 'floor'), /pad must be an integer when using dimRoundingMode floor/),
  conv1d: (tf) => [tf.conv1d(wave(10, [1, 5, 2])(tf), wave(12, [2, 2, 3])(tf), 1, 'valid'), tf.conv1d(wave(10, [5, 2])(tf), wave(12, [2, 2, 3])(tf), 2, 'same')],
  conv2dTranspose: (tf) => [tf.conv2dTranspose(wave(12, [1, 2, 2, 3])(tf), kernel(tf), [1, 4, 4, 2], 2, 'same'), tf.conv2dTranspose(wave(12, [2, 2, 3])(tf), kernel(tf), [3, 3, 2], 1, 'valid')],
  conv3d: (tf) => [tf.conv3d(wave(27, [1, 3, 3, 3, 1])(tf), wave(16, [2, 2, 2, 1, 2])(tf), 1, 'valid'), tf.conv3d(wave(27, [3, 3, 3, 1])(tf), wave(16, [2, 2, 2, 1, 2])(tf), 2, 'same')],
  conv3dTranspose: (tf) => tf.conv3dTranspose(wave(16, [1, 2, 2, 2, 2])(tf), wave(16, [2, 2, 2, 1, 2])(tf), [1, 3, 3, 3, 1], 1, 'valid'),
  depthwiseConv2d: (tf) => [tf.depthwiseConv2d(picture(tf), wave(16, [2, 2, 2, 2])(tf), 1, 'valid'), tf.depthwiseConv2d(picture(tf), wave(8, [2, 2, 2, 1])(tf), 2, 'same')],
  separableConv2d: (tf) => tf.separableConv2d(picture(tf), wave(16, [2, 2, 2, 2])(tf), wave(12, [1, 1, 4, 3])(tf), 1, 'same'),
  dilation2d: (tf) => tf.dilation2d(picture(tf), wave(8, [2, 2, 2])(tf), 1, 'valid'),
  maxPool: (tf) => [tf.maxPool(picture(tf), 2, 2, 'valid'), tf.maxPool(picture(tf), 3, 2, 'same'), tf.maxPool(wave(32, [4, 4, 2])(tf), 2, 1, 'valid'), tf.maxPool(picture(tf), 3, 2, 1), tf.maxPool(picture(tf), 3, 2, 0, 'ceil')],
  avgPool: (tf) => [tf.avgPool(picture(tf), 2, 2, 'valid'), tf.avgPool(picture(tf), 3, 2, 'same'), tf.avgPool(picture(tf), 3, 2, 1)],
  'maxPool refuses another rank': (tf, t) => t.throws(() => tf.maxPool(tf.zeros([2, 2]), 2, 1, 'valid'), /rank/),
  maxPool3d: (tf) => tf.maxPool3d(wave(27, [1, 3, 3, 3, 1])(tf), 2, 1, 'valid'),
  avgPool3d: (tf) => tf.avgPool3d(wave(27, [1, 3, 3, 3, 1])(tf), 2, 1, 'same'),
  maxPoolWithArgmax: (tf) => { const r = tf.maxPoolWithArgmax(picture(tf), 2, 2, 'valid'); return [r.result, r.indexes]; },
  pool: (tf) => [tf.pool(picture(tf), 2, 'max', 'valid', 1, 2), tf.pool(picture(tf), 2, 'avg', 'same', 1, 1), tf.pool(picture(tf), 2, 'max', 'same', 2, 1)],
  softmax: (tf) => [tf.softmax([1, 2, 3]), tf.softmax([[1, 2], [1000, 1001]])],
  'softmax refuses another dimension': (tf, t) => t.throws(() => tf.softmax([[1, 2], [3, 4]], 0), /non-last dimension/),
  logSoftmax: (tf) => tf.logSoftmax([[1, 2], [1000, 1001]]),
  batchNorm: (tf) => [tf.batchNorm(tf.tensor2d([1, 2, 3, 4], [2, 2]), [1, 2], [0.5, 2]), tf.batchNorm4d(picture(tf), [0.1, 0.2], [1, 2], [3, 4], [5, 6], 0.01), tf.batchNorm2d(tf.tensor2d([1, 2, 3, 4], [2, 2]), [1, 2], [0.5, 2], [0, 1])],
  localResponseNormalization: (tf) => [tf.localResponseNormalization(picture(tf), 1), tf.localResponseNormalization(wave(32, [4, 4, 2])(tf), 2, 2, 0.5, 0.75)],
  'dropout of nothing': (tf) => tf.dropout([1, 2], 0),
  'dropout refuses a rate of 1': (tf, t) => t.throws(() => tf.dropout([1], 1), /rate must be a float in the range \[0, 1\), but got 1/),

  'fused.matMul': (tf) => [tf.fused.matMul({ a: [[1, -2]], b: [[3, 4], [5, 6]], bias: [1, 2], activation: 'relu' }), tf.fused.matMul({ a: [[1, -2]], b: [[3, 4], [5, 6]], activation: 'leakyrelu', leakyreluAlpha: 0.1 }), tf.fused.matMul({ a: tf.tensor2d([[1, -2]]), b: tf.tensor2d([[3, 4], [5, 6]]), activation: 'elu' })],
  'fused.conv2d': (tf) => tf.fused.conv2d({ x: picture(tf), filter: kernel(tf), strides: 1, pad: 'same', bias: tf.tensor1d([1, 0, -1]), activation: 'relu6' }),
  'fused.depthwiseConv2d': (tf) => tf.fused.depthwiseConv2d({ x: picture(tf), filter: wave(8, [2, 2, 2, 1])(tf), strides: 1, pad: 'valid', bias: tf.tensor1d([1, 0]), activation: 'sigmoid' }),

  'image.resizeBilinear': (tf) => [tf.image.resizeBilinear(picture(tf), [3, 5]), tf.image.resizeBilinear(picture(tf), [7, 7], true), tf.image.resizeBilinear(wave(32, [4, 4, 2])(tf), [2, 2], false, true)],
  'image.resizeNearestNeighbor': (tf) => [tf.image.resizeNearestNeighbor(picture(tf), [3, 5]), tf.image.resizeNearestNeighbor(picture(tf), [7, 7], true)],
  'image.resizeBilinear refuses both modes': (tf, t) => t.throws(() => tf.image.resizeBilinear(picture(tf), [2, 2], true, true), /halfPixelCenters is true/),
  'image.cropAndResize': (tf) => [tf.image.cropAndResize(picture(tf), [[0, 0, 0.5, 0.5], [0.2, 0.1, 1.2, 0.9]], [0, 0], [2, 2]), tf.image.cropAndResize(picture(tf), [[0, 0, 0.5, 0.5]], [0], [3, 3], 'nearest')],
  'image.flipLeftRight': (tf) => tf.image.flipLeftRight(picture(tf)),
  'image.grayscaleToRGB': (tf) => tf.image.grayscaleToRGB(wave(4, [2, 2, 1])(tf)),
  'image.rgbToGrayscale': (tf) => [tf.image.rgbToGrayscale(wave(12, [2, 2, 3])(tf)), tf.image.rgbToGrayscale(tf.tensor3d([255, 0, 0, 10, 20, 30], [1, 2, 3], 'int32'))],
  'image.rotateWithOffset': (tf) => [tf.image.rotateWithOffset(picture(tf), Math.PI / 4), tf.image.rotateWithOffset(picture(tf), 1, 5, [0.25, 0.75])],
  'image.threshold': (tf) => [tf.image.threshold(tf.tensor3d([0, 100, 150, 255], [2, 2, 1])), tf.image.threshold(tf.tensor3d([0, 100, 150, 255], [2, 2, 1]), 'otsu'), tf.image.threshold(tf.tensor3d([10, 20, 30, 200, 210, 220], [1, 2, 3]), 'binary', true, 0.3)],
  'image.nonMaxSuppression': (tf) => tf.image.nonMaxSuppression([[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, -0.1, 1, 0.9], [0, 10, 1, 11]], [0.9, 0.75, 0.6, 0.95], 3, 0.5, 0),
  'image.nonMaxSuppressionAsync': (tf) => tf.image.nonMaxSuppressionAsync([[0, 0, 1, 1], [0, 10, 1, 11]], [0.9, 0.95], 3),
  'image.nonMaxSuppressionPadded': (tf) => { const r = tf.image.nonMaxSuppressionPadded([[0, 0, 1, 1], [0, 0, 1, 1], [0, 10, 1, 11]], [0.9, 0.8, 0.95], 3, 0.5, 0, true); return [r.selectedIndices, r.validOutputs]; },
  'image.nonMaxSuppressionWithScore': (tf) => { const r = tf.image.nonMaxSuppressionWithScore([[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, 10, 1, 11]], [0.9, 0.75, 0.95], 3, 1, 0, 0.5); return [r.selectedIndices, r.selectedScores]; },
  'image.nonMaxSuppression refuses other shapes': (tf, t) => t.throws(() => tf.image.nonMaxSuppression([[0, 0, 1]], [1], 1), /4 columns/),
  'image.transform': (tf) => [tf.image.transform(picture(tf), [[1, 0, 1, 0, 1, 0, 0, 0]]), tf.image.transform(picture(tf), [[1, 0.2, 0, 0, 1, 0.5, 0, 0]], 'bilinear', 'reflect')],

  'linalg.bandPart': (tf) => tf.linalg.bandPart([[1, 2, 3], [4, 5, 6], [7, 8, 9]], 1, 0),
  'linalg.gramSchmidt': (tf) => [tf.linalg.gramSchmidt(tf.tensor2d([[1, 2], [3, 4]])), ...tf.linalg.gramSchmidt([tf.tensor1d([3, 4]), tf.tensor1d([1, 0])])],
  'linalg.qr': (tf) => [...tf.linalg.qr(tf.tensor2d([[1, 2], [3, 4], [5, 7]])), ...tf.linalg.qr(tf.tensor2d([[1, 2], [3, 4], [5, 7]]), true), ...tf.linalg.qr(tf.tensor2d([[1, 2, 3], [4, 5, 7]]))],

  'losses.softmaxCrossEntropy': (tf) => [tf.losses.softmaxCrossEntropy([[0, 1], [1, 0]], [[0.3, 0.7], [2, -1]]), tf.losses.softmaxCrossEntropy([[0, 1], [1, 0]], [[0.3, 0.7], [2, -1]], [1, 2], 0.1)],
  'losses.sigmoidCrossEntropy': (tf) => [tf.losses.sigmoidCrossEntropy([[0, 1]], [[0.3, 0.7]]), tf.losses.sigmoidCrossEntropy([[0, 1]], [[0.3, 0.7]], undefined, 0.2)],
  'losses.huberLoss': (tf) => tf.losses.huberLoss([1, 2, 3], [1.5, 4, 3.1], undefined, 0.8),
  'losses.logLoss': (tf) => tf.losses.logLoss([0, 1], [0.2, 0.7]),
  'losses.hingeLoss': (tf) => tf.losses.hingeLoss([0, 1], [0.2, 0.7]),
  'losses.cosineDistance': (tf) => tf.losses.cosineDistance([[1, 0]], [[0.6, 0.8]], 1),
  'losses.absoluteDifference': (tf) => [0, 1, 2, 3].map((r) => tf.losses.absoluteDifference([[1, 2], [3, 4]], [[0, 4], [3, 9]], [[1], [0]], r)),
  'losses.meanSquaredError': (tf) => [0, 1, 2, 3].map((r) => tf.losses.meanSquaredError([1, 2, 3], [2, 4, 7], undefined, r)),
  'losses refuse other shapes': (tf, t) => t.throws(() => tf.losses.meanSquaredError([1], [1, 2]), /Error in meanSquaredError: .*Shapes 1 and 2 must match/),

  'signal.windows': (tf) => [tf.signal.hannWindow(5), tf.signal.hammingWindow(4)],
  'signal.frame': (tf) => [tf.signal.frame(tf.tensor1d([1, 2, 3, 4, 5]), 2, 1), tf.signal.frame(tf.tensor1d([1, 2, 3, 4, 5]), 3, 2, true, 100), tf.signal.frame(tf.tensor1d([1]), 2, 1)],
  enclosingPowerOfTwo: (tf) => [tf.enclosingPowerOfTwo(5), tf.enclosingPowerOfTwo(8)],
};

export default cases;
