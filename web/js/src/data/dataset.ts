/** `tf.data.Dataset`: elements that are made as they are asked for. */

import { stack } from '../ops/array';
import { tensor } from '../ops/creation';
import { Tensor } from '../tensor/tensor';
import type { TensorContainer } from '../types';
import { isTypedArray } from '../util/util';
import { generator, iteratorFromConcatenated, iteratorFromFunction, iteratorFromItems, iteratorFromZipped, type LazyIterator } from './iterator';

/** Datasets in a structure. */
export type DatasetContainer = Dataset<TensorContainer> | { [key: string]: DatasetContainer } | DatasetContainer[];

/**
 * A sequence of elements, of any structure, that transformations are made of. Nothing happens until an iterator is asked.
 *
 * ```js
 * const ds = tf.data.array([1, 2, 3, 4]).map((x) => x * x).batch(2);
 * await ds.forEachAsync((batch) => batch.print());
 * ```
 */
export abstract class Dataset<T extends TensorContainer> {
  /** How many elements there are; Infinity for endless ones, null where it is not known. */
  readonly size: number | null = null;

  /** An iterator from the start. */
  abstract iterator(): Promise<LazyIterator<T>>;

  /** Elements in batches: values of numbers, strings and tensors are stacked along a new first dimension. Throws for a size below 1. */
  batch(batchSize: number, smallLastBatch = true): Dataset<TensorContainer> {
    if (!(batchSize > 0)) {
      throw new Error(`batchSize needs to be positive, but it is\n      ${batchSize}`);
    }
    const round = smallLastBatch ? Math.ceil : Math.floor;
    return this.derived(
      async () => (await this.iterator()).rowMajorBatch(batchSize, smallLastBatch).map(batched),
      whole(this.size, (n) => round(n / batchSize)),
    );
  }

  /** These elements, then those of another. */
  concatenate(dataset: Dataset<T>): Dataset<T> {
    const size = this.size === Infinity || dataset.size === Infinity ? Infinity : whole(this.size, (n) => whole(dataset.size, (m) => n + m));
    return this.derived(async () => (await this.iterator()).concatenate(await dataset.iterator()), size);
  }

  /** Elements that the predicate holds for. */
  filter(predicate: (value: T) => boolean): Dataset<T> {
    return this.derived(async () => (await this.iterator()).filter((v) => predicate(v)), this.size === Infinity ? Infinity : null);
  }

  /** Calls `f` with each element, one after the other. */
  async forEachAsync(f: (input: T) => void): Promise<void> {
    return (await this.iterator()).forEachAsync(f);
  }

  /** Elements transformed. */
  map<O extends TensorContainer>(transform: (value: T) => O): Dataset<O> {
    return this.derived(async () => (await this.iterator()).map((v) => transform(v)), this.size);
  }

  /** Elements transformed by a function that is awaited. */
  mapAsync<O extends TensorContainer>(transform: (value: T) => Promise<O>): Dataset<O> {
    return this.derived(async () => (await this.iterator()).mapAsync(transform), this.size);
  }

  /** Asks for so many elements ahead. Throws without a number. */
  prefetch(bufferSize: number): Dataset<T> {
    if (bufferSize == null) {
      throw new RangeError('`Dataset.prefetch()` requires bufferSize to be specified.');
    }
    return this.derived(async () => (await this.iterator()).prefetch(bufferSize), this.size);
  }

  /** The elements so many times; without end by default. */
  repeat(count?: number): Dataset<T> {
    const endless = count === undefined || count < 0;
    const size = count === 0 ? 0 : whole(this.size, (n) => (n === 0 ? 0 : endless ? Infinity : n * (count as number)));
    return this.derived(async () => {
      let rounds = 0;
      const again = iteratorFromFunction(async () =>
        endless || rounds++ < (count as number) ? { value: await this.iterator(), done: false } : { value: null as never, done: true as const },
      );
      return iteratorFromConcatenated(again.take(endless ? -1 : (count as number)) as LazyIterator<LazyIterator<T>>);
    }, size);
  }

  /** Without so many elements at the start; without all where the number is missing or negative. */
  skip(count: number): Dataset<T> {
    const size = whole(this.size, (n) => (count >= 0 && n >= count ? n - count : 0));
    return this.derived(async () => (await this.iterator()).skip(count), size);
  }

  /** The largest window of `shuffle`. */
  static readonly MAX_BUFFER_SIZE = 10000;

