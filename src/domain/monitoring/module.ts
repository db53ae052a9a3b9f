import { openAppendLog } from "#kernel/append-log";
import type { AppendLog } from "#kernel/append-log";
import type { Blobs } from "#kernel/blobs";
import type { Clock } from "#kernel/clock";
import { sealToParquet } from "#kernel/columnar";
import type { Analyst, LogTable } from "#kernel/columnar";
import type { Database } from "#kernel/db";
import type { Ledger } from "#kernel/events";
import type { Route } from "#kernel/http";
import type { JobQueue } from "#kernel/jobs";
import type { ModelGate } from "#registry";

import type { MonitoringCommands } from "./commands.ts";
import { createEvaluation } from "./evaluation.ts";
import type { Monitoring } from "./index.ts";
import { outcomeLog } from "./outcome-log.ts";
import type { LogSources } from "./outcome-log.ts";
import { createOutcomes } from "./outcomes.ts";
import { nextEvaluationMs, planOf as planOfCharter } from "./plan.ts";
import type { MonitoringPlan } from "./plan.ts";
import type { ChartersPort, OriginPort, ReleasesPort, TrafficPort } from "./ports.ts";
import { createQuestions } from "./questions.ts";
import { createRolloutWatch } from "./rollout-watch.ts";
import { createRoutes } from "./routes.ts";
import { readIncidents, readProgress } from "./store.ts";
import { followWork, linkTo } from "./timeline.ts";
import { createVisitors } from "./visitors.ts";
import type { Visitors } from "./visitors.ts";

declare module "#kernel/jobs" {
  interface Jobs {
    /** Catches up with the changes up to `revision`; one that another evaluation covered is done at once. */
    "monitoring.evaluate": { readonly project: string; readonly revision: number };
    /** What is decided by the clock: a window closes, its outcomes have had their time. Enqueues the next. */
    "monitoring.tick": { readonly project: string };
    /** A look at a release under way; enqueues the next look until the step is over. */
    "monitoring.watch_rollout": { readonly releaseId: string };
  }
}

export interface MonitoringParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly jobs: JobQueue;
  readonly blobs: Blobs;
  readonly analyst: Analyst;
  /** Where the log of outcomes is kept. */
  readonly folder: string;
  /** The gateway's prediction log. */
  readonly predictions: LogTable;
  readonly charters: ChartersPort;
  readonly releases: ReleasesPort;
  readonly origin: OriginPort;
  readonly gate: ModelGate;
  /** Absent: the share of failed requests is not compared during rollouts. */
  readonly traffic?: TrafficPort;
}

