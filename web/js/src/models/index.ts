/** Models: made, trained, loaded. */

import { input } from '../layers/keras_layer';
import type { Layer } from '../layers/layer';
import type { SymbolicTensor } from '../layers/symbol';
import { LayersModel, Sequential } from './model';
import { modelFromJSON } from './save';

export {
  BaseCallback,
  Callback,
  CallbackList,
  callbacks,
  CustomCallback,
  type CustomCallbackArgs,
  EarlyStopping,
  type EarlyStoppingCallbackArgs,
  History,
  type Logs,
  registerCallbackConstructor,
} from './callbacks';
export type { ModelFitArgs, ModelFitDatasetArgs } from './fit';
export { GraphModel, loadGraphModel, loadGraphModelSync } from './graph_model';
export { metrics } from './metrics';
export { LayersModel, type ModelCompileArgs, type ModelEvaluateArgs, type ModelPredictArgs, Sequential } from './model';
export { loadLayersModel } from './save';
export { input };

/** A model of the layers between symbols. Throws where the outputs cannot be computed from the inputs. */
export function model(args: { inputs: SymbolicTensor | SymbolicTensor[]; outputs: SymbolicTensor | SymbolicTensor[]; name?: string }): LayersModel {
  return new LayersModel(args);
}

/** A model that is a chain of layers. */
export function sequential(config?: { layers?: Layer[]; name?: string }): Sequential {
  return new Sequential(config);
}

/** `tf.models`. */
export const models = { modelFromJSON };
