import { posix } from "node:path";

import { Problem } from "#kernel/errors";

import type { NewMetricPoint } from "./entities.ts";
import { problems } from "./problems.ts";

/** Lengths in characters, counts per call; those MLflow's clients rely on. */
export const limits = {
  keyLength: 250,
  paramValueLength: 6_000,
  runTagValueLength: 8_000,
  experimentTagValueLength: 20_000,
  experimentNameLength: 500,
  artifactLocationLength: 2_048,
  runNameLength: 8_000,
  metricsPerBatch: 1_000,
  paramsPerBatch: 100,
  tagsPerBatch: 100,
  itemsPerBatch: 1_000,
  datasetNameLength: 500,
  datasetDigestLength: 36,
  datasetSourceLength: 65_535,
  datasetSchemaLength: 1_048_575,
  datasetProfileLength: 16_777_215,
  inputTagKeyLength: 255,
  inputTagValueLength: 500,
} as const;

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

export interface Batch {
  readonly metrics: readonly NewMetricPoint[];
  readonly params: readonly KeyValue[];
  readonly tags: readonly KeyValue[];
}

/**
 * Refuses a batch that cannot be kept; returns it with long values cut and infinities made finite. What
 * came alone is named without its place in a list.
 */
export function checkBatch(batch: Batch, isSingle = false): Batch {
  const at = (list: string, index: number): string => (isSingle ? "" : `${list}[${index}].`);
  checkCount("metrics", batch.metrics.length, limits.metricsPerBatch);
  checkCount("params", batch.params.length, limits.paramsPerBatch);
  checkCount("tags", batch.tags.length, limits.tagsPerBatch);
  const all = batch.metrics.length + batch.params.length + batch.tags.length;
  checkCount("metrics, params, and tags", all, limits.itemsPerBatch);
  const checked = {
    metrics: batch.metrics.map((metric, index) => checkMetric(metric, at("metrics", index))),
    params: batch.params.map((param, index) => checkParam(param, at("params", index))),
    tags: batch.tags.map((tag, index) => checkRunTag(tag, at("tags", index))),
  };
  // Last, as in MLflow: what is wrong with one of them is named first.
  refuseTwice(checked.params);
  return checked;
}

export function checkMetric(metric: NewMetricPoint, path = ""): NewMetricPoint {
  checkName(metric.key, `${path}name`);
  checkLength("Metric name", metric.key, limits.keyLength);
  if (!Number.isSafeInteger(metric.atMs) || metric.atMs < 0) {
    throw invalidValue(
      `${path}timestamp`,
      metric.atMs,
      "Timestamp must be a nonnegative long (64-bit integer).",
    );
  }
  if (!Number.isSafeInteger(metric.step)) {
    throw invalidValue(`${path}step`, metric.step, "Step must be a valid long (64-bit integer).");
  }
  return Number.isFinite(metric.value) || Number.isNaN(metric.value)
    ? metric
    : { ...metric, value: Math.sign(metric.value) * Number.MAX_VALUE };
}

export function checkParam(param: KeyValue, path = ""): KeyValue {
  checkName(param.key, `${path}key`);
  checkLength("Param key", param.key, limits.keyLength);
  return { key: param.key, value: storable(cut(param.value, limits.paramValueLength), `${path}value`) };
}

export function checkRunTag(tag: KeyValue, path = ""): KeyValue {
  checkName(tag.key, `${path}key`);
  checkLength(`${path}key`, tag.key, limits.keyLength);
  return { key: tag.key, value: storable(cut(tag.value, limits.runTagValueLength), `${path}value`) };
}

export function checkExperimentTag(tag: KeyValue): KeyValue {
  checkName(tag.key, "key");
  checkLength("key", tag.key, limits.keyLength);
  checkLength("value", tag.value, limits.experimentTagValueLength);
  return { key: tag.key, value: storable(tag.value, "value") };
}

export function checkExperimentName(name: string): string {
  if (name === "") throw invalid("Invalid experiment name: ''");
  checkLength("name", name, limits.experimentNameLength);
  return storable(name, "name");
}

/** Letters, digits, `_ - . space : /`, and the name must be its own normal form when read as a path. */
export function checkName(name: string, path: string): void {
  if (name === "") throw invalidValue(path, name, "A key name must be provided.");
  if (!/^[/\p{L}\p{N}_.\- :]*$/u.test(name)) {
    throw invalidValue(
      path,
      name,
      "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).",
    );
  }
  const normal = posix.normalize(name);
  if (
    normal !== name ||
    name === "." ||
    name.startsWith("..") ||
    name.startsWith("/") ||
    name.endsWith("/")
  ) {
    throw invalidValue(path, name, `Read as a path, this name would resolve to '${normal}'.`);
  }
}

/** PostgreSQL keeps no NUL in texts, so neither engine does. */
export function storable(text: string, path: string): string {
  if (text.includes("\0"))
    throw invalidValue(path, text.slice(0, 40), "Texts must not hold a NUL character.");
  return text.isWellFormed() ? text : text.toWellFormed();
}

export function checkLength(what: string, text: string, limit: number): void {
  if (text.length <= limit) return;
  throw invalid(`'${what}' exceeds the maximum length of ${limit} characters: it has ${text.length}.`);
}

export function invalid(message: string): Problem {
  return new Problem(problems.tracking_value_invalid, { message });
}

function invalidValue(path: string, value: unknown, reason: string): Problem {
  return invalid(`Invalid value ${JSON.stringify(value)} for parameter '${path}' supplied: ${reason}`);
}

function cut(text: string, limit: number): string {
  return text.length <= limit ? text : text.slice(0, limit);
}

function checkCount(what: string, count: number, limit: number): void {
  if (count <= limit) return;
  throw invalid(
    `A batch logging request can contain at most ${limit} ${what}. Got ${count} ${what}. ` +
      `Please split up ${what} across multiple requests and try again.`,
  );
}

function refuseTwice(params: readonly KeyValue[]): void {
  const seen = new Map<string, string>();
  for (const { key, value } of params) {
    const before = seen.get(key);
    if (before !== undefined && before !== value) {
      throw invalid(`Duplicate parameter keys have been submitted: ['${key}'].`);
    }
    seen.set(key, value);
  }
}
