/** What models are given: checked, and in the order of their inputs and outputs. */

import { expandDims, gather, slice } from '../ops/array';
import { tensor1d } from '../ops/creation';
import { argMax } from '../ops/reduce';
import { cast } from '../ops/unary';
import { reshape } from '../ops/array';
import type { Shape } from '../layers/symbol';
import { Tensor } from '../tensor/tensor';

/** Tensors: one, a list, or by name. */
export type TensorData = Tensor | Tensor[] | { [name: string]: Tensor };

/**
 * Tensors in the order of names; of rank 2 at least.
 *
 * Throws where some are missing or too many, and for shapes other than the model's.
 */
export function standardize(data: TensorData | null | undefined, names: string[], shapes: (Shape | null)[], what: string): Tensor[] {
  let all: Tensor[];
  if (data instanceof Tensor) {
    if (names.length > 1) {
      throw new Error(`The model ${what} expects ${names.length} Tensor(s), but only received one Tensor. Found: Tensor with shape ${data.shape}`);
    }
    all = [data];
  } else if (Array.isArray(data)) {
    if (data.length !== names.length) {
      throw new Error(
        `Error when checking model ${what}: the Array of Tensors that you are passing to your model is not the size the model expected. ` +
          `Expected to see ${names.length} Tensor(s), but instead got the following list of Tensor(s): ${data.length} of them`,
      );
    }
    all = data;
  } else {
    all = names.map((name) => {
      const found = data?.[name];
      if (found == null) {
        throw new Error(`No data provided for "${name}". Need data for each key in: ${names}`);
      }
      return found;
    });
  }
  return all.map((given, i) => {
    if (!(given instanceof Tensor)) {
      throw new Error(`Error when checking ${what}: wanted a Tensor for ${names[i]}, received ${given === null ? 'null' : typeof given}`);
    }
    given.throwIfDisposed();
    const x = given.rank === 1 ? expandDims(given, 1) : given;
    const shape = shapes[i];
    if (shape == null) {
      return x;
    }
    if (x.rank !== shape.length) {
      throw new Error(`Error when checking ${what}: expected ${names[i]} to have ${shape.length} dimension(s). but got array with shape ${x.shape}`);
    }
    if (shape.some((d, j) => j > 0 && d !== null && d >= 0 && d !== x.shape[j])) {
      throw new Error(
        `Error when checking ${what}: ${what} expected a batch of elements where each example has shape [${shape.slice(1)}] ` +
          `(i.e.,tensor shape [*,${shape.slice(1)}]) but the ${what} received an input with ${x.shape[0]} examples, each with shape [${x.shape.slice(1)}] (tensor shape [${x.shape}])`,
      );
    }
    return x;
  });
}

/** How many samples there are. Throws where tensors differ in it, and where there are none. */
export function samples(x: Tensor[], y: Tensor[]): number {
  const counts = (all: Tensor[]): number[] => [...new Set(all.map((t) => t.shape[0] as number))];
  const [nx, ny] = [counts(x), counts(y)];
  for (const [all, what, n] of [
    [x, 'input (x)', nx],
    [y, 'target (y)', ny],
  ] as const) {
    if (n.length > 1) {
      throw new Error(`All ${what} Tensors should have the same number of samples. Got array shapes: ${JSON.stringify(all.map((t) => t.shape))}`);
    }
  }
  if (ny.length > 0 && nx[0] !== ny[0]) {
    throw new Error(`Input Tensors should have the same number of samples as target Tensors. Found ${nx[0]} input sample(s) and ${ny[0]} target sample(s).`);
  }
  return nx[0] ?? 0;
}

/** Samples from one place to another. */
export function rows(all: Tensor[], begin: number, end: number): Tensor[] {
  return all.map((t) => (begin === 0 && end === t.shape[0] ? t.clone() : slice(t, [begin], [end - begin])));
}

/** Samples at places. */
export function rowsAt(all: Tensor[], places: Tensor): Tensor[] {
  return all.map((t) => gather(t, places as never));
}

/** Weights of classes, by their numbers. */
export type ClassWeight = { [classIndex: number]: number };

/**
 * A weight for each sample, by the class of its label: computed on the device.
 *
 * Throws for labels of a rank that is not 1 or 2.
 */
export function classWeights(y: Tensor, weights: ClassWeight): Tensor {
  if (y.rank > 2) {
    throw new Error(`Unexpected rank of target (y) tensor (${y.rank}) during handling of class weights. The rank is expected to be 1 or 2.`);
  }
  const hot = y.rank === 2 && (y.shape[1] as number) > 1;
  const classes = cast(hot ? argMax(y, 1) : reshape(y, [y.shape[0] as number]), 'int32');
  const size = Math.max(...Object.keys(weights).map(Number)) + 1;
  const table = Array.from({ length: hot ? (y.shape[1] as number) : size }, (_, i) => weights[i] ?? NaN);
  return gather(tensor1d(table), classes as never);
}
