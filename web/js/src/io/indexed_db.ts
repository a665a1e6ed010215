/** Models in IndexedDB, where TensorFlow.js keeps them. */

import { CompositeArrayBuffer } from './buffers';
import { getModelArtifactsInfoForJSON } from './model_json';
import { registerLoadRouter, registerManager, registerSaveRouter } from './router';
import type { IOHandler, ModelArtifacts, ModelArtifactsInfo, SaveResult } from './types';

const SCHEME = 'indexeddb://';
const MODELS = 'models_store';
const INFOS = 'model_info_store';

interface StoredModel {
  modelPath: string;
  modelArtifacts: ModelArtifacts;
}
interface StoredInfo {
  modelPath: string;
  modelArtifactsInfo: ModelArtifactsInfo;
}

function open(): Promise<IDBDatabase> {
  if (typeof indexedDB === 'undefined') {
    return Promise.reject(new Error('The current browser does not appear to support IndexedDB.'));
  }
  const request = indexedDB.open('tensorflowjs', 1);
  request.onupgradeneeded = () => {
    for (const store of [MODELS, INFOS]) {
      request.result.createObjectStore(store, { keyPath: 'modelPath' });
    }
  };
  return settled(request);
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('A request to IndexedDB failed.'));
  });
}

/** Runs `f` over both stores, all of it or nothing. */
async function within<T>(mode: IDBTransactionMode, f: (models: IDBObjectStore, infos: IDBObjectStore) => Promise<T>): Promise<T> {
  const db = await open();
  try {
    const work = db.transaction([MODELS, INFOS], mode);
    const done = new Promise<void>((resolve, reject) => {
      work.oncomplete = () => resolve();
      work.onabort = work.onerror = () => reject(work.error ?? new Error('A transaction of IndexedDB failed.'));
    });
    const result = await Promise.all([f(work.objectStore(MODELS), work.objectStore(INFOS)), done]);
    return result[0];
  } finally {
    db.close();
  }
}

/** A handler of one model. Throws for an empty path. Saving rejects where the quota is exceeded. */
export function browserIndexedDB(modelPath: string): IOHandler {
  if (!modelPath) {
    throw new Error('For IndexedDB, modelPath must not be null, undefined or empty.');
  }
  return {
    async save(artifacts: ModelArtifacts): Promise<SaveResult> {
      if (artifacts.modelTopology instanceof ArrayBuffer) {
        throw new Error('BrowserIndexedDB.save() does not support saving model topology in binary formats yet.');
      }
      const modelArtifactsInfo = getModelArtifactsInfoForJSON(artifacts);
      const modelArtifacts = { ...artifacts, weightData: CompositeArrayBuffer.join(artifacts.weightData) };
      delete modelArtifacts.getWeightStream;
      await within('readwrite', async (models, infos) => {
        const info: StoredInfo = { modelPath, modelArtifactsInfo };
        const model: StoredModel = { modelPath, modelArtifacts };
        await Promise.all([settled(infos.put(info)), settled(models.put(model))]);
      });
      return { modelArtifactsInfo };
    },
    async load(): Promise<ModelArtifacts> {
      const found = await within('readonly', (models) => settled(models.get(modelPath) as IDBRequest<StoredModel | undefined>));
      if (found === undefined) {
        throw new Error(`Cannot find model with path '${modelPath}' in IndexedDB.`);
      }
      return found.modelArtifacts;
    },
  };
}

const route = (url: string | string[]): IOHandler | null =>
  typeof url === 'string' && url.startsWith(SCHEME) ? browserIndexedDB(url.slice(SCHEME.length)) : null;
registerSaveRouter(route);
registerLoadRouter(route);

if (typeof indexedDB !== 'undefined') {
  registerManager('indexeddb', {
    async listModels() {
      const all = await within('readonly', (_, infos) => settled(infos.getAll() as IDBRequest<StoredInfo[]>));
      return Object.fromEntries(all.map((i) => [i.modelPath, i.modelArtifactsInfo]));
    },
    removeModel(path) {
      return within('readwrite', async (models, infos) => {
        const info = await settled(infos.get(path) as IDBRequest<StoredInfo | undefined>);
        if (info === undefined) {
          throw new Error(`Cannot find model with path '${path}' in IndexedDB.`);
        }
        await Promise.all([settled(infos.delete(path)), settled(models.delete(path))]);
        return info.modelArtifactsInfo;
      });
    },
  });
}
