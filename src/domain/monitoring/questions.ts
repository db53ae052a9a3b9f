import type { Clock } from "#kernel/clock";
import { Problem } from "#kernel/errors";

import { isMetric, metrics } from "./entities.ts";
import type { Incident, Window } from "./entities.ts";
import type { Evaluation, Readings } from "./evaluation.ts";
import type { Monitoring, QualityQuestion } from "./index.ts";
import { writeLabelledRows } from "./labelled-rows.ts";
import { countUnknownOutcomes } from "./outcome-log.ts";
import type { LogSources } from "./outcome-log.ts";
import type { MonitoringPlan } from "./plan.ts";
import type { OriginPort, ReleasesPort } from "./ports.ts";
import { problems } from "./problems.ts";
import type { createRolloutWatch } from "./rollout-watch.ts";
import { readIncidents, readProgress, readWindows } from "./store.ts";
import { tracePrediction } from "./trace.ts";
import { addWindows, toWindow } from "./windows.ts";
import type { WindowCounts } from "./windows.ts";

export interface QuestionParts {
  readonly sources: LogSources;
  readonly clock: Clock;
  readonly releases: ReleasesPort;
  readonly origin: OriginPort;
  readonly evaluation: Evaluation;
  readonly rollouts: ReturnType<typeof createRolloutWatch>;
  planOf(project: string): Promise<MonitoringPlan | undefined>;
}

const nothingRead: Readings = { monitors: [], drift: [] };

/** Answers from what the last evaluation counted; nothing here changes anything. */
export function createQuestions(parts: QuestionParts): Monitoring & {
  /** Throws `incident_not_found`, `incident_resolved`. */
  getOpenIncident(id: string): Promise<Incident>;
} {
  const { sources, clock, releases, origin, evaluation, rollouts, planOf } = parts;
  const { db } = sources;

  async function quality(project: string, question: QualityQuestion): Promise<readonly Window[]> {
    const { metric } = question;
    if (!isMetric(metric)) {
      throw new Problem(problems.metric_unknown, {
        message: `There is no metric ${metric}. Windows have ${metrics.join(", ")}.`,
      });
    }
    const plan = await planOf(project);
    if (plan === undefined) return [];
    const windows = await windowsOf(project, question);
    const asOfMs = (await readProgress(db, project)).evaluatedUntilMs ?? clock.nowMs();
    return windows.map((window) => toWindow(window, metric, plan, asOfMs));
  }

  async function windowsOf(project: string, question: QualityQuestion): Promise<readonly WindowCounts[]> {
    const { segment = "", modelVersionId, role = "answered", fromMs, toMs } = question;
    const ofVersion = modelVersionId === undefined ? { releaseId: "" } : { modelVersionId };
    const stored = await readWindows(db, {
      project,
      segment,
      role,
      ...ofVersion,
      ...(fromMs === undefined ? {} : { fromMs }),
      ...(toMs === undefined ? {} : { toMs }),
    });
    // A version that was released twice answered in two releases.
    return [...Map.groupBy(stored, ({ startMs }) => startMs).values()].map((same) =>
      same.length === 1 ? (same[0] ?? addWindows(same)) : addWindows(same),
    );
  }

  /** The monitors as of the last evaluation, so that a page shows what incidents were decided on. */
  async function read(project: string): Promise<Readings> {
    const plan = await planOf(project);
    if (plan === undefined) return nothingRead;
    const live = await releases.liveRelease(project, plan.environment);
    const { evaluatedUntilMs } = await readProgress(db, project);
    if (live === undefined || evaluatedUntilMs === null) return nothingRead;
    return await evaluation.read(project, plan, live, evaluatedUntilMs);
  }

  async function getIncident(id: string): Promise<Incident> {
    const [incident] = await readIncidents(db, { id });
    if (incident !== undefined) return incident;
    throw new Problem(problems.incident_not_found, { message: `There is no incident ${id}.` });
  }

  return {
    quality,
    drift: async (project) => (await read(project)).drift,
    async coverage(project) {
      const plan = await planOf(project);
      return {
        arriveWithinMs: plan?.arriveWithinMs ?? 0,
        windows: await quality(project, { metric: "coverage" }),
        unknownOutcomes: await countUnknownOutcomes(sources, project),
      };
    },
    listMonitors: async (project) => (await read(project)).monitors,
    async overview(project) {
      const plan = await planOf(project);
      const line = await readWindows(db, { project, releaseId: "", segment: "", role: "answered" });
      const total = addWindows(line);
      return {
        evaluatedUntilMs: (await readProgress(db, project)).evaluatedUntilMs,
        predictions: total.predictions,
        outcomes: total.outcomes,
        windowMs: plan?.windowMs ?? 0,
        currency: plan?.currency ?? "",
        segments: [
          ...new Set(
            (await readWindows(db, { project, releaseId: "", role: "answered" })).map(
              ({ segment }) => segment,
            ),
          ),
        ]
          .filter((segment) => segment !== "")
          .toSorted(),
        monitors: (await read(project)).monitors,
        openIncidents: await readIncidents(db, { project, state: "open" }),
      };
    },
    listIncidents: (project) => readIncidents(db, { project }),
    getIncident,
    async getOpenIncident(id) {
      const incident = await getIncident(id);
      if (incident.state === "open") return incident;
      throw new Problem(problems.incident_resolved, { message: `Incident ${id} is resolved already.` });
    },
    rolloutReading: (releaseId) => rollouts.readRollout(releaseId),
    trace: (project, predictionId) => tracePrediction({ sources, releases, origin }, project, predictionId),
    async labelledRows(question) {
      const plan = await planOf(question.project);
      if (plan !== undefined) return await writeLabelledRows(sources, plan, question);
      throw new Problem(problems.nothing_to_label, {
        message: `The charter of ${question.project} states no class to decide about, so outcomes have no column.`,
      });
    },
  };
}
