/** Models behind URLs. */

import { assert } from '../util/util';
import { CompositeArrayBuffer } from './buffers';
import {
  getModelArtifactsForJSON,
  getModelArtifactsForJSONSync,
  getModelArtifactsInfoForJSON,
  getModelJSONForModelArtifacts,
  getWeightSpecs,
  parseModelJSON,
} from './model_json';
import { registerLoadRouter, registerSaveRouter } from './router';
import type { NamedTensorMap } from '../types';
import { decodeWeights } from './weights';
import type {
  IOHandler,
  LoadOptions,
  ModelArtifacts,
  SaveResult,
  WeightData,
  WeightsManifestConfig,
  WeightsManifestEntry,
} from './types';

/** Whether the URL is one of http or https. */
export function isHTTPScheme(url: string): boolean {
  return /^https?:\/\//.test(url);
}

/**
 * A handler that loads a model.json and its weights from a URL, and saves by a request with both.
 *
 * Throws for an empty path. Loading rejects where a request fails, with its status.
 */
export function http(path: string, loadOptions: LoadOptions = {}): IOHandler {
  return new HTTPRequest(path, loadOptions);
}

/** As `http`. */
export function browserHTTPRequest(path: string, loadOptions?: LoadOptions): IOHandler {
  return http(path, loadOptions);
}

class HTTPRequest implements IOHandler {
  private readonly fetch: typeof fetch;

  constructor(
    private readonly path: string,
    private readonly options: LoadOptions,
  ) {
    assert(path != null && path.length > 0, () => 'URL path for http must not be null, undefined or empty.');
    assert(options.requestInit?.body == null, () => 'requestInit is expected to have no pre-existing body, but has one.');
    this.fetch = options.fetchFunc ?? ((input, init) => globalThis.fetch(input, init));
  }

  async save(artifacts: ModelArtifacts): Promise<SaveResult> {
    if (artifacts.modelTopology instanceof ArrayBuffer) {
      throw new Error('BrowserHTTPRequest.save() does not support saving model topology in binary formats yet.');
    }
    const json = getModelJSONForModelArtifacts(artifacts, [{ paths: ['./model.weights.bin'], weights: artifacts.weightSpecs ?? [] }]);
    const body = new FormData();
    body.append('model.json', new Blob([JSON.stringify(json)], { type: 'application/json' }), 'model.json');
    if (artifacts.weightData != null) {
      const weights = CompositeArrayBuffer.join(artifacts.weightData);
      body.append('model.weights.bin', new Blob([weights], { type: 'application/octet-stream' }), 'model.weights.bin');
    }
    const response = await this.fetch(this.path, { method: 'POST', ...this.options.requestInit, body });
    if (!response.ok) {
      throw new Error(`BrowserHTTPRequest.save() failed due to HTTP response status ${response.status}.`);
    }
    return { modelArtifactsInfo: getModelArtifactsInfoForJSON(artifacts), responses: [response] };
  }

  async load(): Promise<ModelArtifacts> {
    const response = await this.fetch(this.path, this.options.requestInit);
    if (!response.ok) {
      throw new Error(
        `Request to ${this.path} failed with status code ${response.status}. Please verify this URL points to the model JSON of the model to load.`,
      );
    }
    const json = parseModelJSON(await response.text(), this.path);
    if (this.options.streamWeights && json.weightsManifest != null) {
      const urls = await this.urls(json.weightsManifest);
      const artifacts = getModelArtifactsForJSONSync({ ...json, weightsManifest: undefined as unknown as WeightsManifestConfig });
      return {
        ...artifacts,
        weightSpecs: getWeightSpecs(json.weightsManifest),
        getWeightStream: () => streamOf(urls, this.fetch, this.options),
      };
    }
    return getModelArtifactsForJSON(json, (manifest) => this.weights(manifest));
  }

  private async weights(manifest: WeightsManifestConfig): Promise<[WeightsManifestEntry[], WeightData]> {
    const urls = await this.urls(manifest);
    return [getWeightSpecs(manifest), await loadBuffers(urls, this.fetch, this.options)];
  }

