import type { Clock } from "#kernel/clock";
import { Problem } from "#kernel/errors";

import { isMetric, metrics } from "./entities.ts";
import type { Incident, Window } from "./entities.ts";
import type { Evaluation, Readings } from "./evaluation.ts";
import type { Monitoring, QualityQuestion } from "./index.ts";
import { writeLabelledRows } from "./labelled-rows.ts";
import { countUnknownOutcomes, readPredictionReleases } from "./outcome-log.ts";
import type { LogSources } from "./outcome-log.ts";
import type { MonitoringPlan } from "./plan.ts";
import type { OriginPort, ReleasesPort } from "./ports.ts";
import { problems } from "./problems.ts";
import type { createRolloutWatch } from "./rollout-watch.ts";
import { incidentsWithin, readLine, releasesOf } from "./sight.ts";
import type { Sight } from "./sight.ts";
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
    const { segment = "", modelVersionId, role = "answered", fromMs, toMs, sight } = question;
    const filter = {
      project,
      segment,
      ...(fromMs === undefined ? {} : { fromMs }),
      ...(toMs === undefined ? {} : { toMs }),
    };
    // Nobody adds up what shadows would have answered.
    if (modelVersionId === undefined) return role === "shadow" ? [] : await readLine(db, filter, sight);
    const ofVersion = await readWindows(db, { ...filter, role, modelVersionId });
    const stored = ofVersion.filter(({ releaseId }) => sight?.has(releaseId) ?? true);
    // A version that was released twice answered in two releases.
    return [...Map.groupBy(stored, ({ startMs }) => startMs).values()].map((same) =>
      same.length === 1 ? (same[0] ?? addWindows(same)) : addWindows(same),
    );
  }

  /** The monitors as of the last evaluation, so that a page shows what incidents were decided on. */
  async function read(project: string, sight?: Sight): Promise<Readings> {
    const plan = await planOf(project);
    if (plan === undefined) return nothingRead;
    const live = await releases.liveRelease(project, plan.environment);
    const { evaluatedUntilMs } = await readProgress(db, project);
    if (live === undefined || evaluatedUntilMs === null) return nothingRead;
    if (sight?.has(live.id) === false) return nothingRead;
    return await evaluation.read(project, plan, live, evaluatedUntilMs, sight);
  }

  async function incidentsOf(
    filter: { readonly project: string; readonly state?: Incident["state"] },
    sight: Sight | undefined,
  ): Promise<readonly Incident[]> {
    const incidents = await readIncidents(db, filter);
    return sight === undefined
      ? incidents
      : incidentsWithin(incidents, await releases.listReleases(filter.project), sight);
  }

  async function getIncident(id: string): Promise<Incident> {
    const [incident] = await readIncidents(db, { id });
    if (incident !== undefined) return incident;
    throw new Problem(problems.incident_not_found, { message: `There is no incident ${id}.` });
  }

  return {
    quality,
    drift: async (project, sight) => (await read(project, sight)).drift,
    async coverage(project, sight) {
      const plan = await planOf(project);
      return {
        arriveWithinMs: plan?.arriveWithinMs ?? 0,
        windows: await quality(project, { metric: "coverage", ...(sight === undefined ? {} : { sight }) }),
        // They name no prediction, so they tell of no model.
        unknownOutcomes: await countUnknownOutcomes(sources, project),
      };
    },
    listMonitors: async (project, sight) => (await read(project, sight)).monitors,
    async overview(project, sight) {
      const plan = await planOf(project);
      const line = await readLine(db, { project }, sight);
      const total = addWindows(line.filter(({ segment }) => segment === ""));
      return {
        evaluatedUntilMs: (await readProgress(db, project)).evaluatedUntilMs,
        predictions: total.predictions,
        outcomes: total.outcomes,
        windowMs: plan?.windowMs ?? 0,
        currency: plan?.currency ?? "",
        segments: [...new Set(line.map(({ segment }) => segment))]
          .filter((segment) => segment !== "")
          .toSorted(),
        monitors: (await read(project, sight)).monitors,
        openIncidents: await incidentsOf({ project, state: "open" }, sight),
      };
    },
    listIncidents: (project, sight) => incidentsOf({ project }, sight),
    async releasesOfIncidents(project, ids) {
      if (ids.length === 0) return new Map();
      const all = await releases.listReleases(project);
      const incidents = await readIncidents(db, { project, ids });
      return new Map(incidents.map((incident) => [incident.id, releasesOf(incident, all)]));
    },
    getIncident,
    async getOpenIncident(id) {
      const incident = await getIncident(id);
      if (incident.state === "open") return incident;
      throw new Problem(problems.incident_resolved, { message: `Incident ${id} is resolved already.` });
    },
    rolloutReading: (releaseId) => rollouts.readRollout(releaseId),
    trace: (project, predictionId) => tracePrediction({ sources, releases, origin }, project, predictionId),
    releasesOfPredictions: (project, predictionIds) =>
      readPredictionReleases(sources, project, predictionIds),
    async labelledRows(question) {
      const plan = await planOf(question.project);
      if (plan !== undefined) return await writeLabelledRows(sources, plan, question);
      throw new Problem(problems.nothing_to_label, {
        message: `The charter of ${question.project} states no class to decide about, so outcomes have no column.`,
      });
    },
  };
}
