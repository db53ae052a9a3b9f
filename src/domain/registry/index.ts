import type { Digest } from "#kernel/digest";

import type { ModelGate } from "./model-gate.ts";
import type { ModelKind, Signature } from "./runtimes/index.ts";

export { createRegistry } from "./module.ts";
export type { RegistryModule } from "./module.ts";
export { migrations } from "./store.ts";
export { problems } from "./problems.ts";
export type { ModelKind, Signature } from "./runtimes/index.ts";
export { createModelGate } from "./model-gate.ts";
export type { Asking, ModelGate } from "./model-gate.ts";
export { canonicalStage } from "./label-rules.ts";
export type { NamedModel, NamedModels, NamedSearch, NamedVersion, VersionFileAccess } from "./named.ts";
import "./events.ts";

/** `ready`: may be released. `rejected`: kept with the reason, for instance a conversion that did not agree. */
export type VersionState = "ready" | "rejected";

export interface VersionFile {
  readonly path: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
}

/** How far the converted model is from the original on sample rows. */
export interface Parity {
  readonly rows: number;
  /** Of any class probability on any row. */
  readonly largestDifference: number;
  readonly tolerance: number;
  readonly labelsDiffer: number;
  readonly agrees: boolean;
}

/** Everything a version came from: ids and digests of immutable things. */
export interface VersionOrigin {
  readonly executionId: string | null;
  readonly runId: string | null;
  readonly codeDigest: Digest | null;
  readonly environmentDigest: Digest | null;
  /** Data set → dataset version id. */
  readonly datasetVersions: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly holdoutPath: string | null;
  /** Why it was made: `requested`, `retrain` … and the sentence that goes with it. */
  readonly purpose: { readonly kind: string; readonly reason: string } | null;
}

/** How a version answers. `python`: kept and handed out, but nothing here runs it, so it cannot be released. */
export type VersionKind = ModelKind | "python";

/** One immutable model: its files, how to call it, how to run it, and what it came from. */
export interface ModelVersion {
  readonly id: string;
  /** Empty for a model that an MLflow client registered outside any project. */
  readonly project: string;
  readonly model: string;
  /** Counts from 1 within the model. */
  readonly number: number;
  readonly kind: VersionKind;
  readonly state: VersionState;
  readonly rejection: string | null;
  readonly files: readonly VersionFile[];
  /** Of the manifest of the files. */
  readonly digest: Digest;
  readonly signature: Signature;
  /** The file that is run: an ONNX graph or a rule. */
  readonly runnableDigest: Digest | null;
  readonly parity: Parity | null;
  /** CSV of held-out rows with the target: what gates are judged on. */
  readonly holdoutDigest: Digest | null;
  readonly origin: VersionOrigin;
  readonly metrics: Readonly<Record<string, number>>;
  readonly aliases: readonly string[];
  readonly createdAtMs: number;
  readonly actor: string;
}

export interface ModelSummary {
  readonly model: string;
  readonly versions: number;
  readonly newest: ModelVersion;
}

export interface LineageNode {
  readonly id: string;
  readonly kind: "dataset_version" | "code" | "environment" | "execution" | "run" | "model_version";
  readonly label: string;
  /** Path of its page in the UI, when it has one. */
  readonly link: string | null;
}

export interface LineageGraph {
  readonly nodes: readonly LineageNode[];
  readonly edges: readonly { readonly from: string; readonly to: string; readonly label: string }[];
}

/** The questions others may ask about models. */
export interface Registry {
  listModels(project: string): Promise<readonly ModelSummary[]>;
  /** Newest first. */
  listVersions(project: string, model?: string): Promise<readonly ModelVersion[]>;
  /** Throws `model_version_not_found`. */
  getVersion(id: string): Promise<ModelVersion>;
  /** `reference` is a number or an alias. Throws `model_version_not_found`. */
  findVersion(project: string, model: string, reference: string): Promise<ModelVersion>;
  /** The version that came from an execution, if it was registered. */
  versionOfExecution(executionId: string): Promise<ModelVersion | undefined>;
  lineage(id: string): Promise<LineageGraph>;
  /** The names of a project's models among all models, under which grants on them are kept; by model. */
  flatNamesOf(project: string, models: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** All of a project's models with those names. */
  listNames(project: string): Promise<readonly { readonly name: string; readonly model: string }[]>;
  /** The models of these versions of a project, by id; what is none of it is left out. */
  modelsOfVersions(project: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** For routes, here and of later modules, that tell of models. */
  readonly gate: ModelGate;
}
