/** `tf.io`. */

import './indexed_db';
import './local_storage';
import './node_files';

export { browserFiles } from './browser_files';
export { CompositeArrayBuffer, concatenateArrayBuffers } from './buffers';
export { browserHTTPRequest, http, isHTTPScheme, loadWeights, weightsLoaderFactory } from './http';
export { fromMemory, fromMemorySync, withSaveHandler, withSaveHandlerSync } from './memory';
export { getModelArtifactsForJSON, getModelArtifactsForJSONSync, getModelArtifactsInfoForJSON, getWeightSpecs } from './model_json';
export {
  copyModel,
  getLoadHandlers,
  getSaveHandlers,
  type IORouter,
  listModels,
  moveModel,
  registerLoadRouter,
  registerSaveRouter,
  removeModel,
} from './router';
export type * from './types';
export { decodeWeights, decodeWeightsStream, encodeWeights } from './weights';
