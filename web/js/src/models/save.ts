/** Layers models in files. */

import { getLoadHandlers, getSaveHandlers } from '../io/router';
import { concatenateArrayBuffers } from '../io/buffers';
import { browserHTTPRequest } from '../io/http';
import type { IOHandler, LoadOptions, ModelArtifacts, SaveConfig, SaveResult, TrainingConfig, WeightsManifestConfig } from '../io/types';
import { toCamel } from '../layers/config';
import { layerOf, listen, withLayers } from '../layers/layer';
import { train } from './optimizers';
import { wasm } from '../wasm';
import { BoundOptimizer, type LossOrMetric } from './compile';
import type { LayersModel } from './model';

interface Parts {
  modelTopology: {};
  trainingConfig?: TrainingConfig;
  weightsManifest: WeightsManifestConfig;
}

function parts(model: LayersModel, includeOptimizer: boolean): { json: Parts; data: Uint8Array } {
  const [text, data] = wasm().layersModelToParts(model.handle, includeOptimizer);
  return { json: JSON.parse(text) as Parts, data };
}

/** The topology that a model.json has for a model. */
export function topologyOf(model: LayersModel): {} {
  return parts(model, false).json.modelTopology;
}

/** The one handler of a URL, or the handler that is given. */
export function handlerOf(place: IOHandler | string, find: (url: string) => IOHandler[], what: 'save' | 'load', options?: LoadOptions): IOHandler {
  if (typeof place !== 'string') {
    return place;
  }
  const found = find(place);
  if (found.length === 0 && what === 'load') {
    // A URL without a scheme, which is relative to the page.
    found.push(browserHTTPRequest(place, options));
  }
  if (found.length === 0) {
    throw new Error(`Cannot find any ${what} handlers for URL '${place}'`);
  }
  if (found.length > 1) {
    throw new Error(`Found more than one (${found.length}) ${what} handlers for URL '${place}'`);
  }
  return found[0] as IOHandler;
}

/** `LayersModel.save`. */
export async function save(model: LayersModel, place: IOHandler | string, config: SaveConfig = {}): Promise<SaveResult> {
  const handler = handlerOf(place, getSaveHandlers, 'save');
  if (handler.save == null) {
    throw new Error('LayersModel.save() cannot proceed because the IOHandler provided does not have the `save` attribute defined.');
  }
  const { json, data } = parts(model, config.includeOptimizer === true && model.optimizer != null);
  const artifacts: ModelArtifacts = {
    modelTopology: json.modelTopology,
    format: 'layers-model',
    generatedBy: 'wgflow',
    convertedBy: null,
    weightSpecs: json.weightsManifest.flatMap((g) => g.weights),
    weightData: data.slice().buffer,
  };
  if (config.includeOptimizer && json.trainingConfig !== undefined) {
    const { metrics } = json.trainingConfig;
    const own = model.metrics == null ? [] : [model.metrics].flat();
    // The module knows which accuracy it is; files say what the program said.
    const said = (m: string, i: number): string => (own[i] === 'accuracy' || own[i] === 'acc' ? 'accuracy' : m);
    artifacts.trainingConfig = { ...json.trainingConfig, metrics: Array.isArray(metrics) && metrics.length === own.length ? metrics.map(said) : metrics };
  }
  const metadata = model.getUserDefinedMetadata();
  if (metadata != null) {
    artifacts.userDefinedMetadata = metadata as { [key: string]: {} };
  }
  return handler.save(artifacts);
}

/** The text of a model.json, and all bytes of its weights, of artifacts. */
export function textOf(artifacts: ModelArtifacts, extra: object = {}): { text: string; bytes: Uint8Array } {
  const { modelTopology, weightSpecs = [], weightData, format, trainingConfig, userDefinedMetadata, signature } = artifacts;
  const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
  const text = JSON.stringify({ modelTopology, format, trainingConfig, userDefinedMetadata, signature, weightsManifest, ...extra });
  const data = weightData === undefined ? new ArrayBuffer(0) : Array.isArray(weightData) ? concatenateArrayBuffers(weightData) : weightData;
  return { text, bytes: new Uint8Array(data) };
}

/** The model that `make` gives a handle of. Its layers of the program's own classes are made by those. */
function read(make: () => number): LayersModel {
  listen();
  // Layers of the program live as long as the model holds them.
  return withLayers(() => layerOf(make())).result as LayersModel;
}

/** `tf.loadLayersModel`. */
export async function loadLayersModel(pathOrIOHandler: string | IOHandler, options: LoadOptions = {}): Promise<LayersModel> {
  const handler = handlerOf(pathOrIOHandler, (url) => getLoadHandlers(url, options), 'load', options);
  if (handler.load == null) {
    throw new Error('Cannot proceed with model loading because the IOHandler provided does not have the `load` method implemented.');
  }
  const artifacts = await handler.load();
  options.onProgress?.(1);
  const { modelTopology, weightData } = artifacts;
  const topology = (modelTopology as { model_config?: unknown }) ?? {};
  let model: LayersModel;
  if (weightData === undefined && artifacts.getWeightStream === undefined) {
    model = read(() => wasm().layersModelFromTopology(JSON.stringify(topology)));
  } else {
    if (artifacts.getWeightStream !== undefined && weightData === undefined) {
      artifacts.weightData = await new Response(artifacts.getWeightStream()).arrayBuffer();
    }
    const { text, bytes } = textOf(artifacts);
    model = read(() => wasm().layersModelFromParts(text, bytes, options.strict ?? true));
  }
  const config = artifacts.trainingConfig ?? (topology as { training_config?: TrainingConfig }).training_config;
  if (config != null) {
    restore(model, config);
  }
  if (artifacts.userDefinedMetadata != null) {
    model.setUserDefinedMetadata(artifacts.userDefinedMetadata);
  }
  return model;
}

/** Notes what the module compiled a model with. */
function restore(model: LayersModel, config: TrainingConfig): void {
  const handle = wasm().modelOptimizer(model.handle);
  if (handle === 0) {
    return;
  }
  const own = JSON.parse(wasm().optimizerConfig(handle)) as { class_name: string; config: Record<string, number & boolean> };
  const names = <T>(value: T): T => {
    const name = (v: unknown): string => toCamel(typeof v === 'string' ? v : ((v as { config?: { name?: string } })?.config?.name ?? 'loss'));
    if (Array.isArray(value)) {
      return value.map(name) as T;
    }
    if (typeof value === 'object' && value !== null && !('config' in value)) {
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, name(v)])) as T;
    }
    return (value == null ? value : name(value)) as T;
  };
  const bound = new BoundOptimizer(train(own.class_name, own.config), handle);
  model.describe({ loss: names(config.loss) as LossOrMetric, metrics: config.metrics == null ? undefined : (names(config.metrics) as LossOrMetric[]) }, bound);
}

/** `tf.models.modelFromJSON`: the model of a topology, with first values for weights. */
export async function modelFromJSON(modelAndWeightsConfig: {} | string): Promise<LayersModel> {
  const text = typeof modelAndWeightsConfig === 'string' ? modelAndWeightsConfig : JSON.stringify(modelAndWeightsConfig);
  return read(() => wasm().layersModelFromTopology(text));
}
