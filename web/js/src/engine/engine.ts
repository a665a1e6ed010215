/** The engine: devices, scopes, memory, profiles. */

import { Tensor } from '../tensor/tensor';
import { Variable, variables } from '../tensor/variable';
import type { NamedVariableMap, TensorContainer } from '../types';
import { isPromise, now } from '../util/util';
import { isLoaded, load, wasm } from '../wasm';
import { tensorsIn } from './container';
import { endScope, type KernelInfo, startScope, state } from './state';

/** What is alive. */
export interface MemoryInfo {
  numTensors: number;
  numDataBuffers: number;
  numBytes: number;
  /** Bytes in buffers of the GPU, those kept for reuse included. */
  numBytesInGPU?: number;
  /** What the module itself counts: pools, pipelines. */
  device?: Record<string, number>;
  unreliable?: boolean;
  reasons?: string[];
}

/** What a function did, as `tf.profile` tells it. */
export interface ProfileInfo {
  newBytes: number;
  newTensors: number;
  peakBytes: number;
  kernels: KernelInfo[];
  result: TensorContainer;
  kernelNames: string[];
}

/** How long a function took. */
export interface TimingInfo {
  wallMs: number;
  kernelMs: number | { error: string };
}

/** A function whose tensors `tf.tidy` disposes. */
export type ScopeFn<T extends TensorContainer> = () => T;

/** Devices by the names of TensorFlow.js's backends. */
const DEVICES: Record<string, 'gpu' | 'cpu'> = { webgpu: 'gpu', cpu: 'cpu' };

let wanted: 'auto' | 'gpu' | 'cpu' = 'auto';
let opening: Promise<void> | undefined;

/**
 * Resolves when a device is open: WebGPU's adapter, or the CPU device where there is none. Await it once before other calls.
 * After a device was lost it opens another.
 */
export async function ready(): Promise<void> {
  if (opening !== undefined) {
    await opening;
    // Opens the device anew where it was lost; else it is open.
    await wasm().recover();
    return;
  }
  opening = load().then((module) => module.init({ device: wanted }));
  try {
    await opening;
  } catch (e) {
    opening = undefined;
    throw e;
  }
}

/**
 * Chooses the device: 'webgpu' or 'cpu'. Resolves to whether it could be opened. Tensors stay on the device that they were made on, so
 * choose before making any.
 *
 * Rejects for another name.
 */
export async function setBackend(backendName: string): Promise<boolean> {
  const device = DEVICES[backendName];
  if (device === undefined) {
    throw new Error(`Backend name '${backendName}' not found in registry: wanted 'webgpu' or 'cpu'.`);
  }
  const before = [wanted, opening] as const;
  wanted = device;
  opening = undefined;
  try {
    await ready();
    return true;
  } catch {
    [wanted, opening] = before;
    return false;
  }
}

/** The name of the device that is open: 'webgpu' or 'cpu'. Before `ready()`, an empty string. */
export function getBackend(): string {
  return isLoaded() && opening !== undefined ? (wasm().deviceInfo().kind === 'gpu' ? 'webgpu' : 'cpu') : '';
}

/**
 * Runs `fn` and disposes the tensors made in it, but those that it returns, those under `tf.keep`, and variables.
 *
 * Throws where `fn` is no function or returns a promise, whose tensors would be gone before it is done.
 *
 * ```js
 * const y = tf.tidy(() => x.square().sum());
 * ```
 */
export function tidy<T extends TensorContainer>(nameOrFn: string | ScopeFn<T>, fn?: ScopeFn<T>): T {
  let name = '';
  if (fn === undefined) {
    if (typeof nameOrFn !== 'function') {
      throw new Error('Please provide a function to tidy()');
    }
    fn = nameOrFn;
  } else {
    if (typeof nameOrFn !== 'string') {
      throw new Error('When calling with two arguments, the first argument to tidy() must be a string');
    }
    if (typeof fn !== 'function') {
      throw new Error('When calling with two arguments, the 2nd argument to tidy() must be a function');
    }
    name = nameOrFn;
  }
  return scoped(name, fn);
}

/** Runs `fn` in a scope, which closes however `fn` ends. */
export function scoped<T>(name: string, fn: () => T): T {
  const depth = state.scopeStack.length;
  startScope(name);
  try {
    const result = fn();
    if (isPromise(result)) {
      throw new Error('Cannot return a Promise inside of tidy.');
    }
    endScope(tensorsIn(result));
    return result;
  } catch (e) {
    while (state.scopeStack.length > depth) {
      endScope([]);
    }
    throw e;
  }
}

/** Keeps a tensor made in a `tf.tidy` from being disposed by it. */
export function keep<T extends Tensor>(result: T): T {
  result.kept = true;
  return result;
}

/** Disposes all tensors in a structure. */
export function dispose(container: TensorContainer): void {
  for (const t of tensorsIn(container)) {
    t.dispose();
  }
}

