/** Ops of one operand, element by element. */

import { alias, call, castTo, convertToTensor, type Expected, makeTypesMatch, op, scalarOf, toFloat } from '../engine/run';
import type { Tensor } from '../tensor/tensor';
import type { DataType, TensorLike } from '../types';
import { assert, isValidDtype } from '../util/util';

/** An op of one operand: the result has its shape. */
export type Unary = <T extends Tensor>(x: T | TensorLike) => T;

/** What an op does with integers: computes with them, or with floats of the same values; `strict` refuses them. */
type Integers = 'kept' | 'floats' | 'strict';

function unary(name: string, row: string, integers: Integers): Unary {
  const expected: Expected = integers === 'strict' ? 'float32' : 'numeric';
  const f = <T extends Tensor>(x: T | TensorLike): T => {
    const $x = convertToTensor(x, 'x', name, expected);
    return call(row, [integers === 'kept' ? (castBool($x) as Tensor) : toFloat($x)]) as T;
  };
  return op({ [name]: f }) as Unary;
}

/** Booleans as int32: what arithmetic makes of them. */
export function castBool(x: Tensor): Tensor {
  return x.dtype === 'bool' ? castTo(x, 'int32') : x;
}

/** Absolute value; of complex64 the modulus, in float32. */
export const abs: Unary = op({
  abs<T extends Tensor>(x: T | TensorLike): T {
    const $x = convertToTensor(x, 'x', 'abs');
    return call($x.dtype === 'complex64' ? 'ComplexAbs' : 'Abs', [castBool($x)]) as T;
  },
});
/** Inverse cosine in radians. Integers give float32. */
export const acos = /* @__PURE__ */ unary('acos', 'Acos', 'floats');
/** Inverse hyperbolic cosine. Integers give float32. */
export const acosh = /* @__PURE__ */ unary('acosh', 'Acosh', 'floats');
/** Inverse sine in radians. Integers give float32. */
export const asin = /* @__PURE__ */ unary('asin', 'Asin', 'floats');
/** Inverse hyperbolic sine. Integers give float32. */
export const asinh = /* @__PURE__ */ unary('asinh', 'Asinh', 'floats');
/** Inverse tangent in radians. Integers give float32. */
export const atan = /* @__PURE__ */ unary('atan', 'Atan', 'floats');
/** Inverse hyperbolic tangent. Integers give float32. */
export const atanh = /* @__PURE__ */ unary('atanh', 'Atanh', 'floats');
/** The least whole number that is not below. Throws for integers. */
export const ceil = /* @__PURE__ */ unary('ceil', 'Ceil', 'strict');
/** Cosine of radians. Throws for integers. */
export const cos = /* @__PURE__ */ unary('cos', 'Cos', 'strict');
/** Hyperbolic cosine. Throws for integers. */
export const cosh = /* @__PURE__ */ unary('cosh', 'Cosh', 'strict');
/** `x` above 0, else `exp(x) - 1`. Throws for integers. */
export const elu = /* @__PURE__ */ unary('elu', 'Elu', 'strict');
/** The error function. Integers give float32. */
export const erf = /* @__PURE__ */ unary('erf', 'Erf', 'floats');
/** `e` to the power of x. Integers give float32. `tf.exp([0, 1]).print()`. */
export const exp = /* @__PURE__ */ unary('exp', 'Exp', 'floats');
/** `exp(x) - 1`, exact near 0. Integers give float32. */
export const expm1 = /* @__PURE__ */ unary('expm1', 'Expm1', 'floats');
/** The greatest whole number that is not above. Throws for integers. */
export const floor = /* @__PURE__ */ unary('floor', 'Floor', 'strict');
/** Whether elements are neither infinite nor NaN; bool. */
export const isFinite = /* @__PURE__ */ unary('isFinite', 'IsFinite', 'floats');
/** Whether elements are infinite; bool. */
export const isInf = /* @__PURE__ */ unary('isInf', 'IsInf', 'floats');
/** Whether elements are NaN; bool. */
export const isNaN = /* @__PURE__ */ unary('isNaN', 'IsNan', 'floats');
/** Natural logarithm. Throws for integers. */
export const log = /* @__PURE__ */ unary('log', 'Log', 'strict');
/** `log(1 + x)`, exact near 0. Integers give float32. */
export const log1p = /* @__PURE__ */ unary('log1p', 'Log1p', 'floats');
/** `log(sigmoid(x))`, without overflow. Integers give float32. */
export const logSigmoid = /* @__PURE__ */ unary('logSigmoid', 'log_sigmoid', 'floats');
/** `-x`. */
export const neg = /* @__PURE__ */ unary('neg', 'Neg', 'kept');
/** `1 / x`. Integers give float32. */
export const reciprocal = /* @__PURE__ */ unary('reciprocal', 'Reciprocal', 'floats');
/** `max(x, 0)`. `tf.relu([-1, 2]).print()`. */
export const relu = /* @__PURE__ */ unary('relu', 'Relu', 'kept');
/** `min(max(x, 0), 6)`. */
export const relu6 = /* @__PURE__ */ unary('relu6', 'Relu6', 'kept');
/** `1 / sqrt(x)`. Throws for integers. */
export const rsqrt = /* @__PURE__ */ unary('rsqrt', 'Rsqrt', 'strict');
/** Scaled exponential linear unit. Integers give float32. */
export const selu = /* @__PURE__ */ unary('selu', 'Selu', 'floats');
/** `1 / (1 + exp(-x))`. Throws for integers. */
export const sigmoid = /* @__PURE__ */ unary('sigmoid', 'Sigmoid', 'strict');
/** -1, 0 or 1; NaN for NaN. */
export const sign = /* @__PURE__ */ unary('sign', 'Sign', 'kept');
/** Sine of radians. Throws for integers. */
export const sin = /* @__PURE__ */ unary('sin', 'Sin', 'strict');
/** Hyperbolic sine. Integers give float32. */
export const sinh = /* @__PURE__ */ unary('sinh', 'Sinh', 'floats');
/** `log(exp(x) + 1)`, without overflow. Integers give float32. */
export const softplus = /* @__PURE__ */ unary('softplus', 'Softplus', 'floats');
/** Square root. Throws for integers. */
export const sqrt = /* @__PURE__ */ unary('sqrt', 'Sqrt', 'strict');
/** `x * x`. */
export const square = /* @__PURE__ */ unary('square', 'Square', 'kept');
/** Tangent of radians. Throws for integers. */
export const tan = /* @__PURE__ */ unary('tan', 'Tan', 'strict');
/** Hyperbolic tangent. Throws for integers. */
export const tanh = /* @__PURE__ */ unary('tanh', 'Tanh', 'strict');

