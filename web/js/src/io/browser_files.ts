/** Models as files that a page downloads, or that a person chose. */

import { CompositeArrayBuffer } from './buffers';
import {
  getModelArtifactsForJSON,
  getModelArtifactsInfoForJSON,
  getModelJSONForModelArtifacts,
  getWeightSpecs,
  parseModelJSON,
} from './model_json';
import { registerSaveRouter } from './router';
import type { IOHandler, ModelArtifacts, SaveResult, WeightData, WeightsManifestConfig, WeightsManifestEntry } from './types';

const SCHEME = 'downloads://';

/** A handler that saves as two files, which the page downloads. */
export function browserDownloads(fileNamePrefix = 'model'): IOHandler {
  const name = fileNamePrefix === '' ? 'model' : fileNamePrefix;
  return {
    async save(artifacts: ModelArtifacts): Promise<SaveResult> {
      if (typeof document === 'undefined') {
        throw new Error('Browser downloads are not supported in this environment since `document` is not present');
      }
      if (artifacts.modelTopology instanceof ArrayBuffer) {
        throw new Error('BrowserDownloads.save() does not support saving model topology in binary formats yet.');
      }
      const weights = `${name}.weights.bin`;
      const json = getModelJSONForModelArtifacts(artifacts, [{ paths: [`./${weights}`], weights: artifacts.weightSpecs ?? [] }]);
      download(`${name}.json`, new Blob([JSON.stringify(json)], { type: 'application/json' }));
      if (artifacts.weightData != null) {
        download(weights, new Blob([CompositeArrayBuffer.join(artifacts.weightData)], { type: 'application/octet-stream' }));
      }
      return { modelArtifactsInfo: getModelArtifactsInfoForJSON(artifacts) };
    },
  };
}

function download(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.download = name;
  link.href = URL.createObjectURL(content);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/**
 * A handler that loads a model of files: first its model.json, then the files that it names.
 *
 * Throws without files. Loading rejects where a file that the model names is missing, or one is too many.
 */
export function browserFiles(files: File[]): IOHandler {
  const [json, ...weights] = files ?? [];
  if (json === undefined) {
    throw new Error(`When calling browserFiles, at least 1 file is required, but received ${files}`);
  }
  return {
    async load(): Promise<ModelArtifacts> {
      const parsed = parseModelJSON(await json.text(), `file '${json.name}'`);
      if (parsed.modelTopology == null) {
        throw new Error(`modelTopology field is missing from file ${json.name}`);
      }
      return getModelArtifactsForJSON(parsed, (manifest) => read(manifest, weights));
    },
  };
}

const base = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

async function read(manifest: WeightsManifestConfig, files: File[]): Promise<[WeightsManifestEntry[], WeightData]> {
  const names = manifest.flatMap((group) => group.paths).map(base);
  const twice = names.find((n, i) => names.indexOf(n) !== i);
  if (twice !== undefined) {
    throw new Error(`Duplicate file basename found in weights manifest: '${twice}'`);
  }
  const found = names.map((n) => {
    const file = files.find((f) => base(f.name) === n);
    if (file === undefined) {
      throw new Error(`Weight file with basename '${n}' is not provided.`);
    }
    return file.arrayBuffer();
  });
  if (names.length !== files.length) {
    throw new Error(
      `Mismatch in the number of files in weights manifest (${names.length}) and the number of weight files provided (${files.length}).`,
    );
  }
  return [getWeightSpecs(manifest), await Promise.all(found)];
}

registerSaveRouter((url) => (typeof url === 'string' && url.startsWith(SCHEME) ? browserDownloads(url.slice(SCHEME.length)) : null));
