/**
 * The one place that knows the wasm module's glue: its exports, typed, and how its file is found in a page, a worker and Node.
 */

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
  memory(): Record<string, number>;
}

type Glue = Wasm & { default(source: { module_or_path: unknown }): Promise<unknown> };

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
  const glue = (await import('#glue')) as unknown as Glue;
  const url = place ?? wasmUrl();
  await glue.default({ module_or_path: await source(url) });
  module = glue;
  return glue;
}

async function source(url: string | URL): Promise<unknown> {
  if (String(url).startsWith('file:') && isNode()) {
    const name = 'node:fs/promises';
    const fs = (await import(/* @vite-ignore */ name)) as { readFile(path: URL): Promise<Uint8Array> };
    return fs.readFile(new URL(url));
  }
  return url;
}

/** Whether the program runs in Node. */
export function isNode(): boolean {
  const process = (globalThis as { process?: { versions?: { node?: string } } }).process;
  return process?.versions?.node !== undefined;
}

declare const WASM_FILE: string;
const script = typeof document === 'undefined' ? undefined : (document.currentScript as HTMLScriptElement | null)?.src;

/** Next to the script: that of the module, or of the classic script. */
function wasmUrl(): URL {
  return new URL(WASM_FILE, script ?? import.meta.url);
}
