/** `tf.GraphModel`: graphs of TensorFlow. */

import { scoped } from '../engine/engine';
import { env } from '../engine/environment';
import { getLoadHandlers } from '../io/router';
import type { IOHandler, IOHandlerSync, LoadOptions, ModelArtifacts, SaveResult } from '../io/types';
import { single, toList } from '../layers/config';
import { Tensor } from '../tensor/tensor';
import type { DataType, NamedTensorMap } from '../types';
import { isPromise } from '../util/util';
import { wasm } from '../wasm';
import { handlerOf, textOf } from './save';
import { getSaveHandlers } from '../io/router';
import type { ModelPredictArgs } from './model';
import { decodeWeights } from '../io/weights';

/** An input or output of a graph. */
export interface ModelTensorInfo {
  name: string;
  shape?: number[];
  dtype: DataType;
}

interface Info {
  inputs: { key: string; name: string; shape: (number | null)[] | null; dtype: string | null }[];
  outputs: Info['inputs'];
  nodes: string[];
}

/** What a graph is run on. */
export type GraphInputs = Tensor | Tensor[] | NamedTensorMap;

/**
 * A graph of TensorFlow, in the format of TensorFlow.js's converter.
 *
 * ```js
 * const model = await tf.loadGraphModel('https://example.org/model.json');
 * model.predict(tf.zeros([1, 224, 224, 3])).print();
 * ```
 */
export class GraphModel {
  modelUrl: string | IOHandler | IOHandlerSync;
  private h = 0;
  private info: Info = { inputs: [], outputs: [], nodes: [] };
  private artifacts: ModelArtifacts = {};
  private values: NamedTensorMap | undefined;
  private between: NamedTensorMap = {};
  private disposed = false;
  private readonly freed = new FinalizationRegistry<number>((h) => wasm().tensorFree(h));

  constructor(
    modelUrl: string | IOHandler | IOHandlerSync,
    private readonly options: LoadOptions = {},
  ) {
    this.modelUrl = modelUrl;
  }

  private get handle(): number {
    if (this.h === 0) {
      throw new Error(this.disposed ? 'The graph model is disposed.' : 'The graph model is not loaded: call load() first.');
    }
    return this.h;
  }

  /** The versions of TensorFlow that the graph names. */
  get modelVersion(): string {
    const versions = (this.artifacts.modelTopology as { versions?: { producer: number; minConsumer?: number } })?.versions;
    return versions === undefined ? '' : `${versions.producer}.${versions.minConsumer ?? 0}`;
  }
  get inputs(): ModelTensorInfo[] {
    return ends(this.info.inputs);
  }
  get outputs(): ModelTensorInfo[] {
    return ends(this.info.outputs);
  }
  get inputNodes(): string[] {
    return this.info.inputs.map((i) => i.name);
  }
  get outputNodes(): string[] {
    return this.info.outputs.map((o) => o.name.replace(/:0$/, ''));
  }
  get metadata(): {} {
    return this.artifacts.userDefinedMetadata as {};
  }
  get modelSignature(): {} {
    return this.artifacts.signature as {};
  }
  get modelStructuredOutputKeys(): {} {
    return (this.artifacts.userDefinedMetadata as { structuredOutputKeys?: {} })?.structuredOutputKeys as {};
  }

  /** The constants of the graph by name, each in a list. */
  get weights(): { [name: string]: Tensor[] } {
    const { weightSpecs = [], weightData } = this.artifacts;
    if (this.values === undefined && weightData !== undefined) {
      this.values = decodeWeights(weightData, weightSpecs);
      Object.values(this.values).forEach((t) => (t.kept = true));
    }
    return Object.fromEntries(Object.entries(this.values ?? {}).map(([k, v]) => [k, [v]]));
  }

  /** Loads the model. Rejects for files that are missing, broken, or of another kind, and for ops that are not known, naming all. */
  load(): Promise<boolean> | boolean {
    const handler = handlerOf(this.modelUrl as string, (url) => getLoadHandlers(url, this.options), 'load', this.options);
    if (handler.load == null) {
      throw new Error('Cannot proceed with model loading because the IOHandler provided does not have the `load` method implemented.');
    }
    const loaded = handler.load() as Promise<ModelArtifacts> | ModelArtifacts;
    return isPromise(loaded) ? (loaded as Promise<ModelArtifacts>).then((a) => this.loaded(a)) : this.loadSync(loaded as ModelArtifacts);
  }

  private async loaded(artifacts: ModelArtifacts): Promise<boolean> {
    if (artifacts.getWeightStream != null && artifacts.weightData === undefined) {
      artifacts.weightData = await new Response(artifacts.getWeightStream()).arrayBuffer();
    }
    return this.loadSync(artifacts);
  }

  /** Takes a model that is loaded. Throws as `load` rejects. */
  loadSync(artifacts: ModelArtifacts): boolean {
    this.artifacts = artifacts;
    const { text, bytes } = textOf(artifacts);
    this.h = wasm().graphModelFromParts(text, bytes);
    this.freed.register(this, this.h, this);
    this.info = JSON.parse(wasm().graphModelInfo(this.h)) as Info;
    return true;
  }

  /** Saves the model by a handler, or at a URL of one. */
  async save(handlerOrURL: IOHandler | string): Promise<SaveResult> {
    const handler = handlerOf(handlerOrURL, getSaveHandlers, 'save');
    if (handler.save == null) {
      throw new Error('GraphModel.save() cannot proceed because the IOHandler provided does not have the `save` attribute defined.');
    }
    return handler.save(this.artifacts);
  }

