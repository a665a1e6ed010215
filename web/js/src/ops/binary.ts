/** Ops of two operands, element by element, with broadcasting. */

import { call, castTo, convertToTensor, type Expected, makeTypesMatch, op, toFloat } from '../engine/run';
import type { Tensor } from '../tensor/tensor';
import type { TensorLike } from '../types';
import { castBool } from './unary';

/** An op of two operands: shapes are broadcast, dtypes meet in the wider one. */
export type Binary = <T extends Tensor>(a: Tensor | TensorLike, b: Tensor | TensorLike) => T;

/** Operands as tensors of one dtype. */
function pair(a: Tensor | TensorLike, b: Tensor | TensorLike, name: string, expected: Expected = 'numeric'): [Tensor, Tensor] {
  const both = [convertToTensor(a, 'a', name, expected), convertToTensor(b, 'b', name, expected)] as const;
  // Numbers of the program take the dtype of a half float beside them.
  const halved = both.map((t, i) => {
    const number = [a, b][i] !== t && t.dtype === 'float32';
    return number && both[1 - i]?.dtype === 'float16' ? castTo(t, 'float16') : t;
  });
  return makeTypesMatch(halved[0] as Tensor, halved[1] as Tensor);
}

function arithmetic(name: string, row: string, floats = false): Binary {
  const f = (a: Tensor | TensorLike, b: Tensor | TensorLike): Tensor => call(row, pair(a, b, name).map(floats ? toFloat : castBool));
  return op({ [name]: f }) as Binary;
}

function comparison(name: string, row: string): Binary {
  const ordered = row !== 'Equal' && row !== 'NotEqual';
  const f = (a: Tensor | TensorLike, b: Tensor | TensorLike): Tensor => {
    const both = pair(a, b, name, 'string_or_numeric');
    return call(row, ordered ? both.map(castBool) : both);
  };
  return op({ [name]: f }) as Binary;
}

function logical(name: string, row: string): Binary {
  const f = (a: Tensor | TensorLike, b: Tensor | TensorLike): Tensor => call(row, pair(a, b, name, 'bool'));
  return op({ [name]: f }) as Binary;
}

/** `a + b`. `tf.add([1, 2], 3).print()`. */
export const add = /* @__PURE__ */ arithmetic('add', 'AddV2');
/** `a - b`. */
export const sub = /* @__PURE__ */ arithmetic('sub', 'Sub');
/** `a * b`. */
export const mul = /* @__PURE__ */ arithmetic('mul', 'Mul');
/** `a` to the power of `b`. */
export const pow: Binary = op({
  pow<T extends Tensor>(base: Tensor | TensorLike, exp: Tensor | TensorLike): T {
    const both = makeTypesMatch(convertToTensor(base, 'base', 'pow'), convertToTensor(exp, 'exp', 'pow'));
    return call('Pow', both.map(castBool)) as T;
  },
});
/** `a / b`; of two int32 tensors the quotient rounded down. */
export const div: Binary = op({
  div<T extends Tensor>(a: Tensor | TensorLike, b: Tensor | TensorLike): T {
    const both = pair(a, b, 'div').map(castBool) as [Tensor, Tensor];
    return call(both[0].dtype === 'int32' ? 'FloorDiv' : 'RealDiv', both) as T;
  },
});
/** `a / b`, 0 where b is 0. Integers give float32. */
export const divNoNan = /* @__PURE__ */ arithmetic('divNoNan', 'DivNoNan', true);
/** `a / b` rounded down; int32. */
export const floorDiv: Binary = op({
  floorDiv<T extends Tensor>(a: Tensor | TensorLike, b: Tensor | TensorLike): T {
    return castTo(call('FloorDiv', pair(a, b, 'floorDiv').map(castBool)), 'int32') as T;
  },
});
/** What remains of `a / b` rounded down; it has the sign of b. */
export const mod = /* @__PURE__ */ arithmetic('mod', 'FloorMod');
/** The greater of both. */
export const maximum = /* @__PURE__ */ arithmetic('maximum', 'Maximum');
/** The lesser of both. */
export const minimum = /* @__PURE__ */ arithmetic('minimum', 'Minimum');
/** `(a - b) * (a - b)`. */
export const squaredDifference = /* @__PURE__ */ arithmetic('squaredDifference', 'SquaredDifference');
/** The angle of the point (b, a), in radians. Integers give float32. */
export const atan2 = /* @__PURE__ */ arithmetic('atan2', 'Atan2', true);

