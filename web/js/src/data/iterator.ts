/** Iterators that are asked for one element after the other. */

import { Tensor } from '../tensor/tensor';

/** What `next` gives. */
export type Item<T> = IteratorResult<T, null>;

/** The end. */
export const END = { value: null, done: true } as const;

/** Elements one after the other; each is asked for when the one before is there. */
export abstract class LazyIterator<T> {
  /** What it does, in words. */
  summary(): string {
    return this.constructor.name;
  }

  /** The next element, or `{done: true}`. */
  abstract next(): Promise<Item<T>>;

  /** All elements. */
  async toArray(): Promise<T[]> {
    const all: T[] = [];
    await this.forEachAsync((v) => {
      all.push(v);
    });
    return all;
  }

  /** As `toArray`, for tests: reads ahead. */
  toArrayForTest(): Promise<T[]> {
    return this.prefetch(100).toArray();
  }

  /** Runs to the end. */
  async resolveFully(): Promise<void> {
    await this.forEachAsync(() => undefined);
  }

  /** Runs for as long as the predicate holds. */
  async resolveWhile(predicate: (r: T) => boolean): Promise<void> {
    let item = await this.next();
    while (!item.done && predicate(item.value)) {
      item = await this.next();
    }
  }

  /** Calls `f` with each element. */
  async forEachAsync(f: (value: T) => unknown): Promise<void> {
    for (let item = await this.next(); !item.done; item = await this.next()) {
      f(item.value);
    }
  }

  /** Calls `f` with each element and waits for it, until it says false. */
  async serialForEach(f: (value: T) => Promise<boolean>): Promise<void> {
    for (let item = await this.next(); !item.done; item = await this.next()) {
      if (!(await f(item.value))) {
        return;
      }
    }
  }

  /** Errors of `next` go to the handler: true goes on, false ends. */
  handleErrors(handler: (error: Error) => boolean): LazyIterator<T> {
    return iteratorFromFunction<T>(async () => {
      for (;;) {
        try {
          return await this.next();
        } catch (e) {
          if (!handler(e as Error)) {
            return END;
          }
        }
      }
    });
  }

  /** Elements that the predicate holds for; the others' tensors are disposed. */
  filter(predicate: (value: T) => boolean): LazyIterator<T> {
    return iteratorFromFunction<T>(async () => {
      for (;;) {
        const item = await this.next();
        if (item.done || predicate(item.value)) {
          return item;
        }
        disposeAll(item.value);
      }
    });
  }

  /** Elements transformed; tensors that the result does not hold are disposed. */
  map<O>(transform: (value: T) => O): LazyIterator<O> {
    return this.mapAsync(async (v) => transform(v));
  }

  /** As `map`, with a transform that is awaited. */
  mapAsync<O>(transform: (value: T) => Promise<O>): LazyIterator<O> {
    return iteratorFromFunction<O>(async () => {
      const item = await this.next();
      if (item.done) {
        return END;
      }
      const given = tensorsOf(item.value);
      const value = await transform(item.value);
      const kept = new Set(tensorsOf(value));
      given.filter((t) => !kept.has(t)).forEach((t) => t.dispose());
      return { value, done: false };
    });
  }

  /** As `mapAsync`. */
  serialMapAsync<O>(transform: (value: T) => Promise<O>): LazyIterator<O> {
    return this.mapAsync(transform);
  }

  /** Elements of the lists that the transform gives. */
  flatmap<O>(transform: (value: T) => O[]): LazyIterator<O> {
    const waiting: O[] = [];
    return iteratorFromFunction<O>(async () => {
      while (waiting.length === 0) {
        const item = await this.next();
        if (item.done) {
          return END;
        }
        waiting.push(...transform(item.value));
      }
      return { value: waiting.shift() as O, done: false };
    });
  }

  /** Lists of so many elements; the last may be shorter, unless `smallLastBatch` is false. */
  rowMajorBatch(batchSize: number, smallLastBatch = true): LazyIterator<T[]> {
    return iteratorFromFunction<T[]>(async () => {
      const batch: T[] = [];
      while (batch.length < batchSize) {
        const item = await this.next();
        if (item.done) {
          return batch.length > 0 && smallLastBatch ? { value: batch, done: false } : END;
        }
        batch.push(item.value);
      }
      return { value: batch, done: false };
    });
  }

  /** These elements, then those of another. */
  concatenate(iterator: LazyIterator<T>): LazyIterator<T> {
    return iteratorFromConcatenated(iteratorFromItems<LazyIterator<T>>([this, iterator]));
  }

  /** At most so many elements. */
  take(count: number): LazyIterator<T> {
    if (count < 0 || count == null) {
      return this;
    }
    let taken = 0;
    return iteratorFromFunction<T>(async () => (taken++ < count ? this.next() : END));
  }

