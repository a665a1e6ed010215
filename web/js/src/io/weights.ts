/** Weights as bytes, and bytes as weights. */

import { makeTensor } from '../engine/make';
import { tidy } from '../engine/engine';
import { complex } from '../ops/creation';
import type { Tensor } from '../tensor/tensor';
import { widen } from '../tensor/values';
import type { NamedTensor, NamedTensorMap, TypedArray } from '../types';
import { assert, sizeFromShape } from '../util/util';
import { CompositeArrayBuffer } from './buffers';
import type { WeightData, WeightDtype, WeightGroup, WeightsManifestEntry } from './types';

const BYTES: Record<string, number> = { float32: 4, float16: 2, int32: 4, uint16: 2, uint8: 1, bool: 1, complex64: 8 };

/**
 * Tensors as bytes, one after the other, and what they are. Strings are each preceded by their length in four bytes; float16 is widened.
 *
 * Rejects where a tensor is disposed.
 */
export async function encodeWeights(
  tensors: NamedTensorMap | NamedTensor[],
  group?: WeightGroup,
): Promise<{ data: ArrayBuffer; specs: WeightsManifestEntry[] }> {
  const list = Array.isArray(tensors) ? tensors : Object.entries(tensors).map(([name, tensor]) => ({ name, tensor }));
  const encoded = list.map(async ({ name, tensor }) => {
    const dtype = (tensor.dtype === 'float16' ? 'float32' : tensor.dtype) as WeightDtype;
    const spec: WeightsManifestEntry = { name, shape: tensor.shape, dtype };
    if (group != null) {
      spec.group = group;
    }
    return { spec, bytes: tensor.dtype === 'string' ? framed((await tensor.bytes()) as Uint8Array[]) : await tensor.data() };
  });
  const all = await Promise.all(encoded);
  return { data: new CompositeArrayBuffer(all.map((e) => e.bytes as TypedArray)).slice(), specs: all.map((e) => e.spec) };
}

function framed(strings: Uint8Array[]): Uint8Array {
  const pieces = strings.flatMap((s) => [new Uint8Array(Uint32Array.of(s.length).buffer), s]);
  return new Uint8Array(new CompositeArrayBuffer(pieces).slice());
}

/**
 * Tensors by name, from bytes that `encodeWeights` or a converter wrote; numbers quantised to 8 or 16 bits are widened.
 *
 * Throws where bytes are missing, and for an unknown dtype or quantisation.
 */
export function decodeWeights(weightData: WeightData, specs: WeightsManifestEntry[]): NamedTensorMap {
  const data = new CompositeArrayBuffer(weightData);
  const out: NamedTensorMap = {};
  let at = 0;
  for (const spec of specs) {
    const read = (start: number, end: number): ArrayBuffer => data.slice(at + start, at + end);
    const steps = byteLength(spec);
    let step = steps.next();
    while (!step.done) {
      step = steps.next(read(...step.value));
    }
    const bytes = read(0, step.value);
    missing(spec, step.value - bytes.byteLength);
    out[spec.name] = decodeWeight(spec, bytes);
    at += step.value;
  }
  return out;
}

/** As `decodeWeights`, from bytes that arrive. Rejects where the stream ends too early. */
export async function decodeWeightsStream(
  weightStream: ReadableStream<ArrayBuffer>,
  specs: WeightsManifestEntry[],
): Promise<NamedTensorMap> {
  const reader = weightStream.getReader();
  let held = new ArrayBuffer(0);
  const fill = async (length: number): Promise<void> => {
    const pieces = [held];
    let have = held.byteLength;
    while (have < length) {
      const { done, value } = await reader.read();
      if (done) {
        throw new Error(`Reader is done but ${length - have} bytes are still expected`);
      }
      pieces.push(ArrayBuffer.isView(value) ? new Uint8Array(value as unknown as Uint8Array).slice().buffer : value);
      have += value.byteLength;
    }
    held = CompositeArrayBuffer.join(pieces);
  };
  const out: NamedTensorMap = {};
  for (const spec of specs) {
    const steps = byteLength(spec);
    let step = steps.next();
    while (!step.done) {
      const [start, end] = step.value;
      await fill(end);
      step = steps.next(held.slice(start, end));
    }
    await fill(step.value);
    out[spec.name] = decodeWeight(spec, held.slice(0, step.value));
    held = held.slice(step.value);
  }
  return out;
}

