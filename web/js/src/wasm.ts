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
  tensorIsSymbolic(h: number): boolean;
  variableName(v: number): string;
  variablesAmong(variables: Uint32Array, among: Uint32Array): Uint8Array;
  layerNew(described: string): number;
  layerFromTfjs(described: string): number;
  layerToTfjs(layer: number): string;
  layerOwn(described: object): number;
  layerMaker(make: (className: string, config: string) => number): void;
  layerCall(layer: number, inputs: Uint32Array, training: boolean, settings: string, names: string[], tensors: Uint32Array): Uint32Array;
  layerApply(layer: number, inputs: Uint32Array, settings: string, names: string[], symbols: Uint32Array): Uint32Array;
  layerWeights(layer: number, which: 'all' | 'trainable' | 'nonTrainable'): Uint32Array;
  layerSetWeights(layer: number, values: Uint32Array): void;
  layerOutputShapes(layer: number, inputs: string): string;
  layerCountParams(layer: number): number;
  layerSetTrainable(layer: number, trainable: boolean): void;
  layerResetStates(layer: number): void;
  layerLosses(layer: number): Uint32Array;
  layerInfo(layer: number): string;
  layerConfig(layer: number): string;
  layerSymbol(layer: number): number;
  layerInner(layer: number): Uint32Array;
  layerCalls(layer: number): Uint32Array;
  symbolInfo(symbol: number): string;
  symbolLayer(symbol: number): number;
  sequentialNew(name: string | undefined, layers: Uint32Array): number;
  sequentialAdd(model: number, layer: number): void;
  sequentialPop(model: number): void;
  modelNew(inputs: Uint32Array, outputs: Uint32Array, name: string | undefined): number;
  modelOf(layer: number): number;
  modelLayers(model: number): Uint32Array;
  modelInputs(model: number): Uint32Array;
  modelOutputs(model: number): Uint32Array;
  modelBuild(model: number, inputs: string): void;
  modelPredict(model: number, inputs: Uint32Array): Uint32Array;
  modelSummary(model: number, options: string): string;
  modelCompile(model: number, optimizer: number, loss: unknown, metrics: unknown, lossWeights: unknown): void;
  modelOptimizer(model: number): number;
  modelTrainStep(model: number, x: Uint32Array, y: Uint32Array, sampleWeight: Uint32Array): void;
  modelTestStep(model: number, x: Uint32Array, y: Uint32Array, sampleWeight: Uint32Array): void;
  modelResults(model: number): number;
  modelMetricsNames(model: number): string[];
  modelResetMetrics(model: number): void;
  optimizerNew(described: string): number;
  optimizerSetLearningRate(optimizer: number, rate: number): void;
  optimizerVariables(optimizer: number): Uint32Array;
  optimizerConfig(optimizer: number): string;
  initializerCall(described: string, shape: Uint32Array, dtype: string): number;
  regularizerCall(described: string, x: number): number;
  constraintCall(described: string, w: number): number;
  shuffledIndices(n: number): Uint32Array;
  setRandomSeed(seed: number): void;
  layersModelFromParts(json: string, weights: Uint8Array, strict: boolean): number;
  layersModelFromTopology(json: string): number;
  layersModelToParts(model: number, includeOptimizer: boolean): [string, Uint8Array];
  graphModelFromParts(json: string, weights: Uint8Array): number;
  graphModelInfo(model: number): string;
  graphModelExecute(model: number, names: string[], inputs: Uint32Array, outputs: string[]): Uint32Array;
  graphModelExecuteAsync(model: number, names: string[], inputs: Uint32Array, outputs: string[]): Promise<Uint32Array>;
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
