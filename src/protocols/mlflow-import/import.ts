import { z } from "zod";

import type { MetricPoint } from "#tracking";

import type { FileCopy } from "./copy-files.ts";
import { copyOwner, withAddress } from "./copy-owner.ts";
import type { Numbers } from "./copy-owner.ts";
import { importPath } from "./destination.ts";
import type { Destination } from "./destination.ts";
import { importModels } from "./import-models.ts";
import { importTraces } from "./import-traces.ts";
import type { ExperimentRecord, LoggedModelRecord, RunRecord } from "./records.ts";
import { emptyEquality, emptyReport } from "./report.ts";
import type { Equality, ImportReport } from "./report.ts";
import type { Located, MlflowSource, SourceFiles } from "./source.ts";

export interface ImportOrder {
  readonly source: MlflowSource;
  /** Absent: artifacts are left out, and that is said. */
  readonly files: SourceFiles | undefined;
  /** Absent: a dry run, which counts and sends nothing. */
  readonly destination: Destination | undefined;
  /** Called after every step, with what is done so far. */
  onProgress(report: ImportReport): void;
}

export interface Imported {
  readonly report: ImportReport;
  readonly files: Equality;
  /** The number that each experiment of the source has here. */
  readonly experimentIds: ReadonlyMap<string, string>;
}

const experimentAnswer = z.object({ id: z.string(), isNew: z.boolean() });
const runsAnswer = z.object({
  runs: z.array(z.object({ id: z.string(), isNew: z.boolean(), points: z.number() })),
});
const addedAnswer = z.object({ added: z.number() });

/**
 * Brings everything of a source here, experiment by experiment, and never takes anything away. What is here
 * already is recognised (runs and models by their ids, measurements by their number), so an import that was
 * interrupted goes on where it was, and a second one changes nothing.
 */
export async function importMlflow(order: ImportOrder): Promise<Imported> {
  const { source, destination, onProgress } = order;
  const report = emptyReport({ ...source, isDryRun: destination === undefined });
  const equality = emptyEquality("artifacts, by digest");
  const copy = order.files === undefined ? undefined : { files: order.files, report, equality, destination };
  const experimentIds = new Map<string, string>();
  for await (const experiment of source.experiments()) {
    const ownId = await importExperiment(report, order, experiment);
    experimentIds.set(experiment.id, ownId);
    for await (const runs of source.runs(experiment.id)) {
      await importRuns(report, order, copy, { from: experiment.id, to: ownId }, runs);
      onProgress(report);
    }
    for await (const models of source.loggedModels(experiment.id)) {
      await importLoggedModels(report, order, copy, { from: experiment.id, to: ownId }, models);
      onProgress(report);
    }
    for await (const traces of source.traces(experiment.id)) {
      const numbers = { from: experiment.id, to: ownId };
      await importTraces({ source, report, destination, copy, experiment: numbers }, traces);
      onProgress(report);
    }
  }
  await importModels(report, order);
  report.unmapped = await source.unmapped();
  return { report, files: equality, experimentIds };
}

async function importExperiment(
  report: ImportReport,
  { source, destination }: ImportOrder,
  experiment: ExperimentRecord,
): Promise<string> {
  report.experiments.found++;
  if (destination === undefined) return experiment.id;
  const body = { source: source.label, experiment };
  const { id, isNew } = await destination.post(importPath("experiments"), experimentAnswer, body);
  if (isNew) report.experiments.added++;
  if (id !== experiment.id) report.renumbered.push({ name: experiment.name, from: experiment.id, to: id });
  return id;
}

async function importRuns(
  report: ImportReport,
  { source, destination }: ImportOrder,
  copy: FileCopy | undefined,
  experiment: Numbers,
  runs: readonly Located<RunRecord>[],
): Promise<void> {
  report.runs.found += runs.length;
  const sent = runs.map((run) => withAddress(run));
  const body = { source: source.label, experimentId: experiment.to, runs: sent };
  const answer = await destination?.post(importPath("runs"), runsAnswer, body);
  report.runs.added += answer?.runs.filter((run) => run.isNew).length ?? 0;
  const here = new Map(answer?.runs.map((run) => [run.id, run.points]));
  for (const run of runs) {
    await importPoints(report, { source, destination }, run.id, here.get(run.id) ?? 0);
    await copyOwner(report, copy, { owner: { run: run.id }, experiment, artifactUri: run.artifactUri });
  }
}

/** Counts first, where points are here already: reading is cheaper than sending again. */
async function importPoints(
  report: ImportReport,
  { source, destination }: Pick<ImportOrder, "source" | "destination">,
  runId: string,
  here: number,
): Promise<void> {
  let count = 0;
  if (here > 0 || destination === undefined) {
    for await (const page of source.points(runId)) count += page.length;
    report.points.found += count;
    if (destination === undefined || count === here) return;
  }
  let sent = 0;
  for await (const page of source.points(runId)) {
    for (let from = 0; from < page.length; from += pointsTogether) {
      const points = page.slice(from, from + pointsTogether).map(toRecord);
      await destination.post(importPath("points"), z.unknown(), { runId, points });
    }
    sent += page.length;
  }
  if (here === 0) report.points.found += sent;
  report.points.added += Math.max(0, sent - here);
}

const pointsTogether = 5_000;

function toRecord({ key, value, atMs, step }: MetricPoint): (string | number)[] {
  return [key, Number.isNaN(value) ? "NaN" : value, atMs, step];
}

async function importLoggedModels(
  report: ImportReport,
  { source, destination }: ImportOrder,
  copy: FileCopy | undefined,
  experiment: Numbers,
  models: readonly Located<LoggedModelRecord>[],
): Promise<void> {
  report.loggedModels.found += models.length;
  const sent = models.map((model) => ({
    ...withAddress(model),
    metrics: model.metrics.map((metric) => ({
      ...metric,
      value: Number.isNaN(metric.value) ? "NaN" : metric.value,
    })),
  }));
  const body = { source: source.label, experimentId: experiment.to, models: sent };
  const answer = await destination?.post(importPath("logged-models"), addedAnswer, body);
  report.loggedModels.added += answer?.added ?? 0;
  for (const model of models) {
    await copyOwner(report, copy, { owner: { model: model.id }, experiment, artifactUri: model.artifactUri });
  }
}