/** Disposes all variables. */
export function disposeVariables(): void {
  Object.values(variables).forEach((v) => v.dispose());
}

/** What is alive now. */
export function memory(): MemoryInfo {
  const info: MemoryInfo = { numTensors: state.numTensors, numDataBuffers: state.numDataBuffers, numBytes: state.numBytes };
  if (isLoaded()) {
    info.device = wasm().memoryInfo();
    if (getBackend() === 'webgpu') {
      info.numBytesInGPU = info.device['bytes'] ?? 0;
    }
  }
  if (state.numStringTensors > 0) {
    info.unreliable = true;
    info.reasons = ['Strings are counted as two bytes a character.'];
  }
  return info;
}

/** Runs `f` and tells which ops it called, and how many tensors and bytes are new. */
export async function profile(f: () => TensorContainer | Promise<TensorContainer>): Promise<ProfileInfo> {
  const outer = state.kernels;
  const { numBytes, numTensors, peakBytes } = state;
  const kernels: KernelInfo[] = [];
  state.kernels = kernels;
  state.peakBytes = numBytes;
  try {
    const result = await f();
    return {
      newBytes: state.numBytes - numBytes,
      newTensors: state.numTensors - numTensors,
      peakBytes: state.peakBytes,
      kernels,
      result,
      kernelNames: [...new Set(kernels.map((k) => k.name))],
    };
  } finally {
    state.kernels = outer;
    state.peakBytes = Math.max(peakBytes, state.peakBytes);
  }
}

/** Runs `f` and tells how long it took, the device's work included. */
export async function time(f: () => void): Promise<TimingInfo> {
  const from = now();
  const results: Tensor[] = [];
  scoped('time', () => {
    const made: unknown = f();
    results.push(...tensorsIn(made));
    return undefined;
  });
  await Promise.all(results.filter((t) => !t.isDisposed).map((t) => t.data()));
  const wallMs = now() - from;
  return { wallMs, kernelMs: { error: 'This device does not tell the time of single kernels; wallMs includes them.' } };
}

/** Resolves at the next frame of the page; elsewhere, once other events had their turn. */
export function nextFrame(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof requestAnimationFrame === 'function') {
      requestAnimationFrame(() => resolve());
    } else {
      setTimeout(resolve);
    }
  });
}

/** The engine as an object, for programs that hold scopes open across awaits. */
export class Engine {
  /** Variables that are alive, by name. */
  get registeredVariables(): NamedVariableMap {
    return variables;
  }
  /** What is counted. */
  get state(): typeof state {
    return state;
  }
  /** The device's name. */
  get backendName(): string {
    return getBackend();
  }
  /** Names that `setBackend` takes. */
  backendNames(): string[] {
    return Object.keys(DEVICES);
  }
  /** As `tf.ready`. */
  ready(): Promise<void> {
    return ready();
  }
  /** As `tf.setBackend`. */
  setBackend(name: string): Promise<boolean> {
    return setBackend(name);
  }
  /** Opens a scope: tensors made from here on are disposed by `endScope`. */
  startScope(name?: string): void {
    startScope(name);
  }
  /** Closes the scope opened last; tensors in `result` stay. */
  endScope(result?: TensorContainer): void {
    endScope(tensorsIn(result));
  }
  /** As `tf.tidy`. */
  tidy<T extends TensorContainer>(nameOrFn: string | ScopeFn<T>, fn?: ScopeFn<T>): T {
    return tidy(nameOrFn, fn);
  }
  /** As `tf.keep`. */
  keep<T extends Tensor>(result: T): T {
    return keep(result);
  }
  /** As `tf.memory`. */
  memory(): MemoryInfo {
    return memory();
  }
  /** As `tf.profile`. */
  profile(f: () => TensorContainer | Promise<TensorContainer>): Promise<ProfileInfo> {
    return profile(f);
  }
  /** As `tf.time`. */
  time(f: () => void): Promise<TimingInfo> {
    return time(f);
  }
  /** As `tf.disposeVariables`. */
  disposeVariables(): void {
    disposeVariables();
  }
  /** Whether gradients are recorded now. */
  isTapeOn(): boolean {
    return state.tapes > 0;
  }
  /** A variable. Throws where one of that name is alive. */
  makeVariable(initialValue: Tensor, trainable = true, name?: string): Variable {
    name ??= String(state.nextVariableId++);
    if (variables[name] !== undefined) {
      throw new Error(`Variable with name ${name} was already registered`);
    }
    return new Variable(initialValue, trainable, name);
  }
  /** Disposes all variables and closes all scopes. */
  reset(): void {
    while (state.scopeStack.length > 0) {
      endScope([]);
    }
    disposeVariables();
  }
}

const ENGINE = new Engine();

/** The one engine. */
export function engine(): Engine {
  return ENGINE;
}
