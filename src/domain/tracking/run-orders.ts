import { randomBytes } from "node:crypto";

import { Problem } from "#kernel/errors";

import { artifactLocationBelow } from "./artifact-location.ts";
import type { NewRun, TrackingCommands } from "./commands.ts";
import type { RunStatus } from "./entities.ts";
import type { RunEndStatus } from "./events.ts";
import { notActive } from "./experiment-orders.ts";
import type { ExperimentOrders, OrderParts } from "./experiment-orders.ts";
import type { LongSeries } from "./long-series.ts";
import { nameOfRun } from "./names.ts";
import type { LogPoints } from "./point-orders.ts";
import { problems } from "./problems.ts";
import { runNotActive } from "./run-state.ts";
import { deleteTag, saveBatch } from "./store/batches.ts";
import { saveInputs, saveModelLinks } from "./store/inputs.ts";
import type { Keys } from "./store/keys.ts";
import { saveModelMetrics } from "./store/logged-models.ts";
import { completeRuns } from "./store/run-parts.ts";
import { countMetricKeys, freshRun, insertRun, updateRun } from "./store/runs.ts";
import type { StoredRun } from "./store/runs.ts";
import { checkBatch, checkLength, checkRunTag, invalid, limits, storable } from "./validation.ts";
import type { Batch, KeyValue } from "./validation.ts";

export type RunOrders = Pick<
  TrackingCommands,
  | "createRun"
  | "updateRun"
  | "finishRun"
  | "deleteRun"
  | "restoreRun"
  | "logBatch"
  | "deleteRunTag"
  | "logInputs"
  | "logOutputs"
>;

/** MLflow keeps a run's name twice, as a field and as this tag; here they are one thing. */
const nameTag = "mlflow.runName";
const parentTag = "mlflow.parentRunId";

export function createRunOrders(
  parts: OrderParts & {
    keys: Keys;
    longSeries: LongSeries;
    logPoints: LogPoints;
    ensureExperiment: ExperimentOrders["ensureExperiment"];
  },
): RunOrders {
  const { db, ledger, clock, lookups, write, keys } = parts;

  const activeRun = async (runId: string): Promise<StoredRun> => {
    const run = await lookups.run(runId);
    if (run.state === "active") return run;
    throw runNotActive(run, "active");
  };

  const complete = async (run: StoredRun) => {
    const [completed] = await completeRuns(db, keys, [run]);
    if (completed === undefined) throw lookups.runNotFound(run.run_id);
    return completed;
  };

  const change: RunOrders["updateRun"] = async (order) => {
    if (order.name !== undefined) checkLength("run_name", order.name, limits.runNameLength);
    return await write(async () => {
      const run = await activeRun(order.runId);
      const { status = run.status, endedAtMs = run.ended_at_ms } = order;
      const name =
        order.name === undefined || order.name === "" ? undefined : storable(order.name, "run_name");
      await updateRun(db, run.id, {
        ...(order.status === undefined ? {} : { status: order.status }),
        ...(order.endedAtMs === undefined ? {} : { ended_at_ms: order.endedAtMs }),
        ...(name === undefined ? {} : { name }),
      });
      if (name !== undefined)
        await saveBatch(db, keys, run, { metrics: [], params: [], tags: [{ key: nameTag, value: name }] });
      if (order.status !== undefined && isEnded(order.status) && order.status !== run.status) {
        const data = { status: order.status, metricKeys: await countMetricKeys(db, run.id) };
        await ledger.append({
          kind: "run.finished",
          subject: run.run_id,
          project: run.project,
          actor: order.actor,
          data,
        });
      }
      return await complete({ ...run, status, ended_at_ms: endedAtMs, name: name ?? run.name });
    });
  };

  const changeState = async (
    order: { runId: string; actor: string },
    state: "active" | "deleted",
  ): Promise<void> => {
    await write(async () => {
      const run = await lookups.run(order.runId);
      // Deleting twice is what a client that retries does: the wanted state is reached.
      if (run.state === state) return;
      await updateRun(db, run.id, { state });
      const kind = state === "deleted" ? "run.deleted" : "run.restored";
      await ledger.append({
        kind,
        subject: run.run_id,
        project: run.project,
        actor: order.actor,
        data: { name: run.name },
      });
    });
  };

  return {
    async createRun(order) {
      const runId = randomBytes(16).toString("hex");
      const { name, tags } = nameAndTags(order, runId);
      const experimentId = order.experimentId ?? (await experimentOf(parts, order));
      return await write(async () => {
        const experiment = await lookups.storedExperiment(experimentId);
        if (experiment.state !== "active") throw notActive(experiment);
        const row = {
          run_id: runId,
          experiment: experiment.id,
          name,
          status: "running",
          state: "active",
          user_name: storable(order.userName ?? "", "user_id").slice(0, 256),
          actor: order.actor,
          started_at_ms: order.startedAtMs,
          ended_at_ms: null,
          artifact_root: artifactLocationBelow(experiment.artifact_location, `${runId}/artifacts`),
        };
        const run: StoredRun = { ...row, id: await insertRun(db, row), project: experiment.project };
        await saveBatch(db, keys, run, { metrics: [], params: [], tags });
        await ledger.append({
          kind: "run.started",
          subject: runId,
          project: run.project,
          actor: order.actor,
          data: { experiment: experiment.name, name },
        });
        return freshRun(run, tags);
      });
    },
    updateRun: change,
    async finishRun(runId, status, actor) {
      const before = await lookups.run(runId);
      // A client tells its end by its own clock; an end that is still to come is a clock that is wrong.
      const hasEnded = before.ended_at_ms !== null && before.ended_at_ms <= clock.nowMs();
      if (before.status === status && hasEnded) return await complete(before);
      return await change({ runId, status, endedAtMs: clock.nowMs(), actor });
    },
    deleteRun: (order) => changeState(order, "deleted"),
    restoreRun: (order) => changeState(order, "active"),
    async logBatch({ runId, metrics = [], params = [], tags = [], isSingle = false }) {
      const batch = checkBatch({ metrics, params, tags }, isSingle);
      if (isPointsOnly(batch) && !db.inTransaction()) return await parts.logPoints(runId, batch.metrics);
      await write(async () => {
        const run = await activeRun(runId);
        await saveBatch(db, keys, run, batch);
        await saveModelMetrics(db, keys, run, batch.metrics);
        await parts.longSeries.added(run.id, batch.metrics);
        const name = batch.tags.findLast((tag) => tag.key === nameTag)?.value;
        if (name !== undefined && name !== "") await updateRun(db, run.id, { name });
      });
    },
    async deleteRunTag({ runId, key }) {
      await write(async () => {
        const run = await activeRun(runId);
        const id = await keys.find(key);
        if (id !== undefined && (await deleteTag(db, run.id, id))) return;
        throw new Problem(problems.run_tag_not_found, {
          message: `No tag with name: ${key} in run with id ${runId}`,
        });
      });
    },
    async logInputs({ runId, datasets = [], modelIds = [] }) {
      for (const { dataset, tags } of datasets) checkDataset(dataset, tags);
      await write(async () => {
        const run = await activeRun(runId);
        await saveInputs(db, run, datasets);
        await saveModelLinks(
          db,
          run.id,
          "input",
          modelIds.map((modelId) => ({ modelId, step: 0 })),
        );
      });
    },
    async logOutputs({ runId, models }) {
      await write(async () => {
        const run = await activeRun(runId);
        await saveModelLinks(db, run.id, "output", models);
      });
    },
  };
}

