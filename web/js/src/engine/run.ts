/** Calls of ops: the only way to the registry, and what arguments become. */

import { Tensor } from '../tensor/tensor';
import { Variable } from '../tensor/variable';
import type { DataType, TensorLike } from '../types';
import { upcastType } from '../types';
import { flatten, inferDtype, isTypedArray, toTypedArray } from '../util/util';
import { type Attrs, wasm } from '../wasm';
import { isPromise } from '../util/util';
import { tensorsIn } from './container';
import { makeTensor } from './make';
import { inferShape } from './shape';
import { endScope, startScope, state } from './state';

/** Runs an op of the registry, by its name in docs/OPS.md, and gives all its results. */
export function callAll(op: string, inputs: readonly Tensor[], attrs: Attrs = {}): Tensor[] {
  const { numBytes, numTensors } = state;
  const handles = Uint32Array.from(inputs, (t) => t.handle);
  const results = Array.from(wasm().call(op, handles, attrs), (h) => new Tensor(h));
  if (state.kernels !== undefined) {
    state.kernels.push({
      name: op,
      bytesAdded: state.numBytes - numBytes,
      totalBytesSnapshot: state.numBytes,
      tensorsAdded: state.numTensors - numTensors,
      totalTensorsSnapshot: state.numTensors,
      inputShapes: inputs.map((t) => t.shape),
      outputShapes: results.map((t) => t.shape),
      kernelTimeMs: { error: 'Ops wait and run together; their single times are not known.' },
      extraInfo: '',
    });
  }
  return results;
}

/** Runs an op with one result. */
export function call<T extends Tensor = Tensor>(op: string, inputs: readonly Tensor[], attrs: Attrs = {}): T {
  return callAll(op, inputs, attrs)[0] as T;
}

/** A tensor that shares the value of another, in another shape or the same; recorded by tapes as a copy. */
export function alias<T extends Tensor = Tensor>(x: Tensor, shape: readonly number[] = x.shape): T {
  const same = shape.length === x.shape.length && shape.every((d, i) => d === x.shape[i]);
  const plain = same && state.tapes === 0 && !(x instanceof Variable);
  const handle = plain
    ? wasm().tensorClone(x.handle)
    : (wasm().call(same ? 'Identity' : 'Reshape', Uint32Array.of(x.handle), same ? {} : { shape: [...shape] })[0] as number);
  // A variable's value changes; its copies keep theirs.
  const data = x instanceof Variable ? undefined : (x.dataId as { refs: number; bytes: number });
  return new Tensor(handle, data, shape, x.dtype) as T;
}

/** What dtype an argument must have. */
export type Expected = DataType | 'numeric' | 'string_or_numeric';

/**
 * The argument of an op as a tensor: tensors as they are, values of the host uploaded.
 *
 * Throws where it is neither, and where its dtype is not the one expected. An op of floats takes float16 as well.
 */
export function convertToTensor<T extends Tensor = Tensor>(
  x: Tensor | TensorLike,
  argName: string,
  functionName: string,
  parseAsDtype: Expected = 'numeric',
): T {
  if (x instanceof Tensor) {
    x.throwIfDisposed();
    checkDtype(parseAsDtype, x.dtype, argName, functionName);
    return x as T;
  }
  const array = Array.isArray(x) || isTypedArray(x);
  if (!array && !['number', 'boolean', 'string'].includes(typeof x)) {
    const type = x == null ? 'null' : ((x as object).constructor?.name ?? typeof x);
    throw new Error(`Argument '${argName}' passed to '${functionName}' must be a Tensor or TensorLike, but got '${type}'`);
  }
  let dtype = inferDtype(x);
  if (dtype !== 'string' && ['bool', 'int32', 'float32'].includes(parseAsDtype)) {
    dtype = parseAsDtype as DataType;
  }
  checkDtype(parseAsDtype, dtype, argName, functionName);
  const shape = inferShape(x, dtype);
  const list = (array ? x : [x]) as TensorLike;
  return makeTensor(dtype === 'string' ? flatten(list as string[], [], true) : toTypedArray(list, dtype), shape, dtype) as T;
}

function checkDtype(expected: Expected, actual: DataType, argName: string, functionName: string): void {
  const fits =
    expected === 'string_or_numeric' ||
    (expected === 'numeric' ? actual !== 'string' : expected === actual || (expected === 'float32' && actual === 'float16'));
  if (!fits) {
    throw new Error(`Argument '${argName}' passed to '${functionName}' must be ${expected} tensor, but got ${actual} tensor`);
  }
}

/** A list of arguments as tensors. Throws where it is no list. */
export function convertToTensorArray<T extends Tensor = Tensor>(
  arg: readonly (Tensor | TensorLike)[],
  argName: string,
  functionName: string,
  parseAsDtype: Expected = 'numeric',
): T[] {
  if (!Array.isArray(arg)) {
    throw new Error(`Argument ${argName} passed to ${functionName} must be a \`Tensor[]\` or \`TensorLike[]\``);
  }
  return arg.map((t: Tensor | TensorLike, i) => convertToTensor<T>(t, `${argName}[${i}]`, functionName, parseAsDtype));
}

/** The tensor in another dtype; itself where it has it. */
export function castTo(x: Tensor, dtype: DataType): Tensor {
  return x.dtype === dtype ? x : call('Cast', [x], { DstT: dtype });
}

/** The tensor in floats: float16, float32 and complex64 as they are, others as float32. */
export function toFloat(x: Tensor): Tensor {
  return x.dtype === 'int32' || x.dtype === 'bool' ? castTo(x, 'float32') : x;
}

/** Both tensors in the dtype that theirs meet in. */
export function makeTypesMatch(a: Tensor, b: Tensor): [Tensor, Tensor] {
  if (a.dtype === b.dtype) {
    return [a, b];
  }
  const dtype = upcastType(a.dtype, b.dtype);
  return [castTo(a, dtype), castTo(b, dtype)];
}

/** A value of the host as a scalar of the dtype. */
export function scalarOf(value: number | boolean, dtype: DataType): Tensor {
  return dtype === 'complex64' || dtype === 'string'
    ? castTo(makeTensor(Float32Array.of(Number(value)), [], 'float32'), dtype)
    : makeTensor(toTypedArray([Number(value)], dtype), [], dtype);
}

/** Ends the name of an op in profiles. */
export const OP_SCOPE_SUFFIX = '__op';

/**
 * Makes an op of a function: tensors made on the way are disposed when it returns. The function is the one member of an object; its name,
 * without a final `_`, is the op's.
 *
 * Throws where the object has another number of members.
 *
 * ```js
 * const plusOne = tf.op({ plusOne_(x) { return x.add(1); } });
 * ```
 */
export function op<F extends (...args: never[]) => unknown>(f: { [name: string]: F }): F {
  const keys = Object.keys(f);
  if (keys.length !== 1) {
    throw new Error(`Please provide an object with a single key (operation name) mapping to a function. Got an object with ${keys.length} keys.`);
  }
  const key = keys[0] as string;
  const fn = f[key] as F;
  const name = key.endsWith('_') ? key.slice(0, -1) : key;
  const wrapped = (...args: never[]): unknown => {
    const depth = state.scopeStack.length;
    startScope(name + OP_SCOPE_SUFFIX);
    try {
      const result = fn(...args);
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
  };
  Object.defineProperty(wrapped, 'name', { value: name, configurable: true });
  return wrapped as unknown as F;
}
