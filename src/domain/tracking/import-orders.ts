import type { ImportCommands, ImportedLoggedModel, ImportedRun } from "./import-commands.ts";
import type { ImportedExperiment } from "./import-commands.ts";
import type { OrderParts } from "./experiment-orders.ts";
import type { LongSeries } from "./long-series.ts";
import { saveBatch } from "./store/batches.ts";
import { readExperimentByName, saveExperimentTags } from "./store/experiments.ts";
import type { StoredExperiment } from "./store/experiments.ts";
import { countPoints, insertImportedExperiment, readKnownModels, readKnownRuns } from "./store/imports.ts";
import { saveInputs, saveModelLinks } from "./store/inputs.ts";
import type { Keys } from "./store/keys.ts";
import { insertModel, saveModelMetrics, saveModelTexts } from "./store/logged-models.ts";
import { insertRun } from "./store/runs.ts";
import type { StoredRun } from "./store/runs.ts";

/**
 * Takes over what another server recorded. Nothing is checked against today's limits: what an older server
 * accepted happened, and leaving it out would falsify it.
 */
export function createImportOrders(
  parts: OrderParts & { keys: Keys; longSeries: Pick<LongSeries, "added"> },
): ImportCommands {
  const { db, ledger, lookups, write, keys, longSeries } = parts;

  async function insertExperiment(experiment: ImportedExperiment, project: string | null): Promise<number> {
    const { name, state, createdAtMs, updatedAtMs } = experiment;
    const id = await insertImportedExperiment(db, experiment.id, {
      name,
      project,
      state,
      created_at_ms: createdAtMs,
      updated_at_ms: updatedAtMs,
    });
    await saveExperimentTags(db, id, pairsOf(experiment.tags));
    return id;
  }

  async function insert(experiment: StoredExperiment, run: ImportedRun, actor: string): Promise<void> {
    const row = {
      run_id: run.id,
      experiment: experiment.id,
      name: run.name,
      status: run.status,
      state: run.state,
      user_name: run.userName,
      actor,
      started_at_ms: run.startedAtMs,
      ended_at_ms: run.endedAtMs,
      artifact_root: run.artifactLocation ?? `mlflow-artifacts:/${experiment.id}/${run.id}/artifacts`,
    };
    const stored: StoredRun = { ...row, id: await insertRun(db, row), project: experiment.project };
    const texts = { metrics: [], params: pairsOf(run.params), tags: pairsOf(run.tags) };
    await saveBatch(db, keys, stored, texts);
    await saveInputs(db, stored, run.inputs);
    const inputs = run.modelInputs.map((modelId) => ({ modelId, step: 0 }));
    await saveModelLinks(db, stored.id, "input", inputs);
    await saveModelLinks(db, stored.id, "output", run.modelOutputs);
  }

  async function insertLogged(experiment: StoredExperiment, model: ImportedLoggedModel): Promise<void> {
    const id = await insertModel(db, {
      model_id: model.id,
      experiment: experiment.id,
      name: model.name,
      model_type: model.modelType === "" ? null : model.modelType,
      source_run_id: model.sourceRunId === "" ? null : model.sourceRunId,
      status: model.status,
      state: "active",
      artifact_root:
        model.artifactLocation ?? `mlflow-artifacts:/${experiment.id}/models/${model.id}/artifacts`,
      created_at_ms: model.createdAtMs,
      updated_at_ms: model.updatedAtMs,
    });
    await saveModelTexts(db, "logged_model_params", id, pairsOf(model.params));
    await saveModelTexts(db, "logged_model_tags", id, pairsOf(model.tags));
    for (const [runId, metrics] of Map.groupBy(model.metrics, (metric) => metric.runId)) {
      const run = await lookups.run(runId);
      const ofModel = metrics.map((metric) => ({ ...metric, modelId: model.id }));
      await saveModelMetrics(db, keys, run, ofModel);
    }
  }

  return {
    async importExperiment({ experiment, source, actor }) {
      const ownProject = (await parts.isProject(experiment.name)) ? experiment.name : null;
      return await write(async () => {
        const known = await readExperimentByName(db, experiment.name);
        if (known !== undefined) {
          const { tags } = await lookups.experiment(String(known.id));
          const missing = pairsOf(experiment.tags).filter(({ key }) => tags[key] === undefined);
          if (missing.length > 0) await saveExperimentTags(db, known.id, missing);
          return { id: String(known.id), isNew: false };
        }
        const id = await insertExperiment(experiment, ownProject);
        await ledger.append({
          kind: "experiment.imported",
          subject: String(id),
          project: ownProject,
          actor,
          data: { source, name: experiment.name, sourceId: experiment.id },
        });
        return { id: String(id), isNew: true };
      });
    },
    async importRuns({ experimentId, runs, source, actor }) {
      const ids = runs.map((run) => run.id);
      const added = await write(async () => {
        const experiment = await lookups.storedExperiment(experimentId);
        const known = await readKnownRuns(db, ids);
        const missing = runs.filter((run) => !known.has(run.id));
        for (const run of missing) await insert(experiment, run, actor);
        if (missing.length > 0) {
          await ledger.append({
            kind: "runs.imported",
            subject: experimentId,
            project: experiment.project,
            actor,
            data: { source, runs: missing.length, first: missing[0]?.id ?? "" },
          });
        }
        return new Set(missing.map((run) => run.id));
      });
      const [there, points] = [await readKnownRuns(db, ids), await countPoints(db, ids)];
      return ids.map((id) => ({
        id,
        isNew: added.has(id),
        experimentId: String(there.get(id) ?? experimentId),
        points: points.get(id) ?? 0,
      }));
    },
    async importPoints({ runId, points }) {
      await write(async () => {
        const run = await lookups.run(runId);
        await saveBatch(db, keys, run, { metrics: points, params: [], tags: [] });
        await longSeries.added(run.id, points);
      });
    },
    async importLoggedModels({ experimentId, models, source, actor }) {
      return await write(async () => {
        const experiment = await lookups.storedExperiment(experimentId);
        const known = await readKnownModels(
          db,
          models.map((model) => model.id),
        );
        const missing = models.filter((model) => !known.has(model.id));
        for (const model of missing) await insertLogged(experiment, model);
        if (missing.length > 0) {
          await ledger.append({
            kind: "logged_models.imported",
            subject: experimentId,
            project: experiment.project,
            actor,
            data: { source, models: missing.length, first: missing[0]?.id ?? "" },
          });
        }
        return missing.length;
      });
    },
  };
}

function pairsOf(record: Readonly<Record<string, string>>): { key: string; value: string }[] {
  return Object.entries(record).map(([key, value]) => ({ key, value }));
}
