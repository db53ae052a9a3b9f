import { dayMs } from "#kernel/clock";

import { generateGates } from "./gates.ts";
import type { Gate } from "./gates.ts";
import { traitsOf } from "./metrics.ts";
import type { ProjectFile } from "./project-file.ts";
import { durationText } from "./scalars.ts";

interface MonitorBasics {
  /** `performance:recall`, `drift:score`: the same as long as what it watches is. */
  readonly id: string;
  /** How often it speaks: its windows are this long, in event time. */
  readonly windowMs: number;
  /**
   * The chance that it raises a false alarm within `periodMs`, looked at as often as one likes. A monitor
   * that watches many things (the groups of a column, all inputs) divides it among them.
   */
  readonly alpha: number;
  readonly periodMs: number;
  readonly sentence: string;
}

/** The gate, judged on live traffic: with matured outcomes, or on the answers themselves (latency, errors). */
export interface PerformanceMonitor extends MonitorBasics {
  readonly kind: "performance";
  readonly gate: Gate;
  /**
   * `gate`: the gate's own bound. `release`: what the live version showed when it was judged; a bound
   * against a rule says nothing while the rule is far worse than the model.
   */
  readonly against: "gate" | "release";
  readonly needsOutcomes: boolean;
}

export type DriftSubject =
  /** The distribution of the score of the positive class, or of the predicted value. */
  | { readonly kind: "score" }
  /** The share of predictions decided as positive. */
  | { readonly kind: "decision" }
  /** The shares of a column's groups in the traffic. */
  | { readonly kind: "segment"; readonly column: string }
  /** Every input of the model's signature. */
  | { readonly kind: "inputs" };

export interface DriftMonitor extends MonitorBasics {
  readonly kind: "drift";
  readonly subject: DriftSubject;
}

/** Whether outcomes still arrive as they used to. */
export interface CoverageMonitor extends MonitorBasics {
  readonly kind: "coverage";
  readonly arriveWithinMs: number;
}

export type Monitor = PerformanceMonitor | DriftMonitor | CoverageMonitor;

export const monitoringWindowMs = dayMs;

/**
 * What is watched in production: each gate that live traffic can judge, drift of what goes in and comes
 * out, and the arrival of outcomes.
 *
 * The error contract is shared: with `false_alarms: 1 per quarter` and k monitors each gets alpha = 1/k a
 * quarter. The expected number of false alarms is the sum of the alphas whatever the dependence between
 * monitors, so together they keep the contract, and nobody types a threshold.
 */
export function generateMonitors(projectFile: ProjectFile): readonly Monitor[] {
  const { count, periodMs } = projectFile.monitoring.falseAlarms;
  const watched = [...performanceOf(projectFile), ...driftOf(projectFile), coverageOf(projectFile)];
  const alpha = Math.min(largestAlpha, count / watched.length);
  return watched.map((monitor): Monitor => ({ ...monitor, windowMs: monitoringWindowMs, alpha, periodMs }));
}

// A contract of very many alarms must not make a monitor alarm more likely than not without a cause.
const largestAlpha = 0.5;

type WithoutBudget<Each> = Each extends Monitor ? Omit<Each, "windowMs" | "alpha" | "periodMs"> : never;

function performanceOf(projectFile: ProjectFile): WithoutBudget<PerformanceMonitor>[] {
  return generateGates(projectFile)
    .filter(({ metric }) => traitsOf(metric).live)
    .flatMap((gate) => {
      const needsOutcomes = traitsOf(gate.metric).from !== "load";
      const watched = { kind: "performance" as const, gate, needsOutcomes };
      const asAsked = {
        ...watched,
        id: `performance:${gate.id}`,
        against: "gate" as const,
        sentence: `In live traffic: ${gate.sentence}`,
      };
      if (gate.requirement.kind === "threshold") return [asAsked];
      const asReleased = {
        ...watched,
        id: `performance:${gate.id}:as_released`,
        against: "release" as const,
        sentence: `In live traffic: ${traitsOf(gate.metric).name} stays near what it was when the version was judged.`,
      };
      return [asAsked, asReleased];
    });
}

function driftOf({ objective, monitoring }: ProjectFile): WithoutBudget<DriftMonitor>[] {
  const decides = objective?.positive !== null && objective?.positive !== undefined;
  return [
    {
      id: "drift:score",
      kind: "drift",
      subject: { kind: "score" },
      sentence: "The scores are distributed as they were at the release.",
    },
    ...(decides
      ? [
          {
            id: "drift:decision",
            kind: "drift" as const,
            subject: { kind: "decision" as const },
            sentence: `The share decided as "${objective.positive}" is as it was at the release.`,
          },
        ]
      : []),
    ...segmentsOf({ objective, monitoring }).map((column) => ({
      id: `drift:segment:${column}`,
      kind: "drift" as const,
      subject: { kind: "segment" as const, column },
      sentence: `The groups of ${column} have the shares they had at the release.`,
    })),
    {
      id: "drift:inputs",
      kind: "drift",
      subject: { kind: "inputs" },
      sentence: "Every input is distributed as it was in the training data.",
    },
  ];
}

/** The columns whose groups are watched: those of `monitoring.segments` and of gates `for_each`. */
export function segmentsOf({
  objective,
  monitoring,
}: Pick<ProjectFile, "objective" | "monitoring">): readonly string[] {
  const ofGates = (objective?.readyWhen ?? []).flatMap(({ forEach }) => forEach ?? []);
  return [...new Set([...monitoring.segments, ...ofGates])];
}

function coverageOf({ monitoring }: ProjectFile): WithoutBudget<CoverageMonitor> {
  const { arriveWithinMs } = monitoring.outcomes;
  return {
    id: "coverage:outcomes",
    kind: "coverage",
    arriveWithinMs,
    sentence: `Outcomes arrive within ${durationText(arriveWithinMs)}, in the share they used to.`,
  };
}