  /** Without so many elements at the start; their tensors are disposed. */
  skip(count: number): LazyIterator<T> {
    if (count < 0 || count == null) {
      return this;
    }
    let skipped = 0;
    return iteratorFromFunction<T>(async () => {
      while (skipped++ < count) {
        const item = await this.next();
        if (item.done) {
          return item;
        }
        disposeAll(item.value);
      }
      return this.next();
    });
  }

  /** Asks for so many elements ahead. */
  prefetch(bufferSize: number): LazyIterator<T> {
    const ahead: Promise<Item<T>>[] = [];
    return iteratorFromFunction<T>(() => {
      while (ahead.length < bufferSize) {
        const item = this.next();
        // Whoever asks for the element is told; until then nobody listens.
        item.catch(() => undefined);
        ahead.push(item);
      }
      return ahead.shift() as Promise<Item<T>>;
    });
  }

  /** Elements in random order among the next `windowSize` each. */
  shuffle(windowSize: number, seed?: string): LazyIterator<T> {
    const random = generator(seed);
    const held: T[] = [];
    let ended = false;
    return iteratorFromFunction<T>(async () => {
      while (!ended && held.length < windowSize) {
        const item = await this.next();
        if (item.done) {
          ended = true;
        } else {
          held.push(item.value);
        }
      }
      if (held.length === 0) {
        return END;
      }
      const at = Math.floor(random() * held.length);
      return { value: held.splice(at, 1)[0] as T, done: false };
    });
  }

  /** As this, one request at a time however many are made. */
  serial(): LazyIterator<T> {
    return iteratorFromFunction<T>(() => this.next());
  }
}

/** Numbers in [0, 1): of a seed the same in each run (mulberry32), else random. */
export function generator(seed?: string | number): () => number {
  if (seed == null) {
    return Math.random;
  }
  let state = 0;
  for (const c of String(seed)) {
    state = (Math.imul(state, 31) + c.charCodeAt(0)) | 0;
  }
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

class FunctionIterator<T> extends LazyIterator<T> {
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly f: () => Item<T> | IteratorResult<T> | Promise<Item<T> | IteratorResult<T>>) {
    super();
  }

  override summary(): string {
    return 'Function call';
  }

  next(): Promise<Item<T>> {
    // One call at a time, in order.
    const item = this.last.then(() => this.f()) as Promise<Item<T>>;
    this.last = item.catch(() => undefined);
    return item;
  }
}

/** Elements that a function gives, until it says `{done: true}`. */
export function iteratorFromFunction<T>(f: () => Item<T> | IteratorResult<T> | Promise<Item<T> | IteratorResult<T>>): LazyIterator<T> {
  return new FunctionIterator<T>(f);
}

/** Elements of a list; tensors are copied, so that consumers may dispose them. */
export function iteratorFromItems<T>(items: T[]): LazyIterator<T> {
  let at = 0;
  return iteratorFromFunction<T>(() => (at < items.length ? { value: copied(items[at++] as T), done: false } : END));
}

/** Numbers upwards. */
export function iteratorFromIncrementing(start: number): LazyIterator<number> {
  let at = start;
  return iteratorFromFunction<number>(() => ({ value: at++, done: false }));
}

/** Elements of one iterator after the other. */
export function iteratorFromConcatenated<T>(iterators: LazyIterator<LazyIterator<T>>): LazyIterator<T> {
  let now: LazyIterator<T> | null = null;
  return iteratorFromFunction<T>(async () => {
    for (;;) {
      if (now === null) {
        const item = await iterators.next();
        if (item.done) {
          return END;
        }
        now = item.value;
      }
      const item = await now.next();
      if (!item.done) {
        return item;
      }
      now = null;
    }
  });
}

/** Structures of elements, one of each iterator, until the shortest ends. */
export function iteratorFromZipped<O>(iterators: unknown): LazyIterator<O> {
  return iteratorFromFunction<O>(async () => {
    let ended = false;
    const pick = async (node: unknown): Promise<unknown> => {
      if (node instanceof LazyIterator) {
        const item = (await node.next()) as Item<unknown>;
        ended ||= item.done === true;
        return item.value;
      }
      const entries = await Promise.all(Object.entries(node as object).map(async ([k, v]) => [k, await pick(v)] as const));
      return Array.isArray(node) ? entries.map((e) => e[1]) : Object.fromEntries(entries);
    };
    const value = await pick(iterators);
    if (ended) {
      disposeAll(value);
      return END;
    }
    return { value: value as O, done: false };
  });
}

/** Tensors in a structure. */
export function tensorsOf(value: unknown): Tensor[] {
  if (value instanceof Tensor) {
    return [value];
  }
  const plain = typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
  return plain ? Object.values(value).flatMap(tensorsOf) : [];
}

function disposeAll(value: unknown): void {
  tensorsOf(value).forEach((t) => t.dispose());
}

function copied<T>(value: T): T {
  if (value instanceof Tensor) {
    return value.clone() as T;
  }
  if (Array.isArray(value)) {
    return value.map(copied) as T;
  }
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, copied(v)])) as T;
  }
  return value;
}
