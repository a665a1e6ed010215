/** What is alive: counts, scopes, and the release of handles. */

import { wasm } from '../wasm';

/** A value on the device, which tensors of other shapes may share. */
export interface DataId {
  /** Tensors that share it. */
  refs: number;
  bytes: number;
}

/** What a tensor owns: a handle of the module, and its share of a value. */
export interface Held {
  /** 0 while a variable's value is to be read anew. */
  handle: number;
  data: DataId;
  string: boolean;
  released: boolean;
}

/** What a scope needs to know of a tensor. */
export interface Tracked {
  readonly id: number;
  kept: boolean;
  scopeId: number;
  readonly isDisposed: boolean;
  dispose(): void;
}

/** Tensors made since `startScope`. */
export interface Scope {
  track: Tracked[];
  name: string;
  id: number;
}

/** One call of an op, as `tf.profile` tells it. */
export interface KernelInfo {
  name: string;
  bytesAdded: number;
  totalBytesSnapshot: number;
  tensorsAdded: number;
  totalTensorsSnapshot: number;
  inputShapes: number[][];
  outputShapes: number[][];
  kernelTimeMs: number | { error: string };
  extraInfo: string;
}

/** All that the engine counts. */
export const state = {
  numTensors: 0,
  numBytes: 0,
  numDataBuffers: 0,
  numStringTensors: 0,
  peakBytes: 0,
  scopeStack: [] as Scope[],
  nextScopeId: 0,
  nextTensorId: 0,
  nextVariableId: 0,
  /** Above 0 while gradients are recorded. */
  tapes: 0,
  /** The trace that is written, by number; 0 outside of one. */
  trace: 0,
  /** What a function that is traced needs before: it is made, and the function traced again. */
  setup: undefined as (() => void) | undefined,
  /** What each call of the function that is traced does on the host. */
  effects: undefined as (() => void)[] | undefined,
  kernels: undefined as KernelInfo[] | undefined,
};

/** Counts a new tensor, and notes it in the scope that is open if scopes dispose it. */
export function register(tensor: Tracked, held: Held, scoped: boolean): void {
  state.numTensors++;
  if (held.string) {
    state.numStringTensors++;
  }
  count(held.data);
  const scope = state.scopeStack[state.scopeStack.length - 1];
  if (scope !== undefined && scoped) {
    tensor.scopeId = scope.id;
    scope.track.push(tensor);
  }
  forgotten.register(tensor, held, held);
}

/** Gives the handle back; a second call does nothing. */
export function release(held: Held): void {
  if (held.released) {
    return;
  }
  held.released = true;
  state.numTensors--;
  if (held.string) {
    state.numStringTensors--;
  }
  discount(held.data);
  forgotten.unregister(held);
  dropHandle(held);
}

/** Frees the handle, but nothing else. */
export function dropHandle(held: Held): void {
  if (held.handle !== 0) {
    wasm().tensorFree(held.handle);
    held.handle = 0;
  }
}

/** Makes a tensor share another value than it did. */
export function share(held: Held, data: DataId): void {
  count(data);
  discount(held.data);
  held.data = data;
}

function count(data: DataId): void {
  if (data.refs++ === 0) {
    state.numDataBuffers++;
  }
  // Bytes count for each tensor, as in TensorFlow.js, shared or not.
  state.numBytes += data.bytes;
  state.peakBytes = Math.max(state.peakBytes, state.numBytes);
}

function discount(data: DataId): void {
  if (--data.refs === 0) {
    state.numDataBuffers--;
  }
  state.numBytes -= data.bytes;
}

/** Tensors that the program forgot without disposing them. */
const forgotten = new FinalizationRegistry<Held>(release);

/** Opens a scope. */
export function startScope(name = ''): void {
  state.scopeStack.push({ track: [], name, id: state.nextScopeId++ });
}

/** Closes the scope: tensors made in it go, but kept ones and `results`, which move to the scope around it. */
export function endScope(results: Iterable<Tracked>): void {
  const scope = state.scopeStack.pop();
  if (scope === undefined) {
    throw new Error('endScope: there is no scope open; each call belongs to a startScope.');
  }
  const staying = new Set<Tracked>(results);
  const outer = state.scopeStack[state.scopeStack.length - 1];
  for (const t of scope.track) {
    if (t.kept || t.isDisposed || t.scopeId !== scope.id) {
      continue;
    }
    if (!staying.has(t)) {
      t.dispose();
    } else if (outer !== undefined) {
      t.scopeId = outer.id;
      outer.track.push(t);
    } else {
      t.scopeId = -1;
    }
  }
}
