/** Functions of the program that the module calls. */

import { state } from '../engine/state';
import { Tensor } from '../tensor/tensor';
import { wasm } from '../wasm';
import { toList } from './config';

let traces = 0;

/** Runs a function of the program that the module calls: where it is being traced, variables are read anew. */
export function calledBack<T>(handles: Uint32Array | number[], f: () => T): T {
  const outer = state.trace;
  const traced = handles.length > 0 && wasm().tensorIsSymbolic(handles[0] as number);
  if (traced) {
    state.trace = --traces;
  }
  try {
    return f();
  } finally {
    state.trace = outer;
  }
}

/** Tensors that the program may use during a call, of handles that are lent. */
export function lent(handles: Uint32Array): Tensor[] {
  return Array.from(handles, (h) => new Tensor(wasm().tensorClone(h)));
}

/** Handles that are given away, of tensors. */
export function given(tensors: Tensor | Tensor[]): Uint32Array {
  return Uint32Array.from(toList(tensors), (t) => wasm().tensorClone(t.handle));
}
