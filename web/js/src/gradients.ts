/** Derivatives of functions. */

import { scoped } from './engine/engine';
import { convertToTensor, convertToTensorArray } from './engine/run';
import { state } from './engine/state';
import { Tensor, type Scalar } from './tensor/tensor';
import { Variable, variables } from './tensor/variable';
import type { GradSaveFunc, NamedTensorMap, TensorLike } from './types';
import { assert, assertShapesMatch, isFunction } from './util/util';
import { wasm } from './wasm';

const UNCONNECTED =
  'Cannot compute gradient of y=f(x) with respect to x. Make sure that the f you passed encloses all operations that lead from x to y.';

/** The result of `f` and its derivatives in `xs`; null where the result does not depend on one. */
export function gradients<T extends Tensor>(f: () => T, xs: Tensor[], dy?: Tensor | null): { value: T; grads: (Tensor | null)[] } {
  const all = scoped('gradients', () => {
    const tape = wasm().tapeNew(false);
    state.tapes++;
    let open = true;
    const stop = (): void => {
      if (open) {
        open = false;
        state.tapes--;
        wasm().tapeStop(tape);
      }
    };
    try {
      const sources = Uint32Array.from(xs, (x) => x.handle);
      sources.forEach((h) => wasm().tapeWatch(tape, h));
      const value = f();
      stop();
      assert(value instanceof Tensor, () => 'The result y returned by f() must be a tensor.');
      if (dy != null) {
        assertShapesMatch(value.shape, dy.shape, 'The shape of dy passed must match the shape returned by f(): ');
      }
      const found = wasm().tapeGradient(tape, value.handle, sources, dy?.handle ?? 0);
      return { value, grads: Array.from(found, (h) => (h === 0 ? null : new Tensor(h))) };
    } finally {
      stop();
      wasm().tensorFree(tape);
    }
  });
  return all;
}

/** Throws where a derivative is missing. */
function connected(grads: (Tensor | null)[]): Tensor[] {
  if (grads.some((g) => g === null)) {
    throw new Error(UNCONNECTED);
  }
  return grads as Tensor[];
}

/**
 * A function that gives the derivative of `f` in its argument; of the sum of elements, or of their products with `dy`.
 *
 * Throws where f is no function; the function it gives throws where the result of f does not depend on x.
 *
 * ```js
 * const g = tf.grad((x) => x.square());
 * g(tf.tensor1d([2, 3])).print();
 * ```
 */
export function grad(f: (x: Tensor) => Tensor): (x: TensorLike | Tensor, dy?: TensorLike | Tensor | null) => Tensor {
  const both = valueAndGrad(f, 'grad');
  return (x, dy) => {
    const { value, grad } = both(x, dy);
    value.dispose();
    return grad;
  };
}

/**
 * A function that gives the derivatives of `f` in a list of arguments.
 *
 * Throws as `grad` does.
 */
export function grads(f: (...args: Tensor[]) => Tensor): (args: Array<Tensor | TensorLike>, dy?: Tensor | TensorLike | null) => Tensor[] {
  const both = valueAndGrads(f, 'grads');
  return (args, dy) => {
    const { value, grads } = both(args, dy);
    value.dispose();
    return grads;
  };
}

/** As `grad`, with the result of f beside its derivative. */
export function valueAndGrad<I extends Tensor, O extends Tensor>(
  f: (x: I) => O,
  name = 'valueAndGrad',
): (x: I | TensorLike, dy?: O | TensorLike | null) => { value: O; grad: I } {
  assert(isFunction(f), () => `The f passed in ${name}(f) must be a function`);
  const both = valueAndGrads(f as unknown as (...args: Tensor[]) => O, name);
  return (x, dy) => {
    if (Array.isArray(x) && x[0] instanceof Tensor) {
      throw new Error(`The x passed in ${name}(f)(x) must be a tensor`);
    }
    const { value, grads } = both([x], dy);
    return { value, grad: grads[0] as I };
  };
}

/** As `grads`, with the result of f beside its derivatives. */
export function valueAndGrads<O extends Tensor>(
  f: (...args: Tensor[]) => O,
  name = 'valueAndGrads',
): (args: Array<Tensor | TensorLike>, dy?: O | TensorLike | null) => { grads: Tensor[]; value: O } {
  assert(isFunction(f), () => `The f passed in ${name}(f) must be a function`);
  return (args, dy) => {
    assert(Array.isArray(args), () => `The args passed in ${name}(f)(args) must be an array of \`Tensor\`s or \`TensorLike\`s`);
    return scoped(name, () => {
      const xs = convertToTensorArray(args, 'args', `tf.${name}`, 'string_or_numeric');
      const seed = dy == null ? null : convertToTensor(dy as Tensor, 'dy', `tf.${name}`);
      const { value, grads } = gradients(() => f(...xs), xs, seed);
      return { value, grads: connected(grads) };
    });
  };
}