export interface MonitoringModule extends Monitoring {
  readonly commands: MonitoringCommands;
  /** What a visitor may be told, for routes of others that show monitoring too. */
  readonly sightOf: Visitors["sightOf"];
  readonly routes: readonly Route[];
  /** Begins the clock of every project. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Builds outcomes, windows, monitors and incidents. Apply `migrations` first. */
export function createMonitoring(parts: MonitoringParts): MonitoringModule {
  const { db, ledger, clock, jobs, blobs, analyst, charters, releases, origin, traffic } = parts;
  const outcomes = outcomeLog(parts.folder);
  const sources: LogSources = { db, blobs, analyst, predictions: parts.predictions, outcomes };
  let log: Promise<AppendLog> | undefined;
  const openLog = (): Promise<AppendLog> =>
    (log ??= openAppendLog({ folder: outcomes.folder, writer: "control", clock }));

  const planOf = async (project: string): Promise<MonitoringPlan | undefined> =>
    planOfCharter(await charters.getCharter(project));
  const evaluation = createEvaluation({ sources, ledger, clock, releases });
  const rollouts = createRolloutWatch({ sources, clock, releases, traffic, evaluation, planOf });
  const recorder = createOutcomes({
    sources,
    clock,
    ledger,
    log: { append: async (record) => await (await openLog()).append(record) },
    changed: evaluateSoon,
  });

  async function evaluateSoon(project: string, revision: number): Promise<void> {
    // The key holds the revision: a job that runs already may have read the log before this change.
    await jobs.enqueue({
      kind: "monitoring.evaluate",
      payload: { project, revision },
      key: `${project}:${revision}`,
      project,
    });
  }

  async function tickAt(project: string, runAtMs: number): Promise<void> {
    await jobs.enqueue({
      kind: "monitoring.tick",
      payload: { project },
      key: `${project}:${runAtMs}`,
      runAtMs,
      project,
    });
  }

  async function evaluateMonitors(order: {
    readonly project: string;
    readonly untilMs: number;
  }): Promise<void> {
    const plan = await planOf(order.project);
    if (plan !== undefined) await evaluation.evaluate(order.project, plan, order.untilMs);
  }

  async function watchRollouts(project: string): Promise<void> {
    for (const release of await releases.listReleases(project)) {
      if (release.state === "rolling_out") await watchSoon(release.id, clock.nowMs());
    }
  }

  async function watchSoon(releaseId: string, runAtMs: number): Promise<void> {
    await jobs.enqueue({
      kind: "monitoring.watch_rollout",
      payload: { releaseId },
      key: `${releaseId}:${runAtMs}`,
      runAtMs,
    });
  }

  jobs.define("monitoring.evaluate", {
    run: async ({ payload: { project, revision } }) => {
      const { evaluatedRevision } = await readProgress(db, project);
      if (evaluatedRevision >= revision) return;
      await evaluateMonitors({ project, untilMs: clock.nowMs() + 1 });
      await watchRollouts(project);
    },
  });

  jobs.define("monitoring.tick", {
    run: async ({ payload: { project } }) => {
      const plan = await planOf(project);
      if (plan === undefined) return;
      const nowMs = clock.nowMs();
      await evaluation.evaluate(project, plan, nowMs + 1);
      await sealToParquet(sources, outcomes, { workFolder: parts.folder });
      await tickAt(project, nextEvaluationMs(plan, nowMs));
    },
  });

  jobs.define("monitoring.watch_rollout", {
    run: async ({ payload: { releaseId } }) => {
      const againAtMs = await rollouts.watch(releaseId);
      if (againAtMs !== null) await watchSoon(releaseId, againAtMs);
    },
  });

  ledger.on("monitoring-begins", ["charter.applied", "release.live"], async ({ project, seq }) => {
    if (project === null) return;
    const plan = await planOf(project);
    if (plan === undefined) return;
    await tickAt(project, nextEvaluationMs(plan, clock.nowMs()));
    await jobs.enqueue({
      kind: "monitoring.tick",
      payload: { project },
      key: `${project}:event ${seq}`,
      project,
    });
  });
  ledger.on("rollouts-are-watched", ["rollout.step_started"], async ({ subject, data }) => {
    if (data.step !== "all") await watchSoon(subject, clock.nowMs());
  });
  ledger.on("rolled-back-is-resolved", ["release.rolled_back"], async (event) => {
    const { project, subject, data, atMs, seq } = event;
    const text = `The release was rolled back: ${data.reason}`;
    for (const incident of await readIncidents(db, {
      state: "open",
      ...(project === null ? {} : { project }),
    })) {
      if (incident.kind !== "guardrail" || incident.releaseId !== subject) continue;
      // Here too, since a closed incident's timeline is closed, and handlers come in any order.
      await evaluation.addEntry(
        incident.id,
        { atMs, text, seq, link: linkTo(incident.project, subject) },
        subject,
      );
      await evaluation.resolve(incident.id, { by: "system", verdict: "rolled_back", note: data.reason });
    }
  });
  followWork({
    ledger,
    evaluation,
    openIncidents: (project) => readIncidents(db, { project, state: "open" }),
  });

  const commands: MonitoringCommands = {
    ...recorder,
    evaluateMonitors,
    resolveIncident: async ({ id, actor, verdict, note }) => {
      await questions.getOpenIncident(id);
      await evaluation.resolve(id, { by: actor, verdict, note });
      return await questions.getIncident(id);
    },
  };
  const questions = createQuestions({ sources, clock, releases, origin, evaluation, rollouts, planOf });

  const visitors = createVisitors({ monitoring: questions, releases, gate: parts.gate });
  const monitoring: MonitoringModule = {
    ...questions,
    sightOf: visitors.sightOf,
    commands,
    get routes() {
      return createRoutes({ monitoring, commands, releases, gate: parts.gate, visitors });
    },
    async start() {
      for (const { id } of await charters.listProjects()) {
        const plan = await planOf(id);
        if (plan !== undefined) await tickAt(id, nextEvaluationMs(plan, clock.nowMs()));
      }
    },
    async stop() {
      await (await log)?.close();
    },
  };
  return monitoring;
}
