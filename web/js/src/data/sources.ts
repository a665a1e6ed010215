/** Bytes of URLs and files, as lines. */

import { isNode } from '../wasm';
import { Dataset } from './dataset';
import { iteratorFromFunction, type LazyIterator, END } from './iterator';

/** What a file's bytes come from. */
export type FileElement = File | Blob | Uint8Array;

/** Bytes in pieces. */
export abstract class DataSource {
  /** The pieces from the start. */
  abstract iterator(): Promise<LazyIterator<Uint8Array>>;
}

const CHUNK = 1024 * 1024;

function pieces(data: Blob | Uint8Array): LazyIterator<Uint8Array> {
  const size = data instanceof Uint8Array ? data.byteLength : data.size;
  let at = 0;
  return iteratorFromFunction<Uint8Array>(async () => {
    if (at >= size) {
      return END;
    }
    const part = data.slice(at, (at += CHUNK));
    return { value: part instanceof Uint8Array ? part : new Uint8Array(await part.arrayBuffer()), done: false };
  });
}

/** The bytes of a file, blob or array; in Node also of a `file://` path. */
export class FileDataSource extends DataSource {
  constructor(protected input: FileElement | string) {
    super();
  }

  async iterator(): Promise<LazyIterator<Uint8Array>> {
    if (typeof this.input === 'string') {
      const name = 'node:fs/promises';
      const fs = (await import(/* @vite-ignore */ name)) as { readFile(path: string): Promise<Uint8Array> };
      this.input = await fs.readFile(this.input.replace(/^file:\/\//, ''));
    }
    return pieces(this.input);
  }
}

/** The bytes behind a URL. Asking rejects where the request fails. */
export class URLDataSource extends DataSource {
  constructor(protected readonly url: RequestInfo) {
    super();
  }

  async iterator(): Promise<LazyIterator<Uint8Array>> {
    if (isNode() && typeof this.url === 'string' && this.url.startsWith('file://')) {
      return new FileDataSource(this.url).iterator();
    }
    const response = await fetch(this.url);
    if (!response.ok) {
      throw new Error(`${response.status} ${response.statusText}: the request for ${typeof this.url === 'string' ? this.url : this.url.url} failed`);
    }
    return pieces(new Uint8Array(await response.arrayBuffer()));
  }
}

/** Lines of text. */
export class TextLineDataset extends Dataset<string> {
  constructor(protected readonly input: DataSource) {
    super();
  }

  async iterator(): Promise<LazyIterator<string>> {
    const bytes = await this.input.iterator();
    const decoder = new TextDecoder();
    const waiting: string[] = [];
    let rest = '';
    let ended = false;
    return iteratorFromFunction<string>(async () => {
      while (waiting.length === 0 && !ended) {
        const item = await bytes.next();
        ended = item.done === true;
        const lines = (rest + (item.done ? decoder.decode() : decoder.decode(item.value, { stream: true }))).split('\n');
        rest = lines.pop() as string;
        waiting.push(...lines.map((l) => (l.endsWith('\r') ? l.slice(0, -1) : l)));
        if (ended && rest !== '') {
          waiting.push(rest);
        }
      }
      return waiting.length > 0 ? { value: waiting.shift() as string, done: false } : END;
    });
  }
}