  /**
   * Elements in random order among the next `bufferSize` each; another order in each iteration, unless `reshuffleEachIteration` is false.
   *
   * Throws without a size.
   */
  shuffle(bufferSize: number, seed?: string, reshuffleEachIteration = true): Dataset<T> {
    if (bufferSize == null || bufferSize < 0) {
      throw new RangeError(
        this.size == null
          ? '`Dataset.shuffle()` requires bufferSize to be specified.'
          : `\`Dataset.shuffle()\` requires bufferSize to be specified. If your data fits in main memory (for regular JS objects), and/or GPU memory (for \`tf.Tensor\`s), consider setting bufferSize to the dataset size (${this.size} elements)`,
      );
    }
    const random = generator(seed ?? String(Math.random()));
    const first = String(random());
    return this.derived(async () => (await this.iterator()).shuffle(bufferSize, reshuffleEachIteration ? String(random()) : first), this.size);
  }

  /** At most so many elements. */
  take(count: number): Dataset<T> {
    const size = whole(this.size, (n) => (n > count ? count : n));
    return this.derived(async () => (await this.iterator()).take(count), size);
  }

  /** All elements. Throws for endless datasets. */
  async toArray(): Promise<T[]> {
    if (this.size === Infinity) {
      throw new Error('Can not convert infinite data stream to array.');
    }
    return (await this.iterator()).toArray();
  }

  /** As `toArray`, for tests: reads ahead. */
  async toArrayForTest(): Promise<T[]> {
    if (this.size === Infinity) {
      throw new Error('Can not convert infinite data stream to array.');
    }
    return (await this.iterator()).toArrayForTest();
  }

  private derived<O extends TensorContainer>(iterator: () => Promise<LazyIterator<O>>, size: number | null): Dataset<O> {
    return datasetFromIteratorFn(iterator, size);
  }
}

function whole(size: number | null, f: (n: number) => number | null): number | null {
  return size == null ? null : f(size);
}

/** A dataset of what a function gives iterators of. */
export function datasetFromIteratorFn<T extends TensorContainer>(
  iteratorFn: () => Promise<LazyIterator<T>>,
  size: number | null = null,
): Dataset<T> {
  return new (class extends Dataset<T> {
    override readonly size = size;
    iterator(): Promise<LazyIterator<T>> {
      return iteratorFn();
    }
  })();
}

/** A dataset of the elements of a list. `tf.data.array([{x: 1}, {x: 2}])`. */
export function array<T extends TensorContainer>(items: T[]): Dataset<T> {
  return datasetFromIteratorFn(async () => iteratorFromItems(items), items.length);
}

/** A dataset of structures with one element of each dataset; as long as the shortest. Throws for anything else than a structure of datasets. */
export function zip<O extends TensorContainer>(datasets: DatasetContainer): Dataset<O> {
  if (typeof datasets !== 'object' || datasets === null) {
    throw new Error('The argument to zip() must be an object or array.');
  }
  const all: Dataset<TensorContainer>[] = [];
  const collect = (node: DatasetContainer): void => {
    if (node instanceof Dataset) {
      all.push(node);
    } else if (typeof node === 'object' && node !== null) {
      Object.values(node as object).forEach(collect);
    } else {
      throw new Error('Leaves of the structure passed to zip() must be Datasets, not primitives.');
    }
  };
  collect(datasets);
  const sizes = all.map((d) => d.size);
  const size = sizes.some((s) => s == null) ? null : Math.min(...(sizes as number[]));
  return datasetFromIteratorFn<O>(async () => {
    const open = async (node: DatasetContainer): Promise<unknown> => {
      if (node instanceof Dataset) {
        return node.iterator();
      }
      const entries = await Promise.all(Object.entries(node).map(async ([k, v]) => [k, await open(v as DatasetContainer)] as const));
      return Array.isArray(node) ? entries.map((e) => e[1]) : Object.fromEntries(entries);
    };
    return iteratorFromZipped<O>(await open(datasets));
  }, size);
}

/** Elements of one structure as a structure of batches. Throws where structures differ. */
function batched(rows: unknown[]): TensorContainer {
  const first = rows[0];
  const leaf = first === null || typeof first !== 'object' || first instanceof Tensor || isTypedArray(first);
  const numbers = Array.isArray(first) && first.every((v) => typeof v !== 'object' || Array.isArray(v)) && !hasTensors(first);
  if (leaf || numbers) {
    return first instanceof Tensor ? stack(rows as Tensor[]) : tensor(rows as number[]);
  }
  const parts = Object.keys(first as object).map((k) => [k, batched(rows.map((r) => (r as Record<string, unknown>)[k]))] as const);
  return Array.isArray(first) ? parts.map((p) => p[1]) : Object.fromEntries(parts);
}

function hasTensors(list: unknown[]): boolean {
  return list.some((v) => v instanceof Tensor || (Array.isArray(v) && hasTensors(v)));
}
