/** Every op of the top level. */

export * from './array';
export * from './binary';
export * from './conv';
export {
  buffer,
  clone,
  complex,
  diag,
  eye,
  fill,
  imag,
  linspace,
  meshgrid,
  oneHot,
  ones,
  onesLike,
  print,
  range,
  real,
  scalar,
  tensor,
  tensor1d,
  tensor2d,
  tensor3d,
  tensor4d,
  tensor5d,
  tensor6d,
  variable,
  zeros,
  zerosLike,
} from './creation';
export {
  bincount,
  booleanMaskAsync,
  denseBincount,
  inTopKAsync,
  lowerBound,
  math,
  searchSorted,
  setdiff1dAsync,
  topk,
  unique,
  unsortedSegmentSum,
  upperBound,
  whereAsync,
} from './count';
export { fused } from './fused';
export { image } from './image';
export { linalg } from './linalg';
export { losses, Reduction } from './losses';
export { basicLSTMCell, dot, einsum, type LSTMCellFunc, matMul, multiRNNCell, outerProduct } from './matrix';
export * from './nn';
export * from './pool';
export * from './random';
export { all, any, argMax, argMin, cumprod, cumsum, euclideanNorm, logSumExp, max, mean, min, moments, norm, prod, sum } from './reduce';
export { cosineWindow, enclosingPowerOfTwo, fft, ifft, irfft, rfft, signal, spectral } from './signal';
export { raggedGather, raggedRange, raggedTensorToTensor, sparse, string } from './sparse';
export {
  abs,
  acos,
  acosh,
  asin,
  asinh,
  atan,
  atanh,
  cast,
  ceil,
  clipByValue,
  cos,
  cosh,
  elu,
  erf,
  exp,
  expm1,
  floor,
  isFinite,
  isInf,
  isNaN,
  leakyRelu,
  log,
  log1p,
  logicalNot,
  logSigmoid,
  neg,
  prelu,
  reciprocal,
  relu,
  relu6,
  round,
  rsqrt,
  selu,
  sigmoid,
  sign,
  sin,
  sinh,
  softplus,
  sqrt,
  square,
  step,
  tan,
  tanh,
} from './unary';
