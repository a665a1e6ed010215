/** `tf.browser`: pixels of the page as tensors, and back. */

import { castTo, convertToTensor } from '../engine/run';
import { makeTensor } from '../engine/make';
import type { Tensor, Tensor2D, Tensor3D } from '../tensor/tensor';
import type { PixelData, TensorLike, TypedArray } from '../types';
import { assert } from '../util/util';

/** What pixels can be read from. */
export type Pixels =
  | PixelData
  | ImageData
  | HTMLImageElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | HTMLVideoElement
  | ImageBitmap;

/** How tensors are drawn. */
export interface DrawOptions {
  imageOptions?: { alpha?: number };
  contextOptions?: { contextType?: string; contextAttributes?: CanvasRenderingContext2DSettings };
}

type Canvas = HTMLCanvasElement | OffscreenCanvas;
let scratch: Canvas | undefined;

/** A context of a canvas that is read again and again. */
function readable(width: number, height: number): CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D {
  scratch ??= typeof OffscreenCanvas === 'undefined' ? document.createElement('canvas') : new OffscreenCanvas(1, 1);
  scratch.width = width;
  scratch.height = height;
  const context = scratch.getContext('2d', { willReadFrequently: true });
  assert(context !== null, () => 'Could not get a 2d context of a canvas to read pixels.');
  return context as CanvasRenderingContext2D;
}

const is = (value: unknown, name: string): boolean => {
  const made = (globalThis as Record<string, unknown>)[name];
  return typeof made === 'function' && value instanceof made;
};

/**
 * The pixels of an image, canvas, video, `ImageData`, `ImageBitmap` or plain `{data, width, height}` as int32
 * `[height, width, numChannels]`, from 0 to 255.
 *
 * Throws for anything else, for `numChannels` that is not 1 to 4, and for a video without a frame.
 *
 * ```js
 * const pixels = tf.browser.fromPixels(document.querySelector('canvas'));
 * ```
 */
export function fromPixels(pixels: Pixels, numChannels = 3): Tensor3D {
  assert(numChannels <= 4, () => 'Cannot construct Tensor with more than 4 channels from pixels.');
  assert(pixels != null, () => 'pixels passed to tf.browser.fromPixels() can not be null');
  const { data, width, height } = bytesOf(pixels);
  const values = new Int32Array(width * height * numChannels);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < numChannels; c++) {
      values[i * numChannels + c] = data[4 * i + c] as number;
    }
  }
  return makeTensor(values, [height, width, numChannels], 'int32') as Tensor3D;
}

