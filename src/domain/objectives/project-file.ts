import type { SourcePosition } from "#kernel/errors";
import { parseYaml, throwFaults } from "#kernel/yaml";
import type { YamlFile } from "#kernel/yaml";

import { criteriaOf } from "./criteria.ts";
import type { Criterion } from "./criteria.ts";
import { projectFileSchema } from "./grammar.ts";
import type { WrittenProject, WrittenRolloutStep } from "./grammar.ts";
import { contradictionsIn } from "./meaning.ts";
import type { Task } from "./metrics.ts";
import { problems } from "./problems.ts";
import type { Comparison } from "./scalars.ts";
import { studyOf } from "./study.ts";
import type { StudyDeclaration } from "./study.ts";

/**
 * A project as its `gyre.yaml` states it, defaults filled in: a plain value, the same for the same text.
 * Durations are milliseconds, shares lie within 0 and 1, paths are relative to the project's folder.
 */
export interface ProjectFile {
  readonly project: string;
  /** Null while the project is only a tracked script. */
  readonly objective: Objective | null;
  readonly data: Readonly<Record<string, DatasetDeclaration>>;
  readonly pipeline: PipelineDeclaration | null;
  readonly python: { readonly requirements: string | null; readonly version: string | null };
  readonly studies: Readonly<Record<string, StudyDeclaration>>;
  readonly model: ModelDeclaration | null;
  readonly delivery: DeliveryDeclaration;
  readonly serving: {
    readonly unit: string | null;
    readonly log: { readonly sampleShare: number; readonly drop: readonly string[] };
  };
  readonly monitoring: MonitoringDeclaration;
  readonly retrain: RetrainDeclaration | null;
}

export interface Objective {
  readonly decision: string;
  readonly task: Task;
  readonly target: string;
  readonly positive: string | null;
  readonly kpi: Kpi | null;
  readonly costs: {
    readonly falseNegative: number;
    readonly falsePositive: number;
    readonly currency: string;
  } | null;
  readonly baseline: string | null;
  readonly readyWhen: readonly Criterion[];
  /** `2027-03-31` */
  readonly timeBox: string | null;
  readonly budget: { readonly amount: number; readonly currency: string } | null;
}

export interface Kpi {
  readonly name: string;
  readonly source: {
    readonly kind: "csv" | "sql" | "http" | "promql";
    /** The path, query or address. */
    readonly text: string;
    readonly at: string | null;
    readonly timeColumn: string | null;
    readonly valueColumn: string | null;
  };
  readonly now: number | null;
  readonly target: { readonly comparison: Comparison; readonly threshold: number } | null;
}

export interface DatasetDeclaration {
  readonly source: { readonly kind: "file"; readonly path: string };
  readonly timeColumn: string | null;
  readonly contract: string | null;
  readonly owner: string | null;
}

export type PipelineDeclaration =
  | { readonly kind: "file"; readonly path: string }
  /** The mapping as written, in the grammar of `dvc.yaml`. */
  | { readonly kind: "inline"; readonly definition: Readonly<Record<string, unknown>> };

export interface ModelDeclaration {
  readonly name: string;
  readonly path: string;
  readonly export: "onnx" | "none";
  /** The CSV that every gate is judged on. */
  readonly holdout: string;
}

export type RolloutStep =
  | { readonly kind: "shadow"; readonly durationMs: number }
  | { readonly kind: "canary"; readonly share: number; readonly durationMs: number }
  | { readonly kind: "all" };

export interface DeliveryDeclaration {
  readonly environments: readonly string[];
  /** People other than the author, by environment; every environment has its number. */
  readonly approvals: Readonly<Record<string, number>>;
  readonly rollout: readonly RolloutStep[];
  readonly rollBackWhen: "any_gate_fails" | "never";
}

export interface MonitoringDeclaration {
  readonly outcomes: { readonly key: string; readonly arriveWithinMs: number };
  /** All monitors together may raise this many false alarms in this time, in the mean. */
  readonly falseAlarms: { readonly count: number; readonly periodMs: number; readonly period: string };
  readonly segments: readonly string[];
  readonly source: SourcePosition;
}

export type RetrainTrigger =
  | { readonly kind: "performance" }
  | { readonly kind: "new_labels"; readonly count: number }
  | { readonly kind: "schedule"; readonly cron: string };

export interface RetrainDeclaration {
  readonly anyOf: readonly RetrainTrigger[];
  readonly cooldownMs: number;
  readonly source: SourcePosition;
}

/**
 * Reads the text of a project file. Throws `project_file_invalid` with all its faults (`faultsOf` of
 * `#kernel/yaml`): first those of the syntax, else of the grammar, else contradictions between its parts.
 */
export function parseProjectFile(text: string, file: string = "gyre.yaml"): ProjectFile {
  const problem = problems.project_file_invalid;
  const written = parseYaml(text, { file, schema: projectFileSchema, problem });
  const contradictions = contradictionsIn(written);
  if (contradictions.length > 0) throwFaults(problem, contradictions);
  return toProjectFile(written);
}

