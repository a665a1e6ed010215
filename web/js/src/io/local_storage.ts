/** Models in a page's local storage, where TensorFlow.js keeps them. */

import { CompositeArrayBuffer, fromBase64, toBase64 } from './buffers';
import { description, getModelArtifactsInfoForJSON } from './model_json';
import { registerLoadRouter, registerManager, registerSaveRouter } from './router';
import type { IOHandler, ModelArtifacts, ModelArtifactsInfo, ModelDescription, SaveResult, WeightsManifestEntry } from './types';

const SCHEME = 'localstorage://';
const PREFIX = 'tensorflowjs_models/';
const PARTS = ['info', 'model_topology', 'weight_specs', 'weight_data', 'model_metadata'] as const;

type Part = (typeof PARTS)[number];
const key = (path: string, part: Part): string => `${PREFIX}${path}/${part}`;

function storage(): Storage {
  if (typeof localStorage === 'undefined') {
    throw new Error('The current environment does not support local storage.');
  }
  return localStorage;
}

/** A handler of one model. Throws where there is no local storage, and for an empty path. */
export function browserLocalStorage(modelPath: string): IOHandler {
  const store = storage();
  if (!modelPath) {
    throw new Error('For local storage, modelPath must not be null, undefined or empty.');
  }
  return {
    async save(artifacts: ModelArtifacts): Promise<SaveResult> {
      if (artifacts.modelTopology instanceof ArrayBuffer) {
        throw new Error('BrowserLocalStorage.save() does not support saving model topology in binary formats yet.');
      }
      const modelArtifactsInfo = getModelArtifactsInfoForJSON(artifacts);
      const values: Record<Part, string> = {
        info: JSON.stringify(modelArtifactsInfo),
        model_topology: JSON.stringify(artifacts.modelTopology),
        weight_specs: JSON.stringify(artifacts.weightSpecs),
        weight_data: toBase64(CompositeArrayBuffer.join(artifacts.weightData)),
        model_metadata: JSON.stringify(description(artifacts)),
      };
      try {
        PARTS.forEach((part) => store.setItem(key(modelPath, part), values[part]));
      } catch {
        PARTS.forEach((part) => store.removeItem(key(modelPath, part)));
        const { modelTopologyBytes, weightSpecsBytes, weightDataBytes } = modelArtifactsInfo;
        throw new Error(
          `Failed to save model '${modelPath}' to local storage: size quota being exceeded is a possible cause of this failure: modelTopologyBytes=${modelTopologyBytes}, weightSpecsBytes=${weightSpecsBytes}, weightDataBytes=${weightDataBytes}.`,
        );
      }
      return { modelArtifactsInfo };
    },
    async load(): Promise<ModelArtifacts> {
      if (store.getItem(key(modelPath, 'info')) === null) {
        throw new Error(`In local storage, there is no model with name '${modelPath}'`);
      }
      const part = (name: Part, what: string): string => {
        const text = store.getItem(key(modelPath, name));
        if (text === null || text === 'null' || text === 'undefined') {
          throw new Error(`In local storage, the ${what} of model '${modelPath}' is missing.`);
        }
        return text;
      };
      return {
        modelTopology: JSON.parse(part('model_topology', 'topology')) as {},
        weightSpecs: JSON.parse(part('weight_specs', 'list of weights')) as WeightsManifestEntry[],
        ...(JSON.parse(store.getItem(key(modelPath, 'model_metadata')) ?? '{}') as ModelDescription),
        weightData: fromBase64(part('weight_data', 'binary weight values')),
      };
    },
  };
}

const route = (url: string | string[]): IOHandler | null =>
  typeof url === 'string' && url.startsWith(SCHEME) ? browserLocalStorage(url.slice(SCHEME.length)) : null;
registerSaveRouter(route);
registerLoadRouter(route);

if (typeof localStorage !== 'undefined' && typeof document !== 'undefined') {
  registerManager('localstorage', {
    async listModels() {
      const store = storage();
      const out: { [path: string]: ModelArtifactsInfo } = {};
      for (let i = 0; i < store.length; i++) {
        const name = store.key(i) as string;
        if (name.startsWith(PREFIX) && name.endsWith('/info')) {
          out[name.slice(PREFIX.length, -'/info'.length)] = JSON.parse(store.getItem(name) as string) as ModelArtifactsInfo;
        }
      }
      return out;
    },
    async removeModel(path) {
      const store = storage();
      const info = store.getItem(key(path, 'info'));
      if (info === null) {
        throw new Error(`Cannot find model at path '${path}'`);
      }
      PARTS.forEach((part) => store.removeItem(key(path, part)));
      return JSON.parse(info) as ModelArtifactsInfo;
    },
  });
}
