/** `tf.fused`: products with bias and activation, which the compiler makes one kernel of. */

import { convertToTensor, op } from '../engine/run';
import type { Tensor, Tensor3D, Tensor4D } from '../tensor/tensor';
import type { TensorLike } from '../types';
import { add } from './binary';
import { conv2d as plainConv2d, depthwiseConv2d as plainDepthwise } from './conv';
import { matMul as plainMatMul } from './matrix';
import { elu, leakyRelu, prelu, relu, relu6, sigmoid } from './unary';
import type { Pad, Rounding } from './windows';

/** Activations by name. */
export type Activation = 'linear' | 'relu' | 'prelu' | 'elu' | 'relu6' | 'leakyrelu' | 'sigmoid';

/** What follows the product. */
export interface Epilogue {
  bias?: Tensor | TensorLike | null;
  activation?: Activation | null;
  preluActivationWeights?: Tensor | null;
  leakyreluAlpha?: number;
}

function finish(y: Tensor, name: string, { bias, activation, preluActivationWeights, leakyreluAlpha }: Epilogue): Tensor {
  const x = bias == null ? y : add(y, convertToTensor(bias, 'bias', name));
  switch (activation ?? 'linear') {
    case 'linear':
      return x;
    case 'relu':
      return relu(x);
    case 'relu6':
      return relu6(x);
    case 'elu':
      return elu(x);
    case 'sigmoid':
      return sigmoid(x);
    case 'leakyrelu':
      return leakyRelu(x, leakyreluAlpha);
    case 'prelu':
      return prelu(x, convertToTensor(preluActivationWeights as Tensor, 'preluActivationWeights', name));
    default:
      throw new Error(`Unknown fused activation ${activation}.`);
  }
}

/** Arguments of the convolutions. */
export interface FusedConv<T extends Tensor3D | Tensor4D> extends Epilogue {
  x: T | TensorLike;
  filter: Tensor4D | TensorLike;
  strides: [number, number] | number;
  pad: Pad;
  dataFormat?: 'NHWC' | 'NCHW';
  dilations?: [number, number] | number;
  dimRoundingMode?: Rounding;
}

/** `activation(conv2d(x, filter) + bias)`. */
export const conv2d = op({
  fusedConv2d<T extends Tensor3D | Tensor4D>(args: FusedConv<T>): T {
    const { x, filter, strides, pad, dataFormat, dilations, dimRoundingMode } = args;
    return finish(plainConv2d(x, filter, strides, pad, dataFormat, dilations, dimRoundingMode), 'fused conv2d', args) as T;
  },
});

/** `activation(depthwiseConv2d(x, filter) + bias)`. */
export const depthwiseConv2d = op({
  fusedDepthwiseConv2d<T extends Tensor3D | Tensor4D>(args: FusedConv<T>): T {
    const { x, filter, strides, pad, dataFormat, dilations, dimRoundingMode } = args;
    return finish(plainDepthwise(x, filter, strides, pad, dataFormat, dilations, dimRoundingMode), 'fused depthwiseConv2d', args) as T;
  },
});

/** Arguments of the product of matrices. */
export interface FusedMatMul extends Epilogue {
  a: Tensor | TensorLike;
  b: Tensor | TensorLike;
  transposeA?: boolean;
  transposeB?: boolean;
}

/** `activation(matMul(a, b) + bias)`. */
export const matMul = op({
  fusedMatMul(args: FusedMatMul): Tensor {
    return finish(plainMatMul(args.a, args.b, args.transposeA, args.transposeB), 'fused matMul', args);
  },
});

/** `tf.fused`. */
export const fused = { conv2d, depthwiseConv2d, matMul };
