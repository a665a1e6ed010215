// Cases that wait for ops that the registry does not have yet. One that passes must go from this list.

/** `group: name` of each. */
export const pending = new Set([
  'networks: image.nonMaxSuppressionWithScore',
  'networks: image.rotateWithOffset',
  'networks: image.transform',
  'later: complex',
  'later: complex arithmetic',
  'later: complex prints',
  'later: fft',
  'later: rfft',
  'later: stft',
  'later: strings',
  'later: strings are joined and compared',
  'later: string.stringSplit',
  'later: string.stringNGrams',
  'later: string.stringToHashBucketFast',
  'later: string.staticRegexReplace',
  'later: sparse.sparseFillEmptyRows',
  'later: sparse.sparseReshape',
  'later: raggedRange',
  'later: raggedGather',
  'later: raggedTensorToTensor',
]);
