// Complex numbers, Fourier transforms, strings, sparse and ragged tensors.

const z = (tf) => tf.complex([1, 2, 3, -1], [0.5, -2, 0, 1]);

export default {
  complex: (tf) => [z(tf), tf.real(z(tf)), tf.imag(z(tf)), tf.abs(z(tf))],
  'complex arithmetic': (tf) => [z(tf).add(z(tf)), z(tf).mul(z(tf)), z(tf).sub(tf.complex([1, 1, 1, 1], [0, 0, 0, 1])), tf.reshape(z(tf), [2, 2]), tf.concat([z(tf), z(tf)])],
  'complex prints': (tf) => z(tf).toString(),
  fft: (tf) => [tf.fft(z(tf)), tf.ifft(z(tf)), tf.spectral.fft(z(tf).reshape([2, 2]))],
  rfft: (tf) => [tf.rfft(tf.tensor1d([1, 2, 3, 4])), tf.rfft(tf.tensor1d([1, 2, 3]), 4), tf.irfft(tf.rfft(tf.tensor1d([1, 2, 3, 4])))],
  'fft refuses real numbers': (tf, t) => t.throws(() => tf.fft(tf.tensor1d([1])), /must be complex64 but got float32/),
  stft: (tf) => tf.signal.stft(tf.tensor1d([1, 2, 3, 4, 5, 6]), 4, 2),
  strings: (tf) => [tf.tensor(['a', 'bc']), tf.tensor([['x'], ['y']]), tf.tensor(['a', 'bc']).toString(), tf.tensor(['a', 'b']).reshape([2, 1]).arraySync()],
  'strings are joined and compared': (tf) => [tf.concat([['a'], ['b']]), tf.equal(['a', 'b'], ['a', 'c'])],
  'string.stringSplit': (tf) => { const r = tf.string.stringSplit(['hello.cruel.world', 'a b c'], '.'); return [r.indices, r.values, r.shape]; },
  'string.stringNGrams': (tf) => { const r = tf.string.stringNGrams(['a', 'b', 'c', 'd'], tf.tensor1d([0, 2, 4], 'int32'), '|', [1, 2], 'LP', 'RP', -1, false); return [r.nGrams, r.nGramsSplits]; },
  'string.stringToHashBucketFast': (tf) => tf.string.stringToHashBucketFast(['Hello', 'TensorFlow', '2.x'], 3),
  'string.staticRegexReplace': (tf) => [tf.string.staticRegexReplace(['this is', 'a test'], 'is', 'at'), tf.string.staticRegexReplace(['aa'], 'a', 'b', false)],
  'sparse.sparseFillEmptyRows': (tf) => { const r = tf.sparse.sparseFillEmptyRows([[0, 0], [1, 0], [1, 3], [1, 4], [3, 2], [3, 3]], [0, 10, 13, 14, 32, 33], [5, 6], -1); return [r.outputIndices, r.outputValues, r.emptyRowIndicator, r.reverseIndexMap]; },
  'sparse.sparseReshape': (tf) => { const r = tf.sparse.sparseReshape([[0, 0, 0], [0, 0, 1], [0, 1, 0], [1, 0, 0], [1, 2, 3]], [2, 3, 6], [9, -1]); return [r.outputIndices, r.outputShape]; },
  'sparse.sparseSegmentSum': (tf) => tf.sparse.sparseSegmentSum(tf.tensor2d([[1, 2], [3, 4], [5, 6]]), tf.tensor1d([0, 1, 2], 'int32'), tf.tensor1d([0, 0, 1], 'int32')),
  'sparse.sparseSegmentMean': (tf) => tf.sparse.sparseSegmentMean(tf.tensor2d([[1, 2], [3, 4], [5, 6]]), tf.tensor1d([0, 1, 2], 'int32'), tf.tensor1d([0, 0, 1], 'int32')),
  raggedRange: (tf) => { const r = tf.raggedRange(tf.tensor1d([0, 5], 'int32'), tf.tensor1d([3, 9], 'int32'), tf.tensor1d([1, 2], 'int32')); return [r.rtNestedSplits, r.rtDenseValues]; },
  raggedGather: (tf) => { const r = tf.raggedGather([tf.tensor1d([0, 3, 3, 5, 6], 'int32')], tf.tensor1d([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]), tf.tensor1d([2, 1, 0, 3], 'int32'), 1); return [...r.outputNestedSplits, r.outputDenseValues]; },
  raggedTensorToTensor: (tf) => tf.raggedTensorToTensor(tf.tensor1d([4, 4], 'int32'), tf.tensor1d([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]), 1.5, [tf.scalar(4, 'int32'), tf.tensor1d([0, 0, 0, 2, 2, 2, 2, 3, 3], 'int32')], ['FIRST_DIM_SIZE', 'VALUE_ROWIDS']),
};