/**
 * The result of `f`, a scalar, and its derivatives in variables: those of `varList`, or all that are trainable, by name.
 *
 * Throws where no variable is trainable, the result is no scalar, or depends on none of them.
 */
export function variableGrads(f: () => Scalar, varList?: Variable[] | null): { value: Scalar; grads: NamedTensorMap } {
  assert(isFunction(f), () => 'The f passed in variableGrads(f) must be a function');
  assert(
    varList == null || (Array.isArray(varList) && varList.every((v) => v instanceof Variable)),
    () => 'The varList passed in variableGrads(f, varList) must be an array of variables',
  );
  const given = varList ?? Object.values(variables);
  const list = given.filter((v) => v.trainable);
  assert(
    list.length > 0,
    () => `variableGrads() expects at least one of the input variables to be trainable, but none of the ${given.length} variables is trainable.`,
  );
  const { value, grads: found } = gradients(f, list);
  assert(
    found.some((g) => g !== null),
    () => 'Cannot find a connection between any variable and the result of the loss function y=f(x). Please make sure the operations that use variables are inside the function f passed to minimize().',
  );
  assert(value.rank === 0, () => `The f passed in variableGrads(f) must return a scalar, but it returned a rank-${value.rank} tensor`);
  const grads: NamedTensorMap = {};
  list.forEach((v, i) => {
    const g = found[i];
    if (g != null) {
      grads[v.name] = g;
    }
  });
  return { value, grads };
}

/** A function with a derivative of its own: its result, and a function from the result's derivative to those of the arguments. */
export type CustomGradientFunc<T extends Tensor> = (...inputs: Array<Tensor | GradSaveFunc>) => {
  value: T;
  gradFunc: (dy: T, saved: Tensor[]) => Tensor | Tensor[];
};

/**
 * An op whose derivative is `gradFunc` of what `f` gives. The last argument of f keeps tensors for `gradFunc`.
 *
 * Throws where f is no function, an argument no tensor, or `gradFunc` gives another number of derivatives than there are arguments.
 *
 * ```js
 * const cube = tf.customGrad((x, save) => {
 *   save([x]);
 *   return { value: x.pow(3), gradFunc: (dy, saved) => dy.mul(saved[0].square().mul(3)) };
 * });
 * ```
 */
export function customGrad<T extends Tensor>(f: CustomGradientFunc<T>): (...args: Tensor[]) => T {
  assert(isFunction(f), () => 'The f passed in customGrad(f) must be a function.');
  return (...inputs) => {
    assert(
      inputs.every((t) => t instanceof Tensor),
      () => 'The args passed in customGrad(f)(x1, x2,...) must all be tensors',
    );
    return scoped('customGrad', () => {
      const saved: Tensor[] = [];
      const handle = wasm().customGradient(Uint32Array.from(inputs, (t) => t.handle), (given) => {
        // The tensors of the program, so that it may compare them; the handles stand for the same values.
        given.forEach((h) => wasm().tensorFree(h));
        const { value, gradFunc } = f(...inputs, (list: Tensor[]) => saved.push(...list));
        assert(value instanceof Tensor, () => 'The function f passed in customGrad(f) must return an object where `obj.value` is a tensor');
        assert(isFunction(gradFunc), () => 'The function f passed in customGrad(f) must return an object where `obj.gradFunc` is a function.');
        return { value: wasm().tensorClone(value.handle), gradFunc: backward(gradFunc, inputs.length, saved) };
      });
      return new Tensor(handle) as T;
    });
  };
}

/** Handles of tensors that a derivative needs, for as long as it may be called. */
const needed = new FinalizationRegistry<number[]>((handles) => handles.forEach((h) => wasm().tensorFree(h)));

/** `gradFunc` over handles. */
function backward<T extends Tensor>(
  gradFunc: (dy: T, saved: Tensor[]) => Tensor | Tensor[],
  count: number,
  saved: Tensor[],
): (dy: Uint32Array) => Uint32Array {
  const kept = saved.map((t) => wasm().tensorClone(t.handle));
  const call = ([dy]: Uint32Array): Uint32Array =>
    scoped('gradFunc', () => {
      const again = kept.map((h) => new Tensor(wasm().tensorClone(h)));
      const given = gradFunc(new Tensor(wasm().tensorClone(dy as number)) as T, again);
      const results = Array.isArray(given) ? given : [given];
      assert(
        results.length === count,
        () =>
          `The function f passed in customGrad(f) must return an object where \`obj.gradFunc\` is a function that returns the same number of tensors as inputs passed to f(...): wanted ${count}, received ${results.length}`,
      );
      assert(
        results.every((t) => t instanceof Tensor),
        () => 'The function f passed in customGrad(f) must return an object where `obj.gradFunc` is a function that returns a list of only tensors.',
      );
      return Uint32Array.from(results, (t) => wasm().tensorClone(t.handle));
    });
  needed.register(call, kept);
  return call;
}