function bytesOf(pixels: Pixels): { data: ArrayLike<number>; width: number; height: number } {
  const plain = pixels as PixelData;
  if (is(pixels, 'ImageData') || (plain.data instanceof Uint8Array && plain.width !== undefined)) {
    return plain;
  }
  const video = is(pixels, 'HTMLVideoElement');
  const source = pixels as HTMLVideoElement & HTMLImageElement;
  if (!video && !['HTMLImageElement', 'HTMLCanvasElement', 'OffscreenCanvas', 'ImageBitmap'].some((n) => is(pixels, n))) {
    throw new Error(
      `pixels passed to tf.browser.fromPixels() must be either an HTMLVideoElement, HTMLImageElement, HTMLCanvasElement, ImageData in browser, or OffscreenCanvas, ImageData in webworker or {data: Uint32Array, width: number, height: number}, but was ${(pixels as object).constructor?.name}`,
    );
  }
  assert(
    !video || source.readyState >= 2,
    () => 'The video element has not loaded data yet. Please wait for `loadeddata` event on the <video> element.',
  );
  const width = video ? source.videoWidth : source.width;
  const height = video ? source.videoHeight : source.height;
  const context = readable(width, height);
  context.drawImage(source, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

/** As `fromPixels`; images are decoded off the main thread where the platform can. */
export async function fromPixelsAsync(pixels: Pixels, numChannels = 3): Promise<Tensor3D> {
  const drawn = ['HTMLImageElement', 'HTMLCanvasElement', 'OffscreenCanvas'].some((n) => is(pixels, n));
  if (drawn && typeof createImageBitmap === 'function') {
    const image = pixels as HTMLImageElement;
    const bitmap = await createImageBitmap(image, { premultiplyAlpha: 'none' }).catch(() => null);
    if (bitmap !== null && bitmap.width === image.width && bitmap.height === image.height) {
      const tensor = fromPixels(bitmap, numChannels);
      bitmap.close();
      return tensor;
    }
  }
  return fromPixels(pixels, numChannels);
}

/** Four bytes a pixel of an image tensor. Throws where it is none, or a value is out of range. */
function toBytes(img: Tensor, data: TypedArray, name: string, alpha = 1): Uint8ClampedArray<ArrayBuffer> {
  const channels = img.rank === 2 ? 1 : (img.shape[2] as number);
  const floats = img.dtype === 'float32';
  const top = floats ? 1 : 255;
  const bytes = new Uint8ClampedArray((img.shape[0] as number) * (img.shape[1] as number) * 4);
  for (let i = 0; i < bytes.length / 4; i++) {
    const rgba = [0, 0, 0, Math.round(255 * alpha)];
    for (let c = 0; c < channels; c++) {
      const v = data[i * channels + c] as number;
      assert(
        v >= 0 && v <= top,
        () => `Tensor values for a ${img.dtype} Tensor must be in the range [0 - ${top}] but encountered ${v} (tf.browser.${name}).`,
      );
      const byte = floats ? Math.round(v * 255) : v;
      if (channels === 1) {
        rgba.fill(byte, 0, 3);
      } else {
        rgba[c] = byte;
      }
    }
    bytes.set(rgba, i * 4);
  }
  return bytes;
}

function checkImage(img: Tensor, name: string): void {
  assert(img.rank === 2 || img.rank === 3, () => `${name} only supports rank 2 or 3 tensors, got rank ${img.rank}.`);
  const depth = img.rank === 2 ? 1 : (img.shape[2] as number);
  assert(depth <= 4 && depth !== 2, () => `${name} only supports depth of size 1, 3 or 4 but got ${depth}`);
  assert(
    ['float32', 'int32'].includes(img.dtype),
    () => `Unsupported type for ${name}: ${img.dtype}. Please use float32 or int32 tensors.`,
  );
}

function paint(bytes: Uint8ClampedArray<ArrayBuffer>, img: Tensor, canvas: HTMLCanvasElement, options?: DrawOptions): void {
  const [height, width] = img.shape as [number, number];
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext((options?.contextOptions?.contextType ?? '2d') as '2d', options?.contextOptions?.contextAttributes);
  assert(context != null && 'putImageData' in context, () => 'Could not get a 2d context of the canvas.');
  context.putImageData(new ImageData(bytes, width, height), 0, 0);
}

/**
 * Four bytes a pixel of an image `[height, width]` or `[height, width, 1, 3 or 4]`: floats from 0 to 1, integers from 0 to 255; drawn on
 * a canvas too, if given.
 *
 * Rejects where the tensor is no image, and a value is out of range.
 */
export async function toPixels(
  img: Tensor2D | Tensor3D | TensorLike,
  canvas?: HTMLCanvasElement,
): Promise<Uint8ClampedArray<ArrayBuffer>> {
  const given = convertToTensor(img, 'img', 'toPixels');
  try {
    checkImage(given, 'toPixels');
    const bytes = toBytes(given, (await given.data()) as TypedArray, 'toPixels');
    if (canvas != null) {
      paint(bytes, given, canvas);
    }
    return bytes;
  } finally {
    if (given !== img) {
      given.dispose();
    }
  }
}

/**
 * Draws an image on a canvas, as `toPixels` reads it.
 *
 * Throws where the tensor is no image, and a value is out of range.
 */
export function draw(image: Tensor2D | Tensor3D | TensorLike, canvas: HTMLCanvasElement, options?: DrawOptions): void {
  const given = convertToTensor(image, 'img', 'draw');
  const img = given.dtype === 'bool' ? castTo(given, 'int32') : given;
  checkImage(img, 'draw');
  paint(toBytes(img, img.dataSync() as TypedArray, 'draw', options?.imageOptions?.alpha), img, canvas, options);
  if (given !== image) {
    given.dispose();
  }
}