  private async urls(manifest: WeightsManifestConfig): Promise<string[]> {
    const paths = manifest.flatMap((group) => group.paths);
    const convert = this.options.weightUrlConverter;
    if (convert !== undefined) {
      return Promise.all(paths.map(convert));
    }
    const query = this.path.lastIndexOf('?');
    const [plain, suffix] = query < 0 ? [this.path, ''] : [this.path.slice(0, query), this.path.slice(query)];
    const prefix = this.options.weightPathPrefix ?? plain.slice(0, plain.lastIndexOf('/') + 1);
    return paths.map((p) => prefix + p + suffix);
  }
}

async function bytesOf(url: string, fetchFunc: typeof fetch, options: LoadOptions): Promise<ArrayBuffer> {
  const response = await fetchFunc(url, options.requestInit);
  if (!response.ok) {
    throw new Error(`Request to ${url} for a file of weights failed with status code ${response.status}.`);
  }
  return response.arrayBuffer();
}

/** The bytes of several URLs, asked for at once; progress in steps of files. */
async function loadBuffers(urls: string[], fetchFunc: typeof fetch, options: LoadOptions): Promise<ArrayBuffer[]> {
  let done = 0;
  options.onProgress?.(0);
  return Promise.all(
    urls.map(async (url) => {
      const bytes = await bytesOf(url, fetchFunc, options);
      options.onProgress?.(++done / urls.length);
      return bytes;
    }),
  );
}

/** The bytes of several URLs, one after the other, as they are asked for. */
function streamOf(urls: string[], fetchFunc: typeof fetch, options: LoadOptions): ReadableStream<ArrayBuffer> {
  let next = 0;
  return new ReadableStream<ArrayBuffer>({
    async pull(controller) {
      if (next >= urls.length) {
        controller.close();
        return;
      }
      controller.enqueue(await bytesOf(urls[next++] as string, fetchFunc, options));
      options.onProgress?.(next / urls.length);
    },
  });
}

/** Weights of a manifest by name, all or those named, from files below a prefix. Rejects where a request fails, or a name is missing. */
export function loadWeights(
  manifest: WeightsManifestConfig,
  filePathPrefix = '',
  weightNames?: string[],
  requestInit?: RequestInit,
): Promise<NamedTensorMap> {
  const options = requestInit ? { requestInit } : {};
  return weightsLoaderFactory((urls) => loadBuffers(urls, globalThis.fetch, options))(manifest, filePathPrefix, weightNames);
}

/** As `loadWeights`, by a function of the program's that gives the bytes of URLs. */
export function weightsLoaderFactory(
  fetchWeightsFunction: (fetchUrls: string[]) => Promise<ArrayBuffer[]>,
): (manifest: WeightsManifestConfig, filePathPrefix?: string, weightNames?: string[]) => Promise<NamedTensorMap> {
  return async (manifest, filePathPrefix = '', weightNames) => {
    const all = getWeightSpecs(manifest).map((w) => w.name);
    const lost = (weightNames ?? []).filter((n) => !all.includes(n));
    if (lost.length > 0) {
      throw new Error(`Could not find weights in manifest with names: ${lost}. \nManifest JSON has weights with names: ${all}.`);
    }
    const wanted = manifest.filter((g) => weightNames === undefined || g.weights.some((w) => weightNames.includes(w.name)));
    const join = filePathPrefix === '' || filePathPrefix.endsWith('/') ? '' : '/';
    const buffers = await fetchWeightsFunction(wanted.flatMap((g) => g.paths.map((p) => filePathPrefix + join + p)));
    const out: NamedTensorMap = {};
    let at = 0;
    for (const group of wanted) {
      const decoded = decodeWeights(buffers.slice(at, (at += group.paths.length)), group.weights);
      for (const [name, tensor] of Object.entries(decoded)) {
        if (weightNames === undefined || weightNames.includes(name)) {
          out[name] = tensor;
        } else {
          tensor.dispose();
        }
      }
    }
    return out;
  };
}

const router = (url: string | string[], options?: LoadOptions): IOHandler | null => {
  const known = Array.isArray(url) ? url.every(isHTTPScheme) : isHTTPScheme(url);
  return known ? http(url as string, options) : null;
};
registerLoadRouter(router);
registerSaveRouter(router);
