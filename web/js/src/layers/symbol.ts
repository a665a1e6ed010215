/** Symbols of the functional API. */

import type { DataType } from '../types';
import { wasm } from '../wasm';
import type { Layer } from './layer';

/** A shape in which sizes may be unknown. */
export type Shape = (number | null)[];

let nextId = 0;
const known = new Map<string, WeakRef<SymbolicTensor>>();
const gone = new FinalizationRegistry<{ handle: number; key: string }>(({ handle, key }) => {
  wasm().tensorFree(handle);
  if (known.get(key)?.deref() === undefined) {
    known.delete(key);
  }
});

/** What a layer gives for other symbols: a dtype, and a shape of which some sizes are known. */
export class SymbolicTensor {
  readonly id = nextId++;
  readonly dtype: DataType;
  readonly shape: Shape;
  /** The name of the layer that made it. */
  readonly name: string;
  readonly originalName: string;
  readonly rank: number;
  /** Which of its layer's outputs it is. */
  readonly tensorIndex: number;
  readonly nodeIndex = 0;

  /** @internal Made by layers. */
  constructor(
    readonly handle: number,
    info: { shape: Shape; dtype: string; name: string; index: number },
    /** The layer that made it. */
    readonly sourceLayer: Layer,
  ) {
    this.shape = info.shape;
    this.dtype = (info.dtype === 'int64' ? 'int32' : info.dtype) as DataType;
    this.name = this.originalName = info.name;
    this.rank = info.shape.length;
    this.tensorIndex = info.index;
  }
}

/** The symbol of a handle, which it owns from here on; the same object for the same symbol. */
export function symbolOf(handle: number, layerOf: (handle: number) => Layer): SymbolicTensor {
  const info = JSON.parse(wasm().symbolInfo(handle));
  const key = `${info.call}:${info.index}`;
  const found = known.get(key)?.deref();
  if (found !== undefined) {
    wasm().tensorFree(handle);
    return found;
  }
  const made = new SymbolicTensor(handle, info, layerOf(wasm().symbolLayer(handle)));
  known.set(key, new WeakRef(made));
  gone.register(made, { handle, key });
  return made;
}

/** What a layer wants of an input. */
export class InputSpec {
  dtype?: DataType;
  shape?: Shape;
  ndim?: number;
  maxNDim?: number;
  minNDim?: number;
  axes: { [axis: number]: number };
  constructor(args: { dtype?: DataType; shape?: Shape; ndim?: number; maxNDim?: number; minNDim?: number; axes?: { [axis: number]: number } }) {
    const { dtype, shape, ndim, maxNDim, minNDim } = args;
    Object.assign(this, { dtype, shape, ndim: shape?.length ?? ndim, maxNDim, minNDim });
    this.axes = args.axes ?? {};
  }
}
