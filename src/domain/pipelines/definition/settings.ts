import { readCondition } from "./condition-text.ts";
import type { WrittenCondition } from "./condition-text.ts";
import { durationMsOf } from "./duration.ts";
import { projectPath } from "./paths.ts";
import { itemsAt, mappingAt, refuseUnknownKeys, scalarAt, textAt } from "./shape.ts";
import { invalidAt } from "./source.ts";
import type { Site } from "./source.ts";
import { suggestName } from "./suggest.ts";
import { kindOf } from "./values.ts";

/** What a step needs of the machine it runs on, and holds while it runs. */
export interface Resources {
  /** Cores; a part of one is allowed. */
  readonly cpu: number;
  /** Zero: no more than it happens to need. */
  readonly memoryBytes: number;
  readonly gpu: number;
}

/** Why an attempt did not end well, beside the exit code. */
export type RetryCause = number | "timeout" | "preempted" | "lost";

export interface RetryPolicy {
  /** How often beyond the first time. */
  readonly times: number;
  /** Null: after any failure. */
  readonly on: readonly RetryCause[] | null;
  /** Before the first retry; doubled with each. */
  readonly backoffMs: number;
}

/** What a stage says to Gyre beyond DVC's keys, under `meta: {gyre: {…}}`. */
export interface StageSettings {
  /** Null for the executor's default. */
  readonly timeoutMs: number | null;
  readonly resources: Resources;
  /** Of the steps that could run, those with the greater number run first. */
  readonly priority: number;
  readonly retry: RetryPolicy | null;
  /** The step runs only where this holds; otherwise it is skipped, and what depends on it too. */
  readonly when: WrittenCondition | null;
  /** The question a person answers before the step runs. */
  readonly approve: string | null;
  /** Where it runs; null for the default. */
  readonly target: string | null;
  /** The container image its commands run in; null for what its target runs by itself. */
  readonly image: string | null;
  /** A folder, from the project's root, that is kept from one attempt to the next. */
  readonly checkpoint: string | null;
  /** Secrets of the project that it sees as variables. */
  readonly secrets: readonly string[];
}

export const defaultResources: Resources = { cpu: 1, memoryBytes: 0, gpu: 0 };

export const defaultSettings: StageSettings = {
  timeoutMs: null,
  resources: defaultResources,
  priority: 0,
  retry: null,
  when: null,
  approve: null,
  target: null,
  image: null,
  checkpoint: null,
  secrets: [],
};

const keys = [
  "timeout",
  "resources",
  "priority",
  "retry",
  "when",
  "approve",
  "target",
  "image",
  "checkpoint",
  "secrets",
];

/** Reads `meta.gyre`, in which every key must be known; the rest of `meta` is the user's own. */
export function readSettings(site: Site, wdir: string): StageSettings {
  if (site.value === undefined) return defaultSettings;
  const settings = mappingAt(site, "a mapping such as {timeout: 2h, resources: {cpu: 2}}");
  refuseUnknownKeys(site, settings, keys);
  return {
    timeoutMs: settings["timeout"] === undefined ? null : durationAt(site.at("timeout")),
    resources: readResources(site.at("resources")),
    priority: settings["priority"] === undefined ? 0 : wholeNumberAt(site.at("priority"), -1_000, 1_000),
    retry: settings["retry"] === undefined ? null : readRetry(site.at("retry")),
    when: settings["when"] === undefined ? null : readWhen(site.at("when")),
    approve: settings["approve"] === undefined ? null : readQuestion(site.at("approve")),
    target:
      settings["target"] === undefined ? null : nameAt(site.at("target"), "the name of a compute target"),
    image: settings["image"] === undefined ? null : imageAt(site.at("image")),
    checkpoint:
      settings["checkpoint"] === undefined
        ? null
        : projectPath(textAt(site.at("checkpoint"), "a folder"), wdir, site.at("checkpoint")),
    secrets: itemsAt(site.at("secrets"), "a list of names of secrets").map(secretAt).toSorted(),
  };
}

function readResources(site: Site): Resources {
  const written = mappingAt(site, "a mapping such as {cpu: 2, memory: 4GB, gpu: 1}");
  refuseUnknownKeys(site, written, ["cpu", "memory", "gpu"]);
  return {
    cpu: written["cpu"] === undefined ? defaultResources.cpu : numberAt(site.at("cpu")),
    memoryBytes: written["memory"] === undefined ? 0 : sizeAt(site.at("memory")),
    gpu: written["gpu"] === undefined ? 0 : wholeNumberAt(site.at("gpu"), 0, 1_024),
  };
}

const causes = ["timeout", "preempted", "lost"] as const;
const defaultBackoffMs = 1_000;

