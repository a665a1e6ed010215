/** What handlers of models exchange. */

/** Dtypes of weights in files. */
export type WeightDtype = 'float32' | 'int32' | 'bool' | 'string' | 'complex64';
/** Whether a weight belongs to the model or to its optimizer. */
export type WeightGroup = 'model' | 'optimizer';

/** One weight in a file. */
export interface WeightsManifestEntry {
  name: string;
  shape: number[];
  dtype: WeightDtype;
  group?: WeightGroup;
  quantization?: { scale?: number; min?: number; dtype: 'uint16' | 'uint8' | 'float16'; original_dtype?: string };
}
/** Weights and the files that they lie in. */
export interface WeightsManifestGroupConfig {
  paths: string[];
  weights: WeightsManifestEntry[];
}
/** All weights of a model. */
export type WeightsManifestConfig = WeightsManifestGroupConfig[];
/** Bytes in one piece or several. */
export type WeightData = ArrayBuffer | ArrayBuffer[];

/** How a model was compiled. */
export interface TrainingConfig {
  optimizer_config: {};
  loss: string | string[] | { [key: string]: string };
  metrics?: string[] | { [key: string]: string };
  weighted_metrics?: string[];
  sample_weight_mode?: string;
  loss_weights?: number[] | { [key: string]: number };
}

/** What a model.json and a model's artifacts share. */
export interface ModelDescription {
  trainingConfig?: TrainingConfig;
  format?: string;
  generatedBy?: string;
  convertedBy?: string | null;
  signature?: {};
  userDefinedMetadata?: { [key: string]: {} };
  modelInitializer?: {};
  initializerSignature?: {};
}

/** A model as handlers give and take it. */
export interface ModelArtifacts extends ModelDescription {
  modelTopology?: {} | ArrayBuffer;
  weightSpecs?: WeightsManifestEntry[];
  weightData?: WeightData;
  getWeightStream?: () => ReadableStream<ArrayBuffer>;
}

/** A model.json. */
export interface ModelJSON extends ModelDescription {
  modelTopology: {};
  weightsManifest: WeightsManifestConfig;
}

/** When a model was saved, and how large it is. */
export interface ModelArtifactsInfo {
  dateSaved: Date;
  modelTopologyType: 'JSON' | 'GraphDef';
  modelTopologyBytes?: number;
  weightSpecsBytes?: number;
  weightDataBytes?: number;
}

/** What saving gives. */
export interface SaveResult {
  modelArtifactsInfo: ModelArtifactsInfo;
  responses?: Response[];
  errors?: Array<{} | string>;
}

/** What of a model is saved. */
export interface SaveConfig {
  trainableOnly?: boolean;
  includeOptimizer?: boolean;
}

/** Told the fraction that is done. */
export type OnProgressCallback = (fraction: number) => void;

/** How models are loaded. */
export interface LoadOptions {
  requestInit?: RequestInit;
  onProgress?: OnProgressCallback;
  fetchFunc?: typeof fetch;
  strict?: boolean;
  weightPathPrefix?: string;
  fromTFHub?: boolean;
  weightUrlConverter?: (weightFileName: string) => Promise<string>;
  streamWeights?: boolean;
}

/** Loads a model. */
export type LoadHandler = () => Promise<ModelArtifacts>;
/** Saves a model. */
export type SaveHandler = (modelArtifacts: ModelArtifacts) => Promise<SaveResult>;
/** Loads or saves models, or both. */
export interface IOHandler {
  save?: SaveHandler;
  load?: LoadHandler;
}
/** A handler that needs no waiting. */
export interface IOHandlerSync {
  save?: (modelArtifacts: ModelArtifacts) => SaveResult;
  load?: () => ModelArtifacts;
}
/** A place that holds models by path. */
export interface ModelStoreManager {
  listModels(): Promise<{ [path: string]: ModelArtifactsInfo }>;
  removeModel(path: string): Promise<ModelArtifactsInfo>;
}
