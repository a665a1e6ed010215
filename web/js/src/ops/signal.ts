/** `tf.spectral` and `tf.signal`. */

import { alias, call, convertToTensor, op } from '../engine/run';
import { makeTensor } from '../engine/make';
import type { Tensor, Tensor1D } from '../tensor/tensor';
import { assert } from '../util/util';
import { concat, gather, slice } from './array';
import { mul } from './binary';
import { fill, zeros } from './creation';

function complexInput(input: Tensor, name: string): void {
  assert(input.dtype === 'complex64', () => `The dtype for tf.spectral.${name}() must be complex64 but got ${input.dtype}.`);
}

/** The discrete Fourier transform of the last dimension. Throws for other dtypes than complex64. */
export const fft = op({
  fft(input: Tensor): Tensor {
    complexInput(input, 'fft');
    return call('FFT', [input]);
  },
});

/** The inverse of `fft`. Throws for other dtypes than complex64. */
export const ifft = op({
  ifft(input: Tensor): Tensor {
    complexInput(input, 'ifft');
    return call('IFFT', [input]);
  },
});

/** The first half of the Fourier transform of real numbers, cut or filled with zeros to `fftLength`. Throws for other dtypes than float32. */
export const rfft = op({
  rfft(input: Tensor, fftLength?: number): Tensor {
    assert(input.dtype === 'float32', () => `The dtype for rfft() must be real value but got ${input.dtype}`);
    const width = input.shape.at(-1) as number;
    const length = fftLength ?? width;
    let x = input;
    if (length < width) {
      x = slice(x, 0, [...x.shape.slice(0, -1), length]);
    } else if (length > width) {
      x = concat([x, zeros([...x.shape.slice(0, -1), length - width])], x.rank - 1);
    }
    return call('RFFT', [x], { fft_length: [length] });
  },
});

/** Real numbers of which `input` is the first half of the Fourier transform. */
export const irfft = op({
  irfft(input: Tensor): Tensor {
    complexInput(input, 'irfft');
    const width = input.shape.at(-1) as number;
    const rows = alias(input, [input.size / width, width]);
    // Two numbers or fewer are taken for a whole transform.
    const y = width <= 2 ? call('Real', [call('IFFT', [rows])]) : call('IRFFT', [rows], { fft_length: [2 * (width - 1)] });
    return input.rank === 3 && input.shape[0] !== 0 ? alias(y, [...input.shape.slice(0, -1), y.shape[1] as number]) : y;
  },
});

/** The least power of two that is not below. */
export function enclosingPowerOfTwo(value: number): number {
  return 2 ** Math.ceil(Math.log2(value));
}

/** A window `a - b * cos(..)`. */
export function cosineWindow(windowLength: number, a: number, b: number): Tensor1D {
  const span = windowLength - (windowLength % 2);
  const values = Float32Array.from({ length: windowLength }, (_, i) => a - b * Math.cos((2 * Math.PI * i) / span));
  return makeTensor(values, [windowLength], 'float32') as Tensor1D;
}

/** Hann's window. */
export function hannWindow(windowLength: number): Tensor1D {
  return cosineWindow(windowLength, 0.5, 0.5);
}
/** Hamming's window. */
export function hammingWindow(windowLength: number): Tensor1D {
  return cosineWindow(windowLength, 0.54, 0.46);
}

/** Parts of a signal, `frameStep` apart; with `padEnd` those that reach beyond its end too, filled with `padValue`. */
export const frame = op({
  frame(signal: Tensor1D, frameLength: number, frameStep: number, padEnd = false, padValue = 0): Tensor {
    const $signal = convertToTensor(signal, 'signal', 'frame');
    const count = Math.max(0, padEnd ? Math.ceil($signal.size / frameStep) : Math.floor(($signal.size - frameLength) / frameStep) + 1);
    if (count === 0) {
      return zeros([0, frameLength]);
    }
    const missing = (count - 1) * frameStep + frameLength - $signal.size;
    const whole = missing > 0 ? concat([$signal, fill([missing], padValue)]) : $signal;
    const places = Int32Array.from({ length: count * frameLength }, (_, i) => Math.floor(i / frameLength) * frameStep + (i % frameLength));
    return gather(whole, makeTensor(places, [count, frameLength], 'int32'));
  },
});

/** Fourier transforms of windows of a signal. */
export const stft = op({
  stft(
    signal: Tensor1D,
    frameLength: number,
    frameStep: number,
    fftLength?: number | null,
    windowFn: (length: number) => Tensor1D = hannWindow,
  ): Tensor {
    const windows = mul(frame(signal, frameLength, frameStep), windowFn(frameLength));
    return rfft(windows, fftLength ?? enclosingPowerOfTwo(frameLength));
  },
});

/** `tf.spectral`. */
export const spectral = { fft, ifft, irfft, rfft };
/** `tf.signal`. */
export const signal = { frame, hammingWindow, hannWindow, stft };
