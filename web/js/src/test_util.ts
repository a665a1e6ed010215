/** `tf.test_util`: comparisons for tests. */

import type { RecursiveArray, TensorLike, TypedArray } from './types';
import { encodeString, flatten, isString, isTypedArray } from './util/util';
import { inferShape } from './engine/shape';

/** How far float16 numbers may differ. */
export const TEST_EPSILON_FLOAT16 = 0.1;

type Numbers = TypedArray | number | RecursiveArray<number>;

/** How far numbers may differ unless given. */
export function testEpsilon(): number {
  return 1e-3;
}

/** Throws where shapes differ, or numbers by more than `epsilon`. */
export function expectArraysClose(actual: Numbers, expected: Numbers, epsilon = testEpsilon()): void {
  compare(actual, expected, (a, b) => close(Number(a), Number(b), epsilon));
}

/** Throws where shapes or values differ. */
export function expectArraysEqual(actual: TensorLike, expected: TensorLike): void {
  if (isString(actual) || isString(expected)) {
    compare([actual], [expected], (a, b) => a === b);
    return;
  }
  compare(actual, expected, (a, b) => (isString(a) ? a === b : close(Number(a), Number(b), 0)));
}

function compare(actual: unknown, expected: unknown, same: (a: unknown, b: unknown) => boolean): void {
  const [a, b] = [flat(actual), flat(expected)];
  const nested = Array.isArray(actual) && Array.isArray(expected);
  if (nested && String(inferShape(actual)) !== String(inferShape(expected))) {
    throw new Error(`Arrays have different shapes. Actual: [${inferShape(actual)}]. Expected: [${inferShape(expected)}]`);
  }
  if (a.length !== b.length) {
    throw new Error(`Arrays have different lengths actual: ${a.length} vs expected: ${b.length}.\nActual:   ${a}.\nExpected: ${b}.`);
  }
  a.forEach((v, i) => {
    if (!same(v, b[i])) {
      throw new Error(`Arrays differ: actual[${i}] = ${v}, expected[${i}] = ${b[i]}.\nActual:   ${a}.\nExpected: ${b}.`);
    }
  });
}

function flat(values: unknown): unknown[] {
  return isTypedArray(values) ? Array.from(values) : flatten(values as RecursiveArray<unknown>);
}

function close(a: number, b: number, epsilon: number): boolean {
  if (!Number.isFinite(a) && !Number.isFinite(b)) {
    return Object.is(a, b);
  }
  return Math.abs(a - b) <= epsilon;
}

/** Calls `done` when the promise is rejected, `done.fail` when it is not. */
export function expectPromiseToFail(fn: () => Promise<unknown>, done: { (): void; fail(message?: Error | string): void }): void {
  fn().then(
    () => done.fail(),
    () => done(),
  );
}

/** Throws where the numbers differ by more than `epsilon`. */
export function expectNumbersClose(a: number, e: number, epsilon = testEpsilon()): void {
  if (!close(a, e, epsilon)) {
    throw new Error(`Numbers differ: actual === ${a}, expected === ${e}`);
  }
}

/** Throws where a value is out of range. */
export function expectValuesInRange(actual: TypedArray | number[], low: number, high: number): void {
  actual.forEach((v) => {
    if (v < low || v > high) {
      throw new Error(`Value out of range:${v} low: ${low}, high: ${high}`);
    }
  });
}

/** Throws where bytes differ. */
export function expectArrayBuffersEqual(actual: ArrayBuffer, expected: ArrayBuffer): void {
  expectArraysEqual(new Uint8Array(actual), new Uint8Array(expected));
}

/** Strings in nested lists as their bytes; in place. */
export function encodeStrings(a: RecursiveArray<unknown>): RecursiveArray<Uint8Array> {
  const list = a as unknown[];
  list.forEach((v, i) => {
    list[i] = Array.isArray(v) ? encodeStrings(v) : encodeString(v as string);
  });
  return list as RecursiveArray<Uint8Array>;
}

/** A video element of a source, once its first frame is there. */
export function createVideoElement(source: HTMLSourceElement): Promise<HTMLVideoElement> {
  const video = document.createElement('video');
  video.playsInline = true;
  video.muted = true;
  video.loop = true;
  video.style.position = 'fixed';
  video.style.left = '0px';
  video.style.top = '0px';
  video.preload = 'auto';
  video.appendChild(source);
  return new Promise((resolve) => {
    video.addEventListener('loadeddata', () => resolve(video));
    video.load();
  });
}

/** Plays until a frame can be read. */
export async function play(video: HTMLVideoElement): Promise<void> {
  await video.play();
  if (video.requestVideoFrameCallback !== undefined) {
    await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
  }
}
