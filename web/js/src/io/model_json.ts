/** model.json and artifacts. */

import { CompositeArrayBuffer } from './buffers';
import type {
  ModelArtifacts,
  ModelArtifactsInfo,
  ModelDescription,
  ModelJSON,
  WeightData,
  WeightsManifestConfig,
  WeightsManifestEntry,
} from './types';

const OPTIONAL = ['signature', 'userDefinedMetadata', 'modelInitializer', 'initializerSignature', 'trainingConfig'] as const;

/** What artifacts and model.json share. */
export function description(from: ModelDescription): ModelDescription {
  const out: ModelDescription = {};
  for (const key of ['format', 'generatedBy', 'convertedBy', ...OPTIONAL] as const) {
    if (from[key] != null) {
      (out as Record<string, unknown>)[key] = from[key];
    }
  }
  return out;
}

/** Artifacts as a model.json with a manifest. */
export function getModelJSONForModelArtifacts(artifacts: ModelArtifacts, manifest: WeightsManifestConfig): ModelJSON {
  return { modelTopology: artifacts.modelTopology as {}, ...description(artifacts), weightsManifest: manifest };
}

/** Artifacts of a model.json whose weights are there. Throws where it names weights and none are given. */
export function getModelArtifactsForJSONSync(
  modelJSON: ModelJSON,
  weightSpecs?: WeightsManifestEntry[],
  weightData?: WeightData,
): ModelArtifacts {
  const out: ModelArtifacts = { modelTopology: modelJSON.modelTopology, ...description(modelJSON) };
  if (modelJSON.weightsManifest != null) {
    if (!weightSpecs) {
      throw new Error('modelJSON has weightsManifest but weightSpecs is null');
    }
    if (!weightData) {
      throw new Error('modelJSON has weightsManifest but weightData is null');
    }
    out.weightSpecs = weightSpecs;
    out.weightData = weightData;
  }
  return out;
}

/** Artifacts of a model.json; `loadWeights` gives the weights that its manifest names. */
export async function getModelArtifactsForJSON(
  modelJSON: ModelJSON,
  loadWeights: (weightsManifest: WeightsManifestConfig) => Promise<[WeightsManifestEntry[], WeightData]>,
): Promise<ModelArtifacts> {
  const [specs, data] = modelJSON.weightsManifest == null ? [] : await loadWeights(modelJSON.weightsManifest);
  return getModelArtifactsForJSONSync(modelJSON, specs, data);
}

/** How large a model is, and when this was asked. Throws where its topology is binary. */
export function getModelArtifactsInfoForJSON(modelArtifacts: ModelArtifacts): ModelArtifactsInfo {
  if (modelArtifacts.modelTopology instanceof ArrayBuffer) {
    throw new Error('Expected JSON model topology, received ArrayBuffer.');
  }
  const size = (value: unknown): number => (value == null ? 0 : new TextEncoder().encode(JSON.stringify(value)).length);
  return {
    dateSaved: new Date(),
    modelTopologyType: 'JSON',
    modelTopologyBytes: size(modelArtifacts.modelTopology),
    weightSpecsBytes: size(modelArtifacts.weightSpecs),
    weightDataBytes: new CompositeArrayBuffer(modelArtifacts.weightData).byteLength,
  };
}

/** All weights of a manifest. */
export function getWeightSpecs(weightsManifest: WeightsManifestConfig): WeightsManifestEntry[] {
  return weightsManifest.flatMap((group) => group.weights);
}

/** The text of a model.json as an object. Throws, with the place, where it is none. */
export function parseModelJSON(text: string, place: string): ModelJSON {
  let json: ModelJSON;
  try {
    json = JSON.parse(text) as ModelJSON;
  } catch {
    const hint = place.endsWith('.pb')
      ? ' Your path contains a .pb file extension. Support for .pb models have been removed in TensorFlow.js 1.0 in favor of .json models.'
      : ' Please make sure the server is serving valid JSON for this request.';
    throw new Error(`Failed to parse model JSON of response from ${place}.${hint}`);
  }
  if (json?.modelTopology == null && json?.weightsManifest == null) {
    throw new Error(`The JSON from ${place} contains neither model topology or manifest for weights.`);
  }
  return json;
}
