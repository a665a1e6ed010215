// Cases that wait for ops that the registry does not have yet. One that passes must go from this list.

/** `group: name` of each. */
export const pending = new Set([
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
]);

/** Cases that are not run on WebGPU: the kernel of the filter's derivative, in the step compiled as a whole, does not end on Chromium's software adapter. */
export const notOnWebGpu = new Set(['programs: a small network of convolutions']);
