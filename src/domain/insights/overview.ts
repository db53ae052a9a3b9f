import type { DatasetSummary } from "#data";
import type { Release } from "#delivery";
import { dayMs } from "#kernel/clock";
import type { Incident, MonitoringOverview } from "#monitoring";
import { percentText } from "#objectives";
import type { ProjectFile } from "#objectives";
import type { Execution } from "#pipelines";
import type { ModelSummary } from "#registry";
import type { Deployment } from "#serving";

/** One station of the loop with the one fact that matters there. */
export interface Station {
  readonly key:
    | "data"
    | "labels"
    | "pipeline"
    | "model"
    | "gates"
    | "release"
    | "serving"
    | "monitoring"
    | "feedback";
  readonly state: string;
  readonly headline: string;
  readonly detail?: string;
}

/** Something that waits for a person. */
export interface Need {
  readonly id: string;
  readonly tone: "warn" | "bad" | "busy";
  readonly title: string;
  readonly detail?: string;
  readonly atMs: number;
  readonly about: {
    readonly kind: "release" | "incident" | "execution" | "dataset" | "model" | "charter";
    readonly id: string;
    readonly name?: string;
    readonly number?: number;
  };
}

export interface Overview {
  readonly stations: readonly Station[];
  readonly needs: readonly Need[];
}

/** What the overview is made of: the newest of everything, as the modules answer it. */
export interface Facts {
  readonly nowMs: number;
  readonly projectFile: ProjectFile | null;
  readonly datasets: readonly DatasetSummary[];
  readonly executions: readonly Execution[];
  readonly models: readonly ModelSummary[];
  readonly releases: readonly Release[];
  readonly deployments: readonly Deployment[];
  readonly incidents: readonly Incident[];
  readonly monitoring: MonitoringOverview;
}

/** The loop as a picture of this moment, and what needs somebody. Pure. */
export function overviewOf(facts: Facts): Overview {
  return {
    stations: [
      dataStation(facts),
      labelStation(facts),
      pipelineStation(facts),
      modelStation(facts),
      gateStation(facts),
      releaseStation(facts),
      servingStation(facts),
      monitoringStation(facts),
      feedbackStation(facts),
    ],
    needs: needsOf(facts),
  };
}

const empty = (key: Station["key"], headline: string): Station => ({ key, state: "empty", headline });

function dataStation({ datasets }: Facts): Station {
  const [first] = datasets;
  if (first === undefined) return empty("data", "No data yet");
  const { newest } = first;
  return {
    key: "data",
    state: newest.state,
    headline: `${first.dataset} ${newest.number}`,
    detail: `${count(newest.rows, "row")}`,
  };
}

/** Labels come with the data, and later from outcomes: the station tells where the newest ones came from. */
function labelStation({ datasets, projectFile }: Facts): Station {
  const [first] = datasets;
  const target = projectFile?.objective?.target ?? null;
  if (first === undefined || target === null) return empty("labels", "No labels yet");
  const fromOutcomes = first.newest.source.startsWith("outcomes");
  return {
    key: "labels",
    state: first.newest.columns.some((column) => column.name === target) ? "ok" : "missing",
    headline: target,
    detail: fromOutcomes ? "from outcomes" : "from the data",
  };
}

function pipelineStation({ executions }: Facts): Station {
  const [newest] = executions;
  if (newest === undefined) return empty("pipeline", "Never run");
  const cached = newest.steps.filter((step) => step.state === "cached").length;
  return {
    key: "pipeline",
    state: newest.state,
    headline: newest.purpose.kind === "retrain" ? "Retraining" : count(newest.steps.length, "stage"),
    ...(cached === 0 ? {} : { detail: `${cached} from the cache` }),
  };
}

function modelStation({ models }: Facts): Station {
  const [first] = models;
  if (first === undefined) return empty("model", "No version yet");
  const { newest } = first;
  return {
    key: "model",
    state: newest.state,
    headline: `${first.model} ${newest.number}`,
    detail: newest.kind === "rule" ? "a rule" : "a trained model",
  };
}

function gateStation({ releases }: Facts): Station {
  const judged = releases.find((release) => release.judgedAtMs !== null);
  if (judged === undefined) return empty("gates", "Nothing judged yet");
  const failed = judged.gates.filter((result) => result.verdict === "failed").length;
  return {
    key: "gates",
    state: failed === 0 ? "passed" : "failed",
    headline:
      failed === 0 ? `${judged.gates.length} gates held` : `${failed} of ${judged.gates.length} failed`,
    detail: `version ${judged.number}`,
  };
}

function releaseStation({ releases }: Facts): Station {
  const [newest] = releases;
  if (newest === undefined) return empty("release", "Nothing released yet");
  const step = newest.currentStep === null ? undefined : newest.steps[newest.currentStep];
  return {
    key: "release",
    state: newest.state,
    headline: `version ${newest.number}`,
    ...(step === undefined
      ? {}
      : { detail: step.kind === "canary" ? `canary ${percentText(step.share)}` : step.kind }),
  };
}