/** The nearest whole number; halves go to the even one. */
export const round: Unary = op({
  round<T extends Tensor>(x: T | TensorLike): T {
    const $x = convertToTensor(x, 'x', 'round');
    return ($x.dtype === 'int32' || $x.dtype === 'bool' ? alias($x) : call('Round', [$x])) as T;
  },
});

/** The opposite of booleans. Throws for numbers. */
export const logicalNot: Unary = op({
  logicalNot<T extends Tensor>(x: T | TensorLike): T {
    return call('LogicalNot', [convertToTensor(x, 'x', 'logicalNot', 'bool')]) as T;
  },
});

/** 1 where x is above 0, `alpha` elsewhere, NaN where it is NaN. */
export const step = op({
  step<T extends Tensor>(x: T | TensorLike, alpha = 0): T {
    const $x = castBool(convertToTensor(x, 'x', 'step'));
    const below = scalarOf(alpha, $x.dtype);
    const rest = $x.dtype === 'int32' ? below : call('SelectV2', [isNaN($x), $x, below]);
    return call('SelectV2', [call('Greater', [$x, scalarOf(0, $x.dtype)]), scalarOf(1, $x.dtype), rest]) as T;
  },
});

/** `x` above 0, else `alpha * x`. Integers give float32. */
export const leakyRelu = op({
  leakyRelu<T extends Tensor>(x: T | TensorLike, alpha = 0.2): T {
    return call('LeakyRelu', [toFloat(convertToTensor(x, 'x', 'leakyRelu'))], { alpha }) as T;
  },
});

/** `x` above 0, else `alpha * x`, with a slope for each element; alpha is broadcast. */
export const prelu = op({
  prelu<T extends Tensor>(x: T | TensorLike, alpha: T | TensorLike): T {
    const [$x, $alpha] = makeTypesMatch(
      toFloat(convertToTensor(x, 'x', 'prelu')),
      toFloat(convertToTensor(alpha, 'alpha', 'prelu')),
    );
    return call('SelectV2', [call('Greater', [$x, scalarOf(0, $x.dtype)]), $x, call('Mul', [$alpha, $x])]) as T;
  },
});

/**
 * `x` between two bounds.
 *
 * Throws where the lower bound is above the upper one.
 */
export const clipByValue = op({
  clipByValue<T extends Tensor>(x: T | TensorLike, clipValueMin: number, clipValueMax: number): T {
    const $x = castBool(convertToTensor(x, 'x', 'clipByValue'));
    assert(
      clipValueMin <= clipValueMax,
      () => `Error in clip: min (${clipValueMin}) must be less than or equal to max (${clipValueMax}).`,
    );
    return call('ClipByValue', [$x, scalarOf(clipValueMin, $x.dtype), scalarOf(clipValueMax, $x.dtype)]) as T;
  },
});

/**
 * The elements in another dtype: floats lose their fraction in integers, and are true in bool where they are not 0.
 *
 * Throws for an unknown dtype, and between strings and numbers.
 */
export const cast = op({
  cast<T extends Tensor>(x: T | TensorLike, dtype: DataType): T {
    const $x = convertToTensor(x, 'x', 'cast', 'string_or_numeric');
    assert(isValidDtype(dtype), () => `Failed to cast to unknown dtype ${dtype}`);
    if ((dtype === 'string') !== ($x.dtype === 'string')) {
      throw new Error(`Only strings can be casted to strings, but got ${$x.dtype} to be cast to ${dtype}`);
    }
    return (dtype === $x.dtype ? alias($x) : castTo($x, dtype)) as T;
  },
});
