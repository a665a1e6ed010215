/** Layers that are written with ops of this package. */

import { denseBincount } from '../ops/count';
import { expandDims, slice } from '../ops/array';
import { tensor1d } from '../ops/creation';
import { image } from '../ops/image';
import { cast } from '../ops/unary';
import { type ConfigDict, registerClass } from '../serialization';
import type { Tensor, Tensor1D, Tensor3D, Tensor4D } from '../tensor/tensor';
import { toList } from './config';
import { type Kwargs, Layer, type LayerArgs } from './layer';
import type { Shape } from './symbol';

/** A layer whose arguments are kept as they are given. */
abstract class Written extends Layer {
  constructor(protected readonly args: Kwargs) {
    super(args as LayerArgs);
  }
  override getConfig(): ConfigDict {
    const { inputShape: _, batchInputShape: __, weights: ___, ...own } = this.args;
    return { ...super.getConfig(), ...own };
  }
}

/** One tensor of a list of one. */
const one = <T extends Tensor = Tensor>(inputs: Tensor | Tensor[]): T => toList(inputs)[0] as T;

/** Makes images of another size. */
export class Resizing extends Written {
  static override className = 'Resizing';
  override call(inputs: Tensor | Tensor[]): Tensor {
    const { height, width, interpolation = 'bilinear', cropToAspectRatio = false } = this.args;
    const resize = interpolation === 'nearest' ? image.resizeNearestNeighbor : image.resizeBilinear;
    if (!['nearest', 'bilinear'].includes(interpolation)) {
      throw new Error(`Interpolation is ${interpolation} but only bilinear,nearest are supported`);
    }
    return resize(one<Tensor4D>(inputs), [height, width], !cropToAspectRatio);
  }
  override computeOutputShape(inputShape: Shape): Shape {
    return [this.args['height'], this.args['width'], inputShape[2] ?? null];
  }
}

/** Takes the middle of images; images that are smaller are made larger. */
export class CenterCrop extends Written {
  static override className = 'CenterCrop';
  override call(inputs: Tensor | Tensor[]): Tensor {
    const { height, width } = this.args;
    const x = one<Tensor3D>(inputs);
    const [h, w] = [x.shape[x.rank - 3] as number, x.shape[x.rank - 2] as number];
    if (h < height || w < width) {
      return cast(image.resizeBilinear(x, [height, width]), x.dtype);
    }
    const begin = x.shape.map(() => 0);
    const size = x.shape.slice();
    [begin[x.rank - 3], begin[x.rank - 2]] = [Math.floor((h - height) / 2), Math.floor((w - width) / 2)];
    [size[x.rank - 3], size[x.rank - 2]] = [height, width];
    return slice(x as Tensor, begin, size);
  }
  override computeOutputShape(inputShape: Shape): Shape {
    const out = inputShape.slice();
    out.splice(-3, 2, this.args['height'], this.args['width']);
    return out;
  }
}

/** Counts categories. */
export class CategoryEncoding extends Written {
  static override className = 'CategoryEncoding';
  override call(inputs: Tensor | Tensor[], kwargs: Kwargs): Tensor {
    const { numTokens, outputMode = 'multiHot' } = this.args;
    let x = cast(one(inputs), 'int32');
    if (outputMode === 'int') {
      return x;
    }
    if (x.rank === 0 || (outputMode === 'oneHot' && x.shape[x.rank - 1] !== 1)) {
      x = expandDims(x, -1);
    }
    if (x.rank > 2) {
      throw new Error(`When outputMode is not int, maximum output rank is 2: received outputMode ${outputMode} and an input of rank ${x.rank}.`);
    }
    const weights = kwargs['countWeights'] as Tensor1D | undefined;
    if (weights !== undefined && outputMode !== 'count') {
      throw new Error(`countWeights is not used when outputMode !== count. Received countWeights=${weights}`);
    }
    const counts = denseBincount(x as Tensor1D, weights ?? tensor1d([]), numTokens, outputMode !== 'count');
    return counts;
  }
  override computeOutputShape(inputShape: Shape): Shape {
    return this.args['outputMode'] === 'int' ? inputShape : [inputShape[0] ?? null, this.args['numTokens']];
  }
}

/** Makes images wider or narrower by chance. */
export class RandomWidth extends Written {
  static override className = 'RandomWidth';
  override call(inputs: Tensor | Tensor[]): Tensor {
    const { factor, interpolation = 'bilinear' } = this.args;
    const [lower, upper] = Array.isArray(factor) ? factor : [-factor, factor];
    const x = one<Tensor4D>(inputs);
    const by = 1 + lower + Math.random() * (upper - lower);
    const size: [number, number] = [x.shape[x.rank - 3] as number, Math.round((x.shape[x.rank - 2] as number) * by)];
    return interpolation === 'nearest' ? image.resizeNearestNeighbor(x, size) : image.resizeBilinear(x, size);
  }
}

/** A function as a layer. It cannot be saved. */
export class Lambda extends Written {
  static override className = 'Lambda';
  override call(inputs: Tensor | Tensor[], kwargs: Kwargs): Tensor | Tensor[] {
    return this.args['function'](inputs, kwargs);
  }
  override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
    return this.args['outputShape'] ?? inputShape;
  }
}

for (const cls of [Resizing, CenterCrop, CategoryEncoding, RandomWidth]) {
  registerClass(cls as never);
}