function servingStation({ deployments }: Facts): Station {
  const [first] = deployments;
  if (first === undefined) return empty("serving", "Nothing answers yet");
  const live = first.variants.find((variant) => variant.role === "live");
  const requests = first.variants.reduce((sum, variant) => sum + variant.requests, 0);
  return {
    key: "serving",
    state: first.state,
    headline: live === undefined ? "nothing live" : `version ${live.number} answers`,
    detail: count(requests, "request"),
  };
}

function monitoringStation({ incidents, monitoring }: Facts): Station {
  const open = incidents.filter((incident) => incident.state === "open").length;
  if (monitoring.predictions === 0) return empty("monitoring", "Nothing measured yet");
  const first = monitoring.monitors.find(
    (monitor) => monitor.kind === "performance" && monitor.value !== null,
  );
  const value = first?.value?.toLocaleString("en", { maximumSignificantDigits: 3 });
  return {
    key: "monitoring",
    state: open === 0 ? "ok" : "alarm",
    headline: open === 0 ? "No incident" : count(open, "open incident"),
    ...(value === undefined ? {} : { detail: `${first?.metric?.replaceAll("_", " ")} ${value}` }),
  };
}

function feedbackStation({ monitoring: { predictions, outcomes } }: Facts): Station {
  if (predictions === 0) return empty("feedback", "No outcomes yet");
  return {
    key: "feedback",
    state: "ok",
    headline: `${percentText(Math.round((outcomes / predictions) * 100) / 100)} known`,
    detail: count(outcomes, "outcome"),
  };
}

function needsOf(facts: Facts): Need[] {
  const needs: Need[] = [];
  for (const incident of facts.incidents.filter((one) => one.state === "open")) {
    needs.push({
      id: incident.id,
      tone: "bad",
      title: incident.title,
      detail: incident.cause.sentence,
      atMs: incident.openedAtMs,
      about: { kind: "incident", id: incident.id },
    });
  }
  for (const release of facts.releases.filter(waitsForSomebody)) {
    needs.push({
      id: release.id,
      tone: "warn",
      title: `Version ${release.number} of ${release.model} waits for an approval`,
      detail: release.reason,
      atMs: release.judgedAtMs ?? release.requestedAtMs,
      about: { kind: "release", id: release.id },
    });
  }
  for (const { dataset, newest } of facts.datasets.filter((one) => one.newest.state === "quarantined")) {
    needs.push({
      id: newest.id,
      tone: "bad",
      title: `Version ${newest.number} of ${dataset} breaks its contract`,
      ...(newest.breaches[0] === undefined ? {} : { detail: newest.breaches[0].message }),
      atMs: newest.createdAtMs,
      about: { kind: "dataset", id: newest.id, name: dataset, number: newest.number },
    });
  }
  for (const { model, newest } of facts.models.filter((one) => one.newest.state === "rejected")) {
    needs.push({
      id: newest.id,
      tone: "bad",
      title: `Version ${newest.number} of ${model} was rejected`,
      ...(newest.rejection === null ? {} : { detail: newest.rejection }),
      atMs: newest.createdAtMs,
      about: { kind: "model", id: newest.id, name: model, number: newest.number },
    });
  }
  const [execution] = facts.executions;
  if (execution?.state === "failed") {
    const failed = execution.steps.find((step) => step.state === "failed");
    needs.push({
      id: execution.id,
      tone: "bad",
      title: failed === undefined ? "The pipeline failed" : `The stage ${failed.stage} failed`,
      ...(failed?.lastLines.at(-1) === undefined ? {} : { detail: failed.lastLines.at(-1) ?? "" }),
      atMs: execution.endedAtMs ?? execution.createdAtMs,
      about: { kind: "execution", id: execution.id },
    });
  }
  const timeBoxMs = timeBoxOf(facts.projectFile);
  if (timeBoxMs !== null && timeBoxMs - facts.nowMs < 14 * dayMs) {
    needs.push({
      id: "time_box",
      tone: "warn",
      title: "The time box ends: extend, stop or ship?",
      atMs: timeBoxMs,
      about: { kind: "charter", id: "time_box" },
    });
  }
  return needs.toSorted((a, b) => b.atMs - a.atMs);
}

/** One with all its approvals waits for its turn, not for a person. */
function waitsForSomebody({ state, approvals, approvalsNeeded }: Release): boolean {
  return state === "awaiting_approval" && approvals.length < approvalsNeeded;
}

/** The end of the charter's time box, or null without one. */
export function timeBoxOf(projectFile: ProjectFile | null): number | null {
  const day = projectFile?.objective?.timeBox ?? null;
  return day === null ? null : Date.parse(`${day}T00:00:00Z`);
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}
