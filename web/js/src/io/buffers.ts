/** Bytes in several pieces. */

import type { TypedArray } from '../types';

type Pieces = ArrayBuffer | ArrayBuffer[] | TypedArray | TypedArray[];

/** Pieces of memory that are read as one. */
export class CompositeArrayBuffer {
  /** How many bytes all pieces have. */
  readonly byteLength: number = 0;
  private readonly shards: { bytes: Uint8Array; start: number }[] = [];

  constructor(buffers?: Pieces | null) {
    for (const piece of buffers == null ? [] : Array.isArray(buffers) ? buffers : [buffers]) {
      const bytes = ArrayBuffer.isView(piece) ? new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength) : new Uint8Array(piece);
      this.shards.push({ bytes, start: this.byteLength });
      this.byteLength += bytes.length;
    }
  }

  /** The pieces as one. */
  static join(buffers?: ArrayBuffer[] | ArrayBuffer | null): ArrayBuffer {
    return new CompositeArrayBuffer(buffers).slice();
  }

  /** The bytes from `start` up to `end`. */
  slice(start = 0, end = this.byteLength): ArrayBuffer {
    start = Math.max(0, Number(start) || 0);
    end = Math.min(this.byteLength, Number.isNaN(Number(end)) ? 0 : Number(end));
    const out = new Uint8Array(Math.max(0, end - start));
    for (const { bytes, start: at } of this.shards) {
      const [from, to] = [Math.max(start, at), Math.min(end, at + bytes.length)];
      if (from < to) {
        out.set(bytes.subarray(from - at, to - at), from - start);
      }
    }
    return out.buffer;
  }
}

/** Pieces of memory as one. */
export function concatenateArrayBuffers(buffers: ArrayBuffer[] | ArrayBuffer): ArrayBuffer {
  return CompositeArrayBuffer.join(buffers);
}

/** Bytes as text of base64. */
export function toBase64(buffer: ArrayBuffer): string {
  const bytes = new Uint8Array(buffer);
  let text = '';
  for (let i = 0; i < bytes.length; i += 8192) {
    text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return btoa(text);
}

/** The bytes of base64. */
export function fromBase64(text: string): ArrayBuffer {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer as ArrayBuffer;
}