/** Whether `a == b`; bool. */
export const equal = /* @__PURE__ */ comparison('equal', 'Equal');
/** Whether `a != b`; bool. */
export const notEqual = /* @__PURE__ */ comparison('notEqual', 'NotEqual');
/** Whether `a > b`; bool. */
export const greater = /* @__PURE__ */ comparison('greater', 'Greater');
/** Whether `a >= b`; bool. */
export const greaterEqual = /* @__PURE__ */ comparison('greaterEqual', 'GreaterEqual');
/** Whether `a < b`; bool. */
export const less = /* @__PURE__ */ comparison('less', 'Less');
/** Whether `a <= b`; bool. */
export const lessEqual = /* @__PURE__ */ comparison('lessEqual', 'LessEqual');

/** `a && b`. Throws for other dtypes than bool. */
export const logicalAnd = /* @__PURE__ */ logical('logicalAnd', 'LogicalAnd');
/** `a || b`. Throws for other dtypes than bool. */
export const logicalOr = /* @__PURE__ */ logical('logicalOr', 'LogicalOr');
/** Whether one of both is true. Throws for other dtypes than bool. */
export const logicalXor = /* @__PURE__ */ logical('logicalXor', 'NotEqual');

/** `a & b` bit by bit. Throws for other dtypes than int32, and for shapes that differ. */
export const bitwiseAnd = op({
  bitwiseAnd(x: Tensor, y: Tensor): Tensor {
    return call('BitwiseAnd', [convertToTensor(x, 'x', 'bitwiseAnd', 'int32'), convertToTensor(y, 'y', 'bitwiseAnd', 'int32')]);
  },
});

/**
 * Elements of `a` where the condition holds, of `b` elsewhere; all three are broadcast.
 *
 * Throws where the condition is not of bool.
 */
export const where = op({
  where<T extends Tensor>(condition: Tensor | TensorLike, a: T | TensorLike, b: T | TensorLike): T {
    const $condition = convertToTensor(condition, 'condition', 'where', 'bool');
    const both = makeTypesMatch(convertToTensor(a, 'a', 'where'), convertToTensor(b, 'b', 'where'));
    return call('SelectV2', [$condition, ...both]) as T;
  },
});

/** The sum of a list of tensors of one shape and dtype. Throws for an empty list. */
export const addN = op({
  addN<T extends Tensor>(tensors: Array<T | TensorLike>): T {
    if (!Array.isArray(tensors) || tensors.length === 0) {
      throw new Error('The argument passed to tf.addN() must be a list of at least one tensor');
    }
    const list = tensors.map((t, i) => convertToTensor(t, `tensors[${i}]`, 'addN'));
    const first = list[0] as Tensor;
    list.forEach((t, i) => {
      if (t.dtype !== first.dtype || t.shape.join() !== first.shape.join()) {
        throw new Error(
          `All tensors passed to tf.addN() must have the same dtype and shape: wanted ${first.dtype} [${first.shape}], received ${t.dtype} [${t.shape}] at ${i}`,
        );
      }
    });
    return call('AddN', list) as T;
  },
});

/** The running mean `v` moved towards `x`: `v + (x - v) * (1 - decay)`, corrected for the start by `step` if `zeroDebias`. */
export const movingAverage = op({
  movingAverage<T extends Tensor>(
    v: T | TensorLike,
    x: T | TensorLike,
    decay: number | Tensor,
    step?: number | Tensor,
    zeroDebias = true,
  ): T {
    const $v = convertToTensor(v, 'v', 'movingAverage');
    const $x = convertToTensor(x, 'x', 'movingAverage');
    const $decay = convertToTensor(decay, 'decay', 'movingAverage');
    if ($v.dtype !== $x.dtype || $v.shape.join() !== $x.shape.join()) {
      throw new Error(`Shape mismatch in v and x: v is ${$v.dtype} [${$v.shape}], x is ${$x.dtype} [${$x.shape}]`);
    }
    let update = mul(sub($x, $v), sub(1, $decay));
    if (zeroDebias) {
      if (step == null) {
        throw new Error('When using zeroDebias: true, step is required.');
      }
      update = div(update, sub(1, pow($decay, castTo(convertToTensor(step, 'step', 'movingAverage'), $decay.dtype))));
    }
    return add($v, update) as T;
  },
});
