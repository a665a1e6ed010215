/** Models in folders, in Node: `file://` with a path. */

import { isNode } from '../wasm';
import { CompositeArrayBuffer } from './buffers';
import {
  getModelArtifactsForJSON,
  getModelArtifactsInfoForJSON,
  getModelJSONForModelArtifacts,
  getWeightSpecs,
  parseModelJSON,
} from './model_json';
import { registerLoadRouter, registerSaveRouter } from './router';
import type { IOHandler, ModelArtifacts, SaveResult } from './types';

const SCHEME = 'file://';

/** What of Node's file system is used. */
interface Fs {
  readFile(path: string): Promise<Uint8Array>;
  writeFile(path: string, data: string | Uint8Array): Promise<void>;
  mkdir(path: string, options: { recursive: boolean }): Promise<unknown>;
}

function fs(): Promise<Fs> {
  // Bundlers for pages leave a name alone that they do not see.
  const name = 'node:fs/promises';
  return import(/* @vite-ignore */ name) as Promise<Fs>;
}

const exact = (b: Uint8Array): ArrayBuffer => b.buffer.slice(b.byteOffset, b.byteOffset + b.byteLength) as ArrayBuffer;

/** A handler that loads from the path of a model.json, and saves model.json and weights.bin into a folder. */
export function nodeFiles(path: string): IOHandler {
  return {
    async save(artifacts: ModelArtifacts): Promise<SaveResult> {
      if (artifacts.modelTopology instanceof ArrayBuffer) {
        throw new Error('Saving a model topology in binary formats to files is not supported.');
      }
      const { mkdir, writeFile } = await fs();
      await mkdir(path, { recursive: true });
      const json = getModelJSONForModelArtifacts(artifacts, [{ paths: ['weights.bin'], weights: artifacts.weightSpecs ?? [] }]);
      await writeFile(`${path}/model.json`, JSON.stringify(json));
      await writeFile(`${path}/weights.bin`, new Uint8Array(CompositeArrayBuffer.join(artifacts.weightData)));
      return { modelArtifactsInfo: getModelArtifactsInfoForJSON(artifacts) };
    },
    async load(): Promise<ModelArtifacts> {
      const { readFile } = await fs();
      const json = parseModelJSON(new TextDecoder().decode(await readFile(path)), `file '${path}'`);
      const folder = path.slice(0, path.lastIndexOf('/') + 1);
      return getModelArtifactsForJSON(json, async (manifest) => {
        const files = manifest.flatMap((group) => group.paths).map((p) => readFile(folder + p));
        return [getWeightSpecs(manifest), (await Promise.all(files)).map(exact)];
      });
    },
  };
}

const route = (url: string | string[]): IOHandler | null =>
  isNode() && typeof url === 'string' && url.startsWith(SCHEME) ? nodeFiles(url.slice(SCHEME.length)) : null;
registerSaveRouter(route);
registerLoadRouter(route);
