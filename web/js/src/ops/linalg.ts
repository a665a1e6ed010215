/** `tf.linalg`. */

import { alias, call, convertToTensor, op } from '../engine/run';
import { Tensor, type Tensor1D, type Tensor2D } from '../tensor/tensor';
import type { TensorLike } from '../types';
import { assert, isInt } from '../util/util';
import { concat, slice, stack, transpose, unstack } from './array';
import { div, greater, mul, sub, where } from './binary';
import { eye } from './creation';
import { matMul } from './matrix';
import { norm, sum } from './reduce';
import { neg } from './unary';

/** Matrices with zeros outside of a band of so many diagonals below and above the main one; all of them where the number is negative. */
export const bandPart = op({
  bandPart<T extends Tensor>(a: T | TensorLike, numLower: number | Tensor, numUpper: number | Tensor): T {
    const $a = convertToTensor(a, 'a', 'bandPart');
    assert($a.rank >= 2, () => `bandPart(): Rank must be at least 2, got ${$a.rank}.`);
    const [rows, columns] = $a.shape.slice(-2) as [number, number];
    const whole = (n: number | Tensor, name: string, most: number, what: string): number => {
      if (n instanceof Tensor) {
        assert(n.dtype === 'int32', () => `bandPart(): ${name}'s dtype must be an int32.`);
        return Math.min(n.dataSync()[0] as number, most);
      }
      assert(isInt(n), () => `bandPart(): ${name} must be an integer, got ${n}.`);
      assert(n <= most, () => `bandPart(): ${name} (${n}) must not be greater than the number of ${what} (${most}).`);
      return n;
    };
    return call('MatrixBandPart', [$a], {
      num_lower: whole(numLower, 'numLower', rows, 'rows'),
      num_upper: whole(numUpper, 'numUpper', columns, 'columns'),
    }) as T;
  },
});

/** Vectors (or the rows of a matrix) made orthogonal to those before, of length 1. Throws for more vectors than dimensions. */
export const gramSchmidt = op({
  gramSchmidt(xs: Tensor1D[] | Tensor2D): Tensor1D[] | Tensor2D {
    const list = Array.isArray(xs) ? xs : unstack(xs);
    assert(list.length > 0, () => 'Gram-Schmidt process: input must not be null, undefined, or empty');
    const dim = (list[0] as Tensor).shape[0] as number;
    list.forEach((x) => assert(x.shape[0] === dim, () => `Gram-Schmidt: Non-unique lengths found in the input vectors: (${x.shape[0]} vs. ${dim})`));
    assert(list.length <= dim, () => `Gram-Schmidt: Number of vectors (${list.length}) exceeds number of dimensions (${dim}).`);
    const ys: Tensor[] = [];
    for (const x of list) {
      const rest = ys.reduce((r: Tensor, y) => sub(r, mul(sum(mul(y, r)), y)), x);
      ys.push(div(rest, norm(rest, 'euclidean')));
    }
    return (Array.isArray(xs) ? ys : stack(ys)) as Tensor1D[] | Tensor2D;
  },
});

/** Matrices as products of an orthogonal and an upper triangular one, by Householder's reflections. Throws for a rank below 2. */
export const qr = op({
  qr(x: Tensor, fullMatrices = false): [Tensor, Tensor] {
    assert(x.rank >= 2, () => `qr() requires input tensor to have a rank >= 2, but got rank ${x.rank}`);
    if (x.rank === 2) {
      return reflected(x, fullMatrices);
    }
    const size = x.shape.slice(-2);
    const parts = unstack(alias(x, [x.size / ((size[0] as number) * (size[1] as number)), ...size])).map((m) => reflected(m, fullMatrices));
    const joined = (k: 0 | 1): Tensor => {
      const all = stack(parts.map((p) => p[k]));
      return alias(all, [...x.shape.slice(0, -2), ...all.shape.slice(1)]);
    };
    return [joined(0), joined(1)];
  },
});

function reflected(x: Tensor, fullMatrices: boolean): [Tensor, Tensor] {
  const [m, n] = x.shape as [number, number];
  let q: Tensor = eye(m);
  let r = x;
  for (let j = 0; j < Math.min(m, n); j++) {
    const column = slice(r, [j, j], [m - j, 1]);
    const length = norm(column);
    const first = slice(r, [j, j], [1, 1]);
    const side = where(greater(first, 0), [[-1]], [[1]]);
    const u = sub(first, mul(side, length));
    const tail = slice(div(column, u), [1, 0], [m - j - 1, 1]);
    const w = m - j === 1 ? eye(1) : concat([eye(1), tail], 0);
    const scaled = mul(neg(div(mul(side, u), length)), w);
    const below = slice(r, [j, 0], [m - j, n]);
    const turned = sub(below, matMul(scaled, matMul(w, below, true)));
    r = j === 0 ? turned : concat([slice(r, [0, 0], [j, n]), turned], 0);
    const right = slice(q, [0, j], [m, m - j]);
    const moved = sub(right, matMul(matMul(right, w), transpose(scaled)));
    q = j === 0 ? moved : concat([slice(q, [0, 0], [m, j]), moved], 1);
  }
  return !fullMatrices && m > n ? [slice(q, [0, 0], [m, n]), slice(r, [0, 0], [n, n])] : [q, r];
}

/** `tf.linalg`. */
export const linalg = { bandPart, gramSchmidt, qr };
