import type { Clock } from "#kernel/clock";
import { minuteMs, secondMs } from "#kernel/clock";
import { logPosition } from "#kernel/columnar";
import { createId } from "#kernel/ids";

import { compareRollout } from "./guardrail.ts";
import type { GuardrailRules } from "./guardrail.ts";
import type { Incident, RolloutReading } from "./entities.ts";
import type { Evaluation } from "./evaluation.ts";
import type { LogSources } from "./outcome-log.ts";
import { boundOf } from "./performance.ts";
import type { MonitoringPlan } from "./plan.ts";
import type { ReleasesPort, TrafficPort, WatchedRelease } from "./ports.ts";
import { readRolloutEvidence } from "./rollout-query.ts";
import { liveAt } from "./sight.ts";

/** A release that was taken back keeps what its last step has shown: it is why it was taken back. */
const comparing: ReadonlySet<string> = new Set(["rolling_out", "rolled_back"]);

export interface RolloutWatchParts {
  readonly sources: LogSources;
  readonly clock: Clock;
  readonly releases: ReleasesPort;
  readonly traffic: TrafficPort | undefined;
  readonly evaluation: Evaluation;
  planOf(project: string): Promise<MonitoringPlan | undefined>;
}

/** Looks at a release under way beside the live one, and opens an incident when it is worse. */
export function createRolloutWatch(parts: RolloutWatchParts) {
  const { sources, clock, releases, traffic, evaluation } = parts;
  /** What each release's last look had to go by. Forgotten at a restart, which costs one look more. */
  const lookedAt = new Map<string, string>();

  async function readRollout(releaseId: string): Promise<RolloutReading | null> {
    const candidate = await releases.getRelease(releaseId);
    const plan = await parts.planOf(candidate.project);
    const step = candidate.steps[candidate.currentStep ?? -1];
    const sinceMs = candidate.stepStartedAtMs ?? candidate.requestedAtMs;
    const wasComparing = comparing.has(candidate.state) && step !== undefined && step.kind !== "all";
    const { environment } = candidate;
    // The one that answered when the step began, for it is the one the candidate stood beside.
    const live = liveAt(
      { releaseId, environment, atMs: sinceMs },
      await releases.listReleases(candidate.project),
    );
    if (!wasComparing || plan === undefined || live === undefined) return null;
    const evidence = await readRolloutEvidence({
      sources,
      traffic,
      project: candidate.project,
      plan,
      candidate,
      live,
      step: step.kind,
      sinceMs,
      nowMs: (candidate.endedAtMs ?? clock.nowMs()) + 1,
    });
    const pairs = evidence.pairs.reduce((sum, { count }) => sum + count, 0);
    const agreeing = evidence.pairs
      .filter((pair) => pair.candidateDecision === pair.liveDecision)
      .reduce((sum, { count }) => sum + count, 0);
    return {
      releaseId,
      liveReleaseId: live.id,
      step: step.kind,
      sinceMs,
      predictions: { candidate: evidence.candidate.predictions, live: evidence.live.predictions },
      outcomes: { candidate: outcomesOf(evidence.candidate), live: outcomesOf(evidence.live) },
      agreement: pairs === 0 ? null : agreeing / pairs,
      ...compareRollout(evidence, rulesOf(plan, candidate)),
    };
  }

  /** Returns when to look again; null when the step is over or decided. */
  async function watch(releaseId: string): Promise<number | null> {
    const candidate = await releases.getRelease(releaseId);
    if (candidate.state !== "rolling_out") return forget(releaseId);
    const news = await newsOf(candidate);
    if (lookedAt.get(releaseId) !== news) {
      const reading = await readRollout(releaseId);
      if (reading === null) return forget(releaseId);
      if (reading.verdict === "worse") {
        await evaluation.openIncident(await incidentOf(reading));
        return forget(releaseId);
      }
      lookedAt.set(releaseId, news);
    }
    const step = candidate.steps[candidate.currentStep ?? -1];
    if (step === undefined || step.kind === "all") return forget(releaseId);
    // Twenty looks in a step: looking costs a query and, by the intervals used, no certainty.
    return clock.nowMs() + Math.max(10 * secondMs, Math.min(10 * minuteMs, step.durationMs / 20));
  }

  function forget(releaseId: string): null {
    lookedAt.delete(releaseId);
    return null;
  }

  /** Everything a reading follows from: the same text means the same verdict, so the queries are saved. */
  async function newsOf(candidate: WatchedRelease): Promise<string> {
    const requests = await traffic?.listDeployments(candidate.project);
    const counts = requests?.map(({ variants }) =>
      variants.map((one) => [one.releaseId, one.requests, one.errors]),
    );
    return JSON.stringify([
      candidate.currentStep,
      await logPosition(sources.predictions),
      await logPosition(sources.outcomes),
      counts,
    ]);
  }

  async function incidentOf(reading: RolloutReading): Promise<Incident> {
    const candidate = await releases.getRelease(reading.releaseId);
    const worst = reading.comparisons.filter(({ verdict }) => verdict === "worse");
    const first = worst[0];
    const nowMs = clock.nowMs();
    return {
      id: createId("incident", clock),
      project: candidate.project,
      kind: "guardrail",
      severity: "page",
      monitor: `guardrail:${first?.metric ?? "rollout"}`,
      title: `Version ${candidate.number} does worse than the live one as ${reading.step}`,
      state: "open",
      openedAtMs: nowMs,
      onsetMs: reading.sinceMs,
      environment: candidate.environment,
      modelVersionId: candidate.modelVersionId,
      releaseId: candidate.id,
      evidence: {
        metric: first?.metric ?? "rollout",
        value: first?.candidate ?? null,
        expected: first?.bound ?? first?.live ?? null,
        interval: first?.interval ?? null,
        n: first?.n ?? 0,
        eValue: null,
        windowStartMs: reading.sinceMs,
        windowEndMs: nowMs,
      },
      cause: {
        ranked: [
          {
            kind: "release",
            name: `version ${candidate.number}`,
            detail: `Version ${candidate.number} is being rolled out (${reading.step})`,
            weight: 1,
            examples: worst.map(({ sentence }) => sentence),
          },
        ],
        sentence: `Version ${candidate.number} is being rolled out. ${worst.map(({ sentence }) => sentence).join(". ")}.`,
      },
      timeline: worst.map(({ sentence }) => ({ atMs: nowMs, text: sentence, link: null, seq: null })),
      resolvedAtMs: null,
      resolution: null,
    };
  }

  return { readRollout, watch };
}

function rulesOf(plan: MonitoringPlan, release: WatchedRelease): GuardrailRules {
  const bound = (metric: string): number | null => {
    const rule = plan.performance.find((one) => one.metric === metric && one.forEach === null);
    return rule === undefined ? null : boundOf(rule, release);
  };
  return {
    costs: plan.costs,
    currency: plan.currency,
    bounds: {
      expectedCost: bound("expected_cost"),
      recall: bound("recall"),
      latencyP95Ms: bound("latency_p95_ms"),
    },
  };
}

function outcomesOf(arm: {
  truePositive: number;
  falsePositive: number;
  falseNegative: number;
  trueNegative: number;
}): number {
  return arm.truePositive + arm.falsePositive + arm.falseNegative + arm.trueNegative;
}