/** What an order of its own is for: nothing that touches more than the run's points. */
function isPointsOnly({ metrics, params, tags }: Batch): boolean {
  const ofModel = metrics.some(({ modelId }) => modelId !== undefined && modelId !== "");
  return metrics.length > 0 && params.length === 0 && tags.length === 0 && !ofModel;
}

async function experimentOf(
  parts: { ensureExperiment: ExperimentOrders["ensureExperiment"] },
  order: NewRun,
): Promise<string> {
  if (order.project === undefined) throw invalid("A run needs an experiment or a project.");
  const { project, experiment = project, actor } = order;
  return (await parts.ensureExperiment({ project, name: experiment, actor })).id;
}

function nameAndTags(order: NewRun, runId: string): { name: string; tags: KeyValue[] } {
  const given = (order.tags ?? []).map((tag, index) => checkRunTag(tag, `tags[${index}].`));
  const tagged = given.find((tag) => tag.key === nameTag)?.value;
  const wanted = order.name === undefined || order.name === "" ? undefined : storable(order.name, "run_name");
  if (wanted !== undefined && tagged !== undefined && wanted !== tagged) {
    throw invalid(
      `Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values ` +
        `(run_name='${wanted}', mlflow.runName='${tagged}').`,
    );
  }
  const name = wanted ?? (tagged === undefined || tagged === "" ? nameOfRun(runId) : tagged);
  checkLength("run_name", name, limits.runNameLength);
  const own = [{ key: nameTag, value: name }];
  if (order.parentRunId !== undefined) own.push({ key: parentTag, value: order.parentRunId });
  return { name, tags: [...given.filter((tag) => tag.key !== nameTag), ...own] };
}

function checkDataset(
  dataset: {
    name: string;
    digest: string;
    source: string;
    schema?: string | undefined;
    profile?: string | undefined;
  },
  tags: Readonly<Record<string, string>>,
): void {
  if (dataset.name === "") throw invalid("Dataset name cannot be empty.");
  if (dataset.digest === "") throw invalid("Dataset digest cannot be empty.");
  checkLength("name", storable(dataset.name, "dataset name"), limits.datasetNameLength);
  checkLength("digest", dataset.digest, limits.datasetDigestLength);
  checkLength("source", dataset.source, limits.datasetSourceLength);
  checkLength("schema", dataset.schema ?? "", limits.datasetSchemaLength);
  checkLength("profile", dataset.profile ?? "", limits.datasetProfileLength);
  for (const [key, value] of Object.entries(tags)) {
    checkLength("key", key, limits.inputTagKeyLength);
    checkLength("value", value, limits.inputTagValueLength);
  }
}

function isEnded(status: RunStatus): status is RunEndStatus {
  return status === "finished" || status === "failed" || status === "killed";
}