function toProjectFile(file: YamlFile<WrittenProject>): ProjectFile {
  const written = file.value;
  return {
    project: written.project,
    objective: objectiveOf(file),
    data: Object.fromEntries(
      Object.entries(written.data ?? {}).map(([name, dataset]) => [name, datasetOf(dataset)]),
    ),
    pipeline: pipelineOf(written.pipeline),
    python: { requirements: written.python?.requirements ?? null, version: written.python?.version ?? null },
    studies: Object.fromEntries(
      Object.entries(written.studies ?? {}).map(([name, study]) => [name, studyOf(study)]),
    ),
    model: modelOf(written.model),
    delivery: deliveryOf(written.delivery ?? {}),
    serving: {
      unit: written.serving?.unit ?? null,
      log: { sampleShare: written.serving?.log?.sample ?? 1, drop: written.serving?.log?.drop ?? [] },
    },
    monitoring: monitoringOf(file),
    retrain: retrainOf(file),
  };
}

function objectiveOf(file: YamlFile<WrittenProject>): Objective | null {
  const written = file.value.objective;
  if (written === undefined) return null;
  const { costs, kpi } = written;
  return {
    decision: written.decision,
    task: written.task,
    target: written.target,
    positive: written.positive ?? null,
    kpi: kpi === undefined ? null : kpiOf(kpi),
    costs:
      costs === undefined
        ? null
        : {
            falseNegative: costs.false_negative,
            falsePositive: costs.false_positive,
            currency: costs.currency,
          },
    baseline: written.baseline ?? null,
    readyWhen: criteriaOf(file),
    timeBox: written.time_box ?? null,
    budget: written.budget ?? null,
  };
}

function kpiOf(written: NonNullable<NonNullable<WrittenProject["objective"]>["kpi"]>): Kpi {
  const { csv, sql, http, promql, at, time, value } = written.source;
  const [kind, text] =
    csv !== undefined
      ? (["csv", csv] as const)
      : sql !== undefined
        ? (["sql", sql] as const)
        : http !== undefined
          ? (["http", http] as const)
          : (["promql", promql ?? ""] as const);
  return {
    name: written.name,
    source: { kind, text, at: at ?? null, timeColumn: time ?? null, valueColumn: value ?? null },
    now: written.now ?? null,
    target: written.target ?? null,
  };
}

function datasetOf(written: NonNullable<WrittenProject["data"]>[string]): DatasetDeclaration {
  return {
    source: { kind: "file", path: written.source.file },
    timeColumn: written.time ?? null,
    contract: written.contract ?? null,
    owner: written.owner ?? null,
  };
}

function pipelineOf(written: WrittenProject["pipeline"]): PipelineDeclaration | null {
  if (written === undefined) return null;
  return typeof written === "string"
    ? { kind: "file", path: written }
    : { kind: "inline", definition: written };
}

function modelOf(written: WrittenProject["model"]): ModelDeclaration | null {
  if (written === undefined) return null;
  const { name, path, export: form = "none", holdout = "data/prepared/holdout.csv" } = written;
  return { name, path, export: form, holdout };
}

function deliveryOf(written: NonNullable<WrittenProject["delivery"]>): DeliveryDeclaration {
  const environments = written.environments ?? ["production"];
  return {
    environments,
    approvals: Object.fromEntries(
      environments.map((name) => [name, written.approve?.[name] ?? (name === "production" ? 1 : 0)]),
    ),
    rollout: (written.rollout ?? defaultRollout).map(rolloutStepOf),
    rollBackWhen: written.roll_back_when === "never" ? "never" : "any_gate_fails",
  };
}

// Caution is the default; a team that wants less says so.
const defaultRollout: readonly WrittenRolloutStep[] = [
  { shadow: 600_000 },
  { canary: 0.1, for: 600_000 },
  { all: true },
];

function rolloutStepOf(step: WrittenRolloutStep): RolloutStep {
  if (step.shadow !== undefined) return { kind: "shadow", durationMs: step.shadow };
  if (step.canary !== undefined) return { kind: "canary", share: step.canary, durationMs: step.for ?? 0 };
  return { kind: "all" };
}

function monitoringOf(file: YamlFile<WrittenProject>): MonitoringDeclaration {
  const written = file.value.monitoring;
  return {
    outcomes: {
      key: written?.outcomes?.key ?? "prediction_id",
      arriveWithinMs: written?.outcomes?.arrive_within ?? 86_400_000,
    },
    falseAlarms: written?.false_alarms ?? {
      count: 1,
      periodMs: (365.2425 / 4) * 86_400_000,
      period: "quarter",
    },
    segments: written?.segments ?? [],
    source: file.keyPositionOf(["monitoring"]),
  };
}

function retrainOf(file: YamlFile<WrittenProject>): RetrainDeclaration | null {
  const written = file.value.retrain;
  if (written === undefined) return null;
  return {
    anyOf: written.when.any.map((trigger): RetrainTrigger => {
      if (trigger === "performance") return { kind: "performance" };
      if (trigger.new_labels !== undefined) return { kind: "new_labels", count: trigger.new_labels };
      return { kind: "schedule", cron: trigger.schedule ?? "" };
    }),
    cooldownMs: written.cooldown ?? 86_400_000,
    source: file.keyPositionOf(["retrain"]),
  };
}