function readRetry(site: Site): RetryPolicy {
  const written = mappingAt(site, "a mapping such as {times: 3, on: [1, timeout], backoff: 10s}");
  refuseUnknownKeys(site, written, ["times", "on", "backoff"]);
  return {
    times: wholeNumberAt(site.at("times"), 1, 100),
    on:
      written["on"] === undefined
        ? null
        : itemsAt(site.at("on"), "a list of exit codes and causes").map(readCause),
    backoffMs: written["backoff"] === undefined ? defaultBackoffMs : durationAt(site.at("backoff")),
  };
}

function readCause(site: Site): RetryCause {
  if (typeof site.value === "bigint") return wholeNumberAt(site, 1, 255);
  const cause = causes.find((known) => known === site.value);
  if (cause !== undefined) return cause;
  throw invalidAt(
    site,
    `${site.name} is ${kindOf(site.value)}.`,
    `Expected an exit code from 1 to 255, or a cause. ${suggestName(String(site.value), causes)}`,
  );
}

function readWhen(site: Site): WrittenCondition {
  const text = String(scalarAt(site, "a condition such as metrics.evaluate.recall >= 0.8"));
  const condition = readCondition(text);
  if (!("mistake" in condition)) return condition;
  throw invalidAt(
    site,
    `${site.name} is the condition ${JSON.stringify(text)}, in which ${condition.mistake}.`,
    "Write it as in: metrics.evaluate.recall >= 0.8 and params.publish",
  );
}

function readQuestion(site: Site): string {
  const question = textAt(site, "the question to answer, such as: Is the report in order?").trim();
  if (question !== "" && question.length <= 1_000) return question;
  throw invalidAt(
    site,
    `${site.name} is ${question === "" ? "empty" : "too long"}.`,
    "Expected a question of at most 1,000 characters.",
  );
}

function secretAt(site: Site): string {
  const name = textAt(site, "the name of a secret, such as API_TOKEN");
  if (isSecretName(name)) return name;
  throw invalidAt(
    site,
    `${site.name} is ${kindOf(site.value)}.`,
    "Expected a name a variable can have, such as API_TOKEN, and none that a step has already.",
  );
}

/** A secret becomes a variable of the step, so it has a variable's name, and none of those a step has anyway. */
export function isSecretName(name: string): boolean {
  return /^[A-Za-z_]\w{0,99}$/.test(name) && !/^(PATH|HOME|LANG|TZ|PYTHONUNBUFFERED|MLFLOW_\w+)$/.test(name);
}

// As registries and container engines read it: a host, a path, a tag, a digest.
const imageForm =
  /^[a-z0-9]+([._:-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*(:\w[\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/;

function imageAt(site: Site): string {
  const text = textAt(site, "a container image such as python:3.12-slim");
  if (text.length <= 500 && imageForm.test(text)) return text;
  throw invalidAt(
    site,
    `${site.name} is ${JSON.stringify(text)}.`,
    "Expected a container image such as registry.example.org/ml:2027-01, or with its digest, ml@sha256:….",
  );
}

function nameAt(site: Site, expected: string): string {
  const text = textAt(site, expected);
  if (/^[A-Za-z_][\w.-]{0,99}$/.test(text)) return text;
  throw invalidAt(site, `${site.name} is ${kindOf(site.value)}.`, `Expected ${expected}.`);
}

function durationAt(site: Site): number {
  const durationMs = durationMsOf(String(site.value));
  if (durationMs !== undefined) return durationMs;
  throw invalidAt(
    site,
    `${site.name} is ${kindOf(site.value)}.`,
    "Expected a duration above zero, such as 90s, 30m or 2h.",
  );
}

function wholeNumberAt(site: Site, least: number, most: number): number {
  const value = typeof site.value === "bigint" ? Number(site.value) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw invalidAt(
    site,
    `${site.name} is ${kindOf(site.value)}.`,
    `Expected a whole number from ${least} to ${most}.`,
  );
}

function numberAt(site: Site): number {
  const value =
    typeof site.value === "bigint" || typeof site.value === "number" ? Number(site.value) : Number.NaN;
  if (value > 0 && value <= 10_000) return value;
  throw invalidAt(site, `${site.name} is ${kindOf(site.value)}.`, "Expected a number of cores above zero.");
}

const unitsBytes: Readonly<Record<string, number>> = {
  "": 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

/** `4GB`, `512MiB`, or bytes. */
function sizeAt(site: Site): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]i?b)?$/i.exec(String(site.value).trim());
  const bytes =
    match === null
      ? Number.NaN
      : Number(match[1]) * (unitsBytes[(match[2] ?? "").toUpperCase()] ?? Number.NaN);
  if (bytes > 0) return Math.round(bytes);
  throw invalidAt(site, `${site.name} is ${kindOf(site.value)}.`, "Expected a size, such as 512MB or 4GiB.");
}
