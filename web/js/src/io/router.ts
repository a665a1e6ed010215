/** Handlers by URL, and models in places. */

import { assert } from '../util/util';
import type { IOHandler, LoadOptions, ModelArtifactsInfo, ModelStoreManager } from './types';

/** Gives a handler for URLs that it knows, null for others. */
export type IORouter = (url: string | string[], loadOptions?: LoadOptions) => IOHandler | null;

const saveRouters: IORouter[] = [];
const loadRouters: IORouter[] = [];
const managers = new Map<string, ModelStoreManager>();

/** Adds a router of handlers that save. */
export function registerSaveRouter(saveRouter: IORouter): void {
  saveRouters.push(saveRouter);
}
/** Adds a router of handlers that load. */
export function registerLoadRouter(loadRouter: IORouter): void {
  loadRouters.push(loadRouter);
}
/** Handlers that save at a URL. */
export function getSaveHandlers(url: string | string[]): IOHandler[] {
  return handlers(saveRouters, url);
}
/** Handlers that load from a URL. */
export function getLoadHandlers(url: string | string[], loadOptions?: LoadOptions): IOHandler[] {
  return handlers(loadRouters, url, loadOptions);
}

function handlers(routers: IORouter[], url: string | string[], options?: LoadOptions): IOHandler[] {
  return routers.map((r) => r(url, options)).filter((h) => h !== null);
}

/** Adds a place that holds models, by the scheme of its URLs. */
export function registerManager(scheme: string, manager: ModelStoreManager): void {
  managers.set(scheme, manager);
}

function at(url: string): { manager: ModelStoreManager; path: string } {
  const [scheme, path] = url.split('://') as [string, string | undefined];
  if (path === undefined) {
    throw new Error(`The url string provided does not contain a scheme. Supported schemes are: ${[...managers.keys()]}`);
  }
  const manager = managers.get(scheme);
  if (manager === undefined) {
    throw new Error(`Cannot find model manager for scheme '${scheme}'`);
  }
  return { manager, path };
}

/** All models in places of this platform, by URL. */
export async function listModels(): Promise<{ [url: string]: ModelArtifactsInfo }> {
  const out: { [url: string]: ModelArtifactsInfo } = {};
  for (const [scheme, manager] of managers) {
    for (const [path, info] of Object.entries(await manager.listModels())) {
      out[`${scheme}://${path}`] = info;
    }
  }
  return out;
}

/** Removes a model. Rejects where there is none. */
export async function removeModel(url: string): Promise<ModelArtifactsInfo> {
  const { manager, path } = at(url);
  return manager.removeModel(path);
}

/** Copies a model from one URL to another. Rejects where both are the same, and for URLs that have no handler. */
export async function copyModel(sourceURL: string, destURL: string): Promise<ModelArtifactsInfo> {
  return clone(sourceURL, destURL, 'Copying');
}

/** Moves a model from one URL to another. Rejects as `copyModel` does. */
export async function moveModel(sourceURL: string, destURL: string): Promise<ModelArtifactsInfo> {
  const { manager, path } = at(sourceURL);
  const info = await clone(sourceURL, destURL, 'Moving');
  await manager.removeModel(path);
  return info;
}

async function clone(sourceURL: string, destURL: string, what: string): Promise<ModelArtifactsInfo> {
  assert(sourceURL !== destURL, () => `Old path and new path are the same: '${sourceURL}'`);
  const one = (list: IOHandler[], kind: string, url: string): IOHandler => {
    assert(list.length > 0, () => `${what} failed because no ${kind} handler is found for URL ${url}.`);
    assert(list.length < 2, () => `${what} failed because more than one (${list.length}) ${kind} handlers for URL ${url}.`);
    return list[0] as IOHandler;
  };
  const from = one(getLoadHandlers(sourceURL), 'load', sourceURL);
  const to = one(getSaveHandlers(destURL), 'save', destURL);
  const result = await (to.save as NonNullable<IOHandler['save']>)(await (from.load as NonNullable<IOHandler['load']>)());
  return result.modelArtifactsInfo;
}
