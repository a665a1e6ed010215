/**
 * The one place that knows the wasm module's glue: its exports, typed, and how its file is found in a page, a worker and Node.
 */

import * as glue from '#glue';

/** What an attribute of an op may be. */
export type Attr = number | boolean | string | null | readonly number[] | readonly string[] | readonly (readonly number[])[];

/** Attributes of an op by name. */
export type Attrs = Record<string, Attr | undefined>;

/** Which device the module opened. */
export interface DeviceInfo {
  name: string;
  kind: 'gpu' | 'cpu';
  backend: string;
  lost: boolean;
}

/** The module's exports. Handles are numbers above 0; 0 stands for none. */
export interface Wasm {
  init(options: { device?: 'auto' | 'gpu' | 'cpu' }): Promise<void>;
  deviceInfo(): DeviceInfo;
  tensorNew(bytes: Uint8Array, shape: Uint32Array, dtype: string): number;
  tensorStrings(values: string[], shape: Uint32Array): number;
  tensorShape(h: number): Uint32Array;
  tensorDtype(h: number): string;
  /** Forgets a handle of any kind. */
  tensorFree(h: number): void;
  tensorClone(h: number): number;
  tensorData(h: number): Promise<Uint8Array>;
  tensorDataSync(h: number): Uint8Array;
  tensorStringsOf(h: number): string[];
  call(op: string, inputs: Uint32Array, attrs: Attrs): Uint32Array;
  tapeNew(persistent: boolean): number;
  tapeWatch(tape: number, h: number): void;
  tapeStop(tape: number): void;
  tapeGradient(tape: number, target: number, sources: Uint32Array, outputGradient: number): Uint32Array;
  /** The function owns what it is given, and gives handles away; `gradFunc` is lent its argument. */
  customGradient(
    inputs: Uint32Array,
    f: (inputs: Uint32Array) => { value: number; gradFunc: (dy: Uint32Array) => Uint32Array },
  ): number;
  variableNew(h: number, name: string, trainable: boolean): number;
  variableRead(v: number): number;
  variableAssign(v: number, h: number): void;
  /** The function is lent what it is given, and gives handles away. */
  functionNew(f: (inputs: Uint32Array) => Uint32Array, name: string): number;
  functionCall(fn: number, inputs: Uint32Array): Uint32Array;
  recover(): Promise<void>;
  memoryInfo(): Record<string, number>;
}

let module: Wasm | undefined;
let loading: Promise<Wasm> | undefined;
let place: string | URL | undefined;

/**
 * Says where the .wasm file lies, for pages whose bundler does not copy it next to the script. Call it before `tf.ready()`.
 *
 * ```js
 * tf.setWasmPath('https://example.org/files/wgflow_web_bg.wasm');
 * ```
 */
export function setWasmPath(path: string | URL): void {
  place = path;
}

/** The loaded module. Throws where `tf.ready()` has not been awaited. */
export function wasm(): Wasm {
  if (module === undefined) {
    throw new Error('The backend is not ready: `await tf.ready()` before other calls.');
  }
  return module;
}

/** Whether the module is loaded. */
export function isLoaded(): boolean {
  return module !== undefined;
}

/** Fetches and starts the module; once. */
export function load(): Promise<Wasm> {
  loading ??= start().catch((e: unknown) => {
    loading = undefined;
    throw e;
  });
  return loading;
}

async function start(): Promise<Wasm> {
  const { default: open, ...all } = glue as unknown as Wasm & { default(source: { module_or_path: unknown }): Promise<unknown> };
  await open({ module_or_path: await source(String(place ?? wasmUrl())) });
  module = all;
  return all;
}

/** What the module is made of: its URL, or in Node, which cannot fetch files, its bytes. */
async function source(url: string): Promise<unknown> {
  if (!isNode() || /^(https?|data|blob):/.test(url)) {
    return url;
  }
  const name = 'node:fs/promises';
  const fs = (await import(/* @vite-ignore */ name)) as { readFile(path: string | URL): Promise<Uint8Array> };
  return fs.readFile(url.startsWith('file:') ? new URL(url) : url);
}

/** Whether the program runs in Node. */
export function isNode(): boolean {
  const process = (globalThis as { process?: { versions?: { node?: string } } }).process;
  return process?.versions?.node !== undefined;
}

/** The classic script that this is in, which is known while it is first run only. */
const script = typeof document === 'undefined' ? undefined : (document.currentScript as HTMLScriptElement | null)?.src;

declare const CLASSIC: boolean;

/** Next to the script: that of the module, which bundlers see and copy, or the classic one. */
function wasmUrl(): URL {
  return CLASSIC ? new URL('wgflow_web_bg.wasm', script ?? location.href) : new URL('./wgflow_web_bg.wasm', import.meta.url);
}