function missing(spec: WeightsManifestEntry, bytes: number): void {
  assert(bytes <= 0, () => `Weight '${spec.name}': wanted ${bytes} bytes more than the weight data has; it is truncated or of another model.`);
}

/** How many bytes a weight has; asks for those that tell the lengths of strings. */
function* byteLength(spec: WeightsManifestEntry): Generator<[number, number], number, ArrayBuffer> {
  const size = sizeFromShape(spec.shape);
  if (spec.dtype !== 'string') {
    const stored = spec.quantization?.dtype ?? spec.dtype;
    const width = BYTES[stored];
    assert(width !== undefined, () => `Unsupported dtype in weight '${spec.name}': ${stored}`);
    return size * width;
  }
  let at = 0;
  for (let i = 0; i < size; i++) {
    const head = yield [at, at + 4];
    missing(spec, 4 - head.byteLength);
    at += 4 + (new Uint32Array(head)[0] as number);
  }
  return at;
}

function decodeWeight(spec: WeightsManifestEntry, bytes: ArrayBuffer): Tensor {
  const { name, dtype, shape } = spec;
  if (spec.quantization !== undefined) {
    return makeTensor(dequantised(spec, bytes), shape, dtype);
  }
  switch (dtype) {
    case 'float32':
      return makeTensor(new Float32Array(bytes), shape, dtype);
    case 'int32':
      return makeTensor(new Int32Array(bytes), shape, dtype);
    case 'bool':
      return makeTensor(new Uint8Array(bytes), shape, dtype);
    case 'string':
      return makeTensor(strings(bytes, sizeFromShape(shape)), shape, dtype);
    case 'complex64': {
      const pairs = new Float32Array(bytes);
      const part = (k: number): Tensor => makeTensor(pairs.filter((_, i) => i % 2 === k), shape, 'float32');
      return tidy(() => complex(part(0), part(1)));
    }
    default:
      throw new Error(`Unsupported dtype in weight '${name}': ${String(dtype)}`);
  }
}

function strings(bytes: ArrayBuffer, count: number): Uint8Array[] {
  let at = 0;
  return Array.from({ length: count }, () => {
    const length = new Uint32Array(bytes.slice(at, at + 4))[0] as number;
    at += 4 + length;
    return new Uint8Array(bytes.slice(at - length, at));
  });
}

function dequantised(spec: WeightsManifestEntry, bytes: ArrayBuffer): TypedArray {
  const { name, dtype } = spec;
  const { dtype: stored, min, scale } = spec.quantization as NonNullable<WeightsManifestEntry['quantization']>;
  if (stored === 'float16') {
    assert(dtype === 'float32', () => `Weight ${name} is quantized with float16 which only supports weights of type float32 not ${dtype}.`);
    return Float32Array.from(new Uint16Array(bytes), widen);
  }
  assert(
    stored === 'uint8' || stored === 'uint16',
    () => `Weight ${name} has unknown quantization dtype ${stored}. Supported quantization dtypes are: 'uint8', 'uint16', and 'float16'.`,
  );
  if (min === undefined || scale === undefined) {
    throw new Error(`Weight ${name} with quantization ${stored} doesn't have corresponding metadata min and scale.`);
  }
  const codes = stored === 'uint8' ? new Uint8Array(bytes) : new Uint16Array(bytes);
  if (dtype === 'float32') {
    return Float32Array.from(codes, (v) => v * scale + min);
  }
  assert(dtype === 'int32', () => `Unsupported dtype in weight '${name}': ${dtype}`);
  return Int32Array.from(codes, (v) => Math.round(v * scale + min));
}
