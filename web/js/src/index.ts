/**
 * TensorFlow.js's API on wgflow.
 *
 * ```js
 * import * as tf from 'wgflow';
 * await tf.ready();
 * tf.tensor([1, 2, 3]).square().print();
 * ```
 */

import './tensor/chain';

import * as backend_util from './backend_util';
import * as browser from './browser/index';
import * as data from './data/index';
import * as io from './io/index';
import { layers, setRandomSeed } from './layers/index';
import { constraints, initializers, regularizers } from './layers/objects';
import * as serialization from './serialization';
import * as test_util from './test_util';
import { OptimizerConstructors } from './train/index';
import * as util from './util/util';

export { compile, type Compiled } from './compile';
export {
  dispose,
  disposeVariables,
  Engine,
  engine,
  getBackend,
  keep,
  memory,
  type MemoryInfo,
  nextFrame,
  profile,
  type ProfileInfo,
  ready,
  setBackend,
  tidy,
  time,
  type TimingInfo,
} from './engine/engine';
export {
  deprecationWarn,
  disableDeprecationWarnings,
  enableDebugMode,
  enableProdMode,
  env,
  Environment,
} from './engine/environment';
export { op, OP_SCOPE_SUFFIX } from './engine/run';
export { type CustomGradientFunc, customGrad, grad, grads, valueAndGrad, valueAndGrads, variableGrads } from './gradients';
export { RNN } from './layers/index';
export { type Kwargs, Layer, type LayerArgs } from './layers/layer';
export { InputSpec, type Shape, SymbolicTensor } from './layers/symbol';
export { LayerVariable } from './layers/variable';
export * from './models/index';
export * from './ops/index';
export { TensorBuffer } from './tensor/buffer';
export {
  type Scalar,
  Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  type Tensor5D,
  type Tensor6D,
} from './tensor/tensor';
export { Variable } from './tensor/variable';
export {
  AdadeltaOptimizer,
  AdagradOptimizer,
  AdamaxOptimizer,
  AdamOptimizer,
  MomentumOptimizer,
  Optimizer,
  OptimizerConstructors,
  RMSPropOptimizer,
  SGDOptimizer,
} from './train/index';
export * from './types';
export { setWasmPath } from './wasm';
export { backend_util, browser, constraints, data, initializers, io, layers, regularizers, serialization, setRandomSeed, test_util, util };

/** Optimizers by name. */
export const train = OptimizerConstructors;
