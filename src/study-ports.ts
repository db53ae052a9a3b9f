import type { Objectives } from "#objectives";
import type { StudiesParts, StudyRunsPort } from "#pipelines";
import type { Tracking } from "#tracking";

// A curve beyond this is not one that a person, or a rule, looks at step by step.
const longestCurve = 10_000;

/** How studies see the charter and the runs: their ports, filled from the doors above them. */
export function createStudyPorts(parts: {
  readonly objectives: Pick<Objectives, "getCharter">;
  readonly tracking: Pick<Tracking, "getRun" | "metricHistory"> & {
    readonly commands: Pick<Tracking["commands"], "createRun" | "finishRun" | "updateRun" | "logBatch">;
  };
}): { readonly declared: StudiesParts["declared"]; readonly runs: StudyRunsPort } {
  const { objectives, tracking } = parts;
  const pairsOf = (values: Readonly<Record<string, string>>) =>
    Object.entries(values).map(([key, value]) => ({ key, value }));
  return {
    declared: async (project) => (await objectives.getCharter(project)).projectFile.studies,
    runs: {
      async start({ tags, parameters, ...run }) {
        const { id } = await tracking.commands.createRun({ ...run, tags: pairsOf(tags) });
        await tracking.commands.logBatch({ runId: id, params: pairsOf(parameters) });
        return id;
      },
      async log(runId, { points = [], tags = {} }) {
        await tracking.commands.logBatch({ runId, metrics: points, tags: pairsOf(tags) });
      },
      finish: async (runId, status, actor) => void (await tracking.commands.finishRun(runId, status, actor)),
      reopen: async (runId, actor) =>
        void (await tracking.commands.updateRun({ runId, status: "running", actor })),
      async readCurve(runId, metric) {
        const { items } = await tracking.metricHistory(runId, metric, { limit: longestCurve });
        return items;
      },
      latestMetrics: async (runId) => (await tracking.getRun(runId)).metrics,
    },
  };
}
