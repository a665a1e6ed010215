/** Products of matrices. */

import { alias, call, convertToTensor, makeTypesMatch, op } from '../engine/run';
import type { Tensor, Tensor1D, Tensor2D } from '../tensor/tensor';
import type { TensorLike } from '../types';
import { assert } from '../util/util';
import { concat, slice } from './array';
import { add, mul } from './binary';
import { castBool, sigmoid, tanh } from './unary';

/**
 * The product of matrices, in the last two dimensions; those before are broadcast.
 *
 * Throws where inner dimensions differ, and for vectors (see `tf.dot`).
 *
 * ```js
 * tf.matMul(tf.ones([2, 3]), tf.ones([3, 2])).print();
 * ```
 */
export const matMul = op({
  matMul<T extends Tensor>(a: Tensor | TensorLike, b: Tensor | TensorLike, transposeA = false, transposeB = false): T {
    const [$a, $b] = makeTypesMatch(convertToTensor(a, 'a', 'matMul'), convertToTensor(b, 'b', 'matMul')).map(castBool) as [Tensor, Tensor];
    assert(
      $a.rank >= 2 && $b.rank >= 2,
      () => `Error in matMul: inputs must have rank 2 or more, but got shapes [${$a.shape}] and [${$b.shape}].`,
    );
    const inner = [$a.shape.at(transposeA ? -2 : -1), $b.shape.at(transposeB ? -1 : -2)];
    assert(
      inner[0] === inner[1],
      () =>
        `Error in matMul: inner shapes (${inner[0]}) and (${inner[1]}) of Tensors with shapes ${$a.shape} and ${$b.shape} and transposeA=${transposeA} and transposeB=${transposeB} must match.`,
    );
    if ($a.rank === 2 && $b.rank === 2) {
      return call('MatMul', [$a, $b], { transpose_a: transposeA, transpose_b: transposeB }) as T;
    }
    return call('BatchMatMulV2', [$a, $b], { adj_x: transposeA, adj_y: transposeB }) as T;
  },
});

/** The product of vectors and matrices in any combination. Throws where inner dimensions differ, and for other ranks. */
export const dot = op({
  dot(t1: Tensor | TensorLike, t2: Tensor | TensorLike): Tensor {
    const $t1 = convertToTensor(t1, 't1', 'dot');
    const $t2 = convertToTensor(t2, 't2', 'dot');
    assert(
      [$t1, $t2].every((t) => t.rank === 1 || t.rank === 2),
      () => `Error in dot: inputs must all be rank 1 or 2, but got ranks ${$t1.rank} and ${$t2.rank}.`,
    );
    const [inner1, inner2] = [$t1.shape.at(-1), $t2.shape[0]];
    assert(inner1 === inner2, () => `Error in dot: inner dimensions of inputs must match, but got ${inner1} and ${inner2}.`);
    const a = $t1.rank === 1 ? alias($t1, [1, $t1.size]) : $t1;
    const b = $t2.rank === 1 ? alias($t2, [$t2.size, 1]) : $t2;
    return alias(matMul(a, b), [...$t1.shape.slice(0, -1), ...$t2.shape.slice(1)]);
  },
});

/** The matrix of all products of elements of two vectors. Throws for other ranks. */
export const outerProduct = op({
  outerProduct(v1: Tensor1D | TensorLike, v2: Tensor1D | TensorLike): Tensor2D {
    const $v1 = convertToTensor(v1, 'v1', 'outerProduct');
    const $v2 = convertToTensor(v2, 'v2', 'outerProduct');
    assert(
      $v1.rank === 1 && $v2.rank === 1,
      () => `Error in outerProduct: inputs must be rank 1, but got ranks ${$v1.rank} and ${$v2.rank}.`,
    );
    return matMul(alias($v1, [$v1.size, 1]), alias($v2, [1, $v2.size])) as Tensor2D;
  },
});

/**
 * Products and sums by letters, as in 'ij,jk->ik'.
 *
 * Throws where letters and dimensions do not fit.
 */
export const einsum = op({
  einsum(equation: string, ...tensors: Tensor[]): Tensor {
    return call('Einsum', tensors.map((t, i) => convertToTensor(t, `tensors${i}`, 'einsum')), { equation });
  },
});

/** One step of an LSTM cell: data `[batch, inputs]`, state c and h; gives the new c and h. */
export const basicLSTMCell = op({
  basicLSTMCell(
    forgetBias: Tensor | TensorLike,
    lstmKernel: Tensor2D | TensorLike,
    lstmBias: Tensor1D | TensorLike,
    data: Tensor2D | TensorLike,
    c: Tensor2D | TensorLike,
    h: Tensor2D | TensorLike,
  ): [Tensor2D, Tensor2D] {
    const of = (x: Tensor | TensorLike, name: string): Tensor2D => convertToTensor(x, name, 'basicLSTMCell');
    const gates = add(matMul(concat([of(data, 'data'), of(h, 'h')], 1), of(lstmKernel, 'lstmKernel')), of(lstmBias, 'lstmBias'));
    const [batch, width] = gates.shape as [number, number];
    const gate = (k: number): Tensor => slice(gates, [0, (k * width) / 4], [batch, width / 4]);
    const keep = sigmoid(add(of(forgetBias, 'forgetBias'), gate(2)));
    const newC = add(mul(sigmoid(gate(0)), tanh(gate(1))), mul(of(c, 'c'), keep));
    return [newC as Tensor2D, mul(tanh(newC), sigmoid(gate(3))) as Tensor2D];
  },
});

/** A step of an LSTM cell, from data and state to the new state. */
export type LSTMCellFunc = (data: Tensor2D, c: Tensor2D, h: Tensor2D) => [Tensor2D, Tensor2D];

/** One step of several cells, each fed by the h of the one before; gives the new c and h of all. */
export const multiRNNCell = op({
  multiRNNCell(
    lstmCells: LSTMCellFunc[],
    data: Tensor2D | TensorLike,
    c: Array<Tensor2D | TensorLike>,
    h: Array<Tensor2D | TensorLike>,
  ): [Tensor2D[], Tensor2D[]] {
    let input = convertToTensor<Tensor2D>(data, 'data', 'multiRNNCell');
    const [newC, newH]: [Tensor2D[], Tensor2D[]] = [[], []];
    lstmCells.forEach((cell, i) => {
      const of = (x: Array<Tensor2D | TensorLike>, name: string): Tensor2D =>
        convertToTensor(x[i] as Tensor2D, `${name}[${i}]`, 'multiRNNCell');
      const [nextC, nextH] = cell(input, of(c, 'c'), of(h, 'h'));
      newC.push(nextC);
      newH.push(nextH);
      input = nextH;
    });
    return [newC, newH];
  },
});
