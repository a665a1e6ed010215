/** Layers. */

import { wasm } from '../wasm';

export * as layers from './namespace';
export { RNN } from './namespace';

/**
 * Seeds initial weights, dropout and the order of samples in `fit`: from here on they are the same in each run, here and natively.
 */
export function setRandomSeed(seed: number): void {
  wasm().setRandomSeed(seed);
}