  private named(inputs: GraphInputs): [string[], Tensor[]] {
    if (!(inputs instanceof Tensor) && !Array.isArray(inputs)) {
      return [Object.keys(inputs), Object.values(inputs)];
    }
    const list = toList(inputs);
    const names = this.info.inputs.map((i) => i.name);
    if (list.length !== names.length) {
      throw new Error(`Input tensor count mismatch, the graph model has ${names.length} placeholders, while there are ${list.length} input tensors provided.`);
    }
    return [names, list];
  }

  private run(inputs: GraphInputs, outputs: string[]): Tensor[] {
    const [names, tensors] = this.named(inputs);
    const found = wasm().graphModelExecute(this.handle, names, Uint32Array.from(tensors, (t) => t.handle), outputs);
    return Array.from(found, (h) => new Tensor(h));
  }

  /** The outputs for inputs: one tensor, a list, or by name where the converter kept names. */
  predict(inputs: GraphInputs, _config?: ModelPredictArgs): Tensor | Tensor[] | NamedTensorMap {
    return scoped('predict', () => this.structured(this.run(inputs, [])));
  }

  private structured(results: Tensor[]): Tensor | Tensor[] | NamedTensorMap {
    const keys = this.modelStructuredOutputKeys as string[] | undefined;
    if (keys == null) {
      return single(results);
    }
    return Object.fromEntries(Object.entries(keys).map(([key, name]) => [key, results[this.info.outputs.findIndex((o) => o.key === name || o.name === name)] ?? (results[Number(key)] as Tensor)]));
  }

  /** As `predict`. */
  async predictAsync(inputs: GraphInputs, _config?: ModelPredictArgs): Promise<Tensor | Tensor[] | NamedTensorMap> {
    return this.structured(await this.runAsync(inputs, []));
  }

  /** The values of nodes by name; without names, of the outputs. Throws for names that are not in the graph, and inputs that are missing. */
  execute(inputs: GraphInputs, outputs?: string | string[]): Tensor | Tensor[] {
    const wanted = outputs === undefined ? [] : toList(outputs);
    return scoped('execute', () => {
      const results = this.run(inputs, wanted);
      if (env().getBool('KEEP_INTERMEDIATE_TENSORS')) {
        this.note(inputs);
      }
      return single(results);
    });
  }

  /** As `execute`, for graphs with loops and shapes that depend on values as well. */
  async executeAsync(inputs: GraphInputs, outputs?: string | string[]): Promise<Tensor | Tensor[]> {
    return single(await this.runAsync(inputs, outputs === undefined ? [] : toList(outputs)));
  }

  private async runAsync(inputs: GraphInputs, outputs: string[]): Promise<Tensor[]> {
    const [names, tensors] = this.named(inputs);
    const found = await wasm().graphModelExecuteAsync(this.handle, names, Uint32Array.from(tensors, (t) => t.handle), outputs);
    return Array.from(found, (h) => new Tensor(h));
  }

  /** Keeps the values of all nodes that have one, where the flag says so. */
  private note(inputs: GraphInputs): void {
    this.disposeIntermediateTensors();
    for (const node of this.info.nodes) {
      try {
        const value = this.run(inputs, [node])[0] as Tensor;
        value.kept = true;
        this.between[node] = value;
      } catch {
        // A node without a value, such as one of control flow.
      }
    }
  }

  /** Values of nodes of the last call. */
  getIntermediateTensors(): NamedTensorMap {
    return this.between;
  }
  /** Disposes what `getIntermediateTensors` gave. */
  disposeIntermediateTensors(): void {
    Object.values(this.between).forEach((t) => t.dispose());
    this.between = {};
  }

  /** Lets the model go. */
  dispose(): void {
    this.disposeIntermediateTensors();
    Object.values(this.values ?? {}).forEach((t) => t.dispose());
    this.freed.unregister(this);
    wasm().tensorFree(this.h);
    this.h = 0;
    this.disposed = true;
  }
}

function ends(all: Info['inputs']): ModelTensorInfo[] {
  return all.map((i) => ({
    name: i.name,
    shape: i.shape?.map((d) => d ?? -1) as number[],
    dtype: (i.dtype === 'int64' ? 'int32' : i.dtype) as DataType,
  }));
}

/** Loads a graph model from a URL, or by a handler. Rejects as `GraphModel.load` does. */
export async function loadGraphModel(modelUrl: string | IOHandler, options: LoadOptions = {}): Promise<GraphModel> {
  if (modelUrl == null) {
    throw new Error('modelUrl in loadGraphModel() cannot be null. Please provide a url or an IOHandler that loads the model');
  }
  if (options.fromTFHub && typeof modelUrl === 'string') {
    modelUrl = `${modelUrl}${modelUrl.endsWith('/') ? '' : '/'}model.json?tfjs-format=file`;
  }
  const model = new GraphModel(modelUrl, options);
  await model.load();
  return model;
}

/** Loads a graph model of artifacts, or by a handler that needs no waiting. */
export function loadGraphModelSync(modelSource: IOHandlerSync | ModelArtifacts): GraphModel {
  if (modelSource == null) {
    throw new Error('modelUrl in loadGraphModelSync() cannot be null. Please provide model artifacts or an IOHandler that loads the model');
  }
  const handler = 'load' in modelSource ? modelSource : { load: () => modelSource as ModelArtifacts };
  const model = new GraphModel(handler as IOHandlerSync);
  model.load();
  return model;
}
