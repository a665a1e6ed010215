/** `tf.compile`: functions that are traced, compiled and kept. */

import { scoped } from './engine/engine';
import { tensorsIn } from './engine/container';
import { state } from './engine/state';
import { Tensor } from './tensor/tensor';
import { variables } from './tensor/variable';
import type { TensorContainer } from './types';
import { assert, isFunction } from './util/util';
import { wasm } from './wasm';

/** A compiled function; `dispose` lets it go. */
export type Compiled<F> = F & { dispose(): void };

let traces = 0;

/**
 * The function as one compiled whole: it runs once for each list of dtypes and shapes to be traced, and from then on its kernels run, fused,
 * without the program's own code. Its arguments are tensors, its result a tensor, or a list or object of tensors. Values of variables are
 * read and assigned as the program would.
 *
 * Throws where an argument is no tensor, and where the function gives something else than tensors.
 *
 * ```js
 * const step = tf.compile((x) => x.matMul(w).relu());
 * step(tf.ones([8, 4])).print();
 * ```
 */
export function compile<F extends (...args: never[]) => TensorContainer>(fn: F, name = fn.name || 'compiled'): Compiled<F> {
  assert(isFunction(fn), () => 'The fn passed in compile(fn) must be a function');
  // What the trace that was last written for a signature gave: the structure of its results.
  const shapes = new Map<string, (results: Tensor[]) => TensorContainer>();
  const effects = new Map<string, (() => void)[]>();
  let key = '';
  const handle = wasm().functionNew((inputs) => {
    const { trace, effects: outer } = state;
    state.trace = ++traces;
    state.effects = [];
    try {
      return scoped(name, () => {
        const args = Array.from(inputs, (h) => new Tensor(wasm().tensorClone(h)));
        const result = fn(...(args as never[]));
        const tensors = tensorsIn(result);
        shapes.set(key, structure(result, tensors));
        effects.set(key, state.effects as (() => void)[]);
        return Uint32Array.from(tensors, (t) => wasm().tensorClone(t.handle));
      });
    } finally {
      state.trace = trace;
      state.effects = outer;
    }
  }, name);
  const compiled = (...args: Tensor[]): TensorContainer => {
    args.forEach((t, i) => assert(t instanceof Tensor, () => `Argument ${i} of the compiled function must be a tensor`));
    key = args.map((t) => `${t.dtype}[${t.shape}]`).join();
    const found = attempt(() => wasm().functionCall(handle, Uint32Array.from(args, (t) => t.handle)));
    (effects.get(key) ?? []).forEach((f) => f());
    if (state.trace === 0) {
      Object.values(variables).forEach((v) => v.refresh());
    }
    const results = Array.from(found, (h) => new Tensor(h));
    return (shapes.get(key) as (results: Tensor[]) => TensorContainer)(results);
  };
  return Object.assign(compiled, { dispose: () => wasm().tensorFree(handle) }) as unknown as Compiled<F>;
}

/** Calls `f`; again when what its trace asked for is made. */
function attempt<T>(f: () => T): T {
  for (;;) {
    try {
      return f();
    } catch (e) {
      const { setup } = state;
      if (setup === undefined || state.trace !== 0) {
        throw e;
      }
      state.setup = undefined;
      setup();
    }
  }
}

/** How results become the structure that the function gave. */
function structure(result: unknown, tensors: Tensor[]): (results: Tensor[]) => TensorContainer {
  if (result instanceof Tensor) {
    const at = tensors.indexOf(result);
    return (results) => results[at] as Tensor;
  }
  if (Array.isArray(result)) {
    const parts = result.map((r) => structure(r, tensors));
    return (results) => parts.map((p) => p(results));
  }
  if (typeof result === 'object' && result !== null) {
    const parts = Object.entries(result).map(([k, r]) => [k, structure(r, tensors)] as const);
    return (results) => Object.fromEntries(parts.map(([k, p]) => [k, p(results)]));
  }
  assert(result === undefined || result === null, () => `A compiled function must give tensors, but gave ${typeof result}`);
  return () => undefined;
}
